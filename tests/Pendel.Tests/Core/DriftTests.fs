module Pendel.Tests.Core.DriftTests

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

[<Fact>]
let ``a straight drift stays as it is, and one frame far off it is put back`` () =
    let line = Array.init 30 (fun i -> 0.2 - 0.03 * float i)
    let disturbed = line |> Array.mapi (fun i b -> if i = 11 then b + 0.9 else b)

    for expected, found in Array.zip line (Drift.smooth disturbed) do
        Assert.Equal(expected, found, 6)

[<Fact>]
let ``a correction turns a frame onto the smooth curve of β`` () =
    let straight = geometry quartz.Cell [ -30.0; -20.0; -10.0; 0.0; 10.0; 20.0; 30.0 ]
    let frames = straight.Frames
    let odd = frames[3]

    let turned =
        VirtualFrame(odd.Id, odd.Alpha, odd.Beta + 0.4, odd.Omega, odd.PrecessionAngle, odd.Scale, odd.Observations)

    let data =
        Experiment(
            straight.Cell,
            straight.Wavelength,
            straight.OrientationMatrix,
            straight.Geometry,
            straight.Mosaicity,
            straight.RockingCurveWidth,
            frames.SetItem(3, turned)
        )

    let orientation = CrystalOrientation.FromExperiment data
    let correction = (Drift.corrections data)[odd.Id]
    let expected = orientation.FrameMatrix(odd, Vector3.Zero)
    let found = orientation.FrameMatrix(turned, correction)
    Assert.InRange((expected - found).FrobeniusNorm / expected.FrobeniusNorm, 0.0, 1e-6)
    Assert.Equal(0.4 * Math.PI / 180.0, correction.Length, 6)
