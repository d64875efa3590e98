module Pendel.Tests.Core.PotentialTests

open System
open System.Collections.Immutable
open System.Numerics
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Tensors
open Xunit

let private optics = ElectronOptics.FromVoltage 200e3
let private factors = ScatteringFactorTable.Lobato

let private potentialOf (model: StructureModel.StructureModel) (reflections: MillerIndex list) =
    Potential.create optics factors model (SupportList(reflections.ToImmutableArray(), model.Start.SpaceGroup))

let private box =
    [
        for h in -3 .. 3 do
            for k in -2 .. 2 do
                for l in -3 .. 2 -> MillerIndex(h, k, l)
    ]

/// γ/(πΩ) Σ o f exp(−2π² hᵀU*h) exp(−2πi h·x) over all operations, an atom on a special position shared among its own.
let private direct (crystal: Crystal) (hkl: MillerIndex) =
    let h = hkl.ToVector()

    Seq.fold
        (fun (sum: Complex) z -> sum + z)
        Complex.Zero
        (seq {
            for s in crystal.Sites do
                let share =
                    1.0
                    / float (SiteSymmetry.Of(s.Position, crystal.SpaceGroup, crystal.Cell)).Stabiliser.Length

                let f =
                    ScatteringFactors
                        .For(factors, s.Element, s.Charge)
                        .Evaluate(crystal.Cell.ReciprocalLength hkl / 2.0)

                for o in crystal.SpaceGroup.Operations do
                    let u = (s.Adp.ToReciprocal crystal.Cell).Transform(o.Rotation).ToMatrix()
                    let size = share * s.Occupancy * f * exp (-2.0 * Math.PI ** 2.0 * h.Dot(u * h))
                    Complex.FromPolarCoordinates(size, -2.0 * Math.PI * h.Dot(o.Apply s.Position))
        })
    * Complex(optics.Gamma / (Math.PI * crystal.Cell.Volume), 0.0)

let private moved (model: StructureModel.StructureModel) seed =
    let random = Random(seed: int)
    Array.init model.Count (fun _ -> random.NextDouble() - 0.5)

[<Fact>]
let ``the potential is the sum over all atoms of the cell, with anisotropic displacement and special positions`` () =
    let model = StructureModel.create quartz
    let q = moved model 3

    let u =
        (Potential.evaluate (potentialOf model box) (StructureModel.evaluate model (dsharp.tensor q)))
            .toArray1D<float>()

    let crystal = StructureModel.toCrystal model q

    for i, hkl in List.indexed box do
        let expected = direct crystal hkl
        Assert.Equal(expected.Real, u[i], 1e-14)
        Assert.Equal(expected.Imaginary, u[box.Length + i], 1e-14)

[<Fact>]
let ``the wave number holds the mean inner potential`` () =
    let model = StructureModel.create quartz
    let mean = (direct quartz MillerIndex.Zero).Real
    Assert.Equal(sqrt (optics.WaveNumber ** 2.0 + mean), Potential.waveNumber optics factors model, 12)

[<Fact>]
let ``the pullback of the potential agrees with differences`` () =
    let model = StructureModel.create quartz
    let potential = potentialOf model box

    PullbackCheck.holdsAt
        5
        { PullbackCheck.case "potential" [ [| model.Count |] ] (fun q ->
              Potential.evaluate potential (StructureModel.evaluate model q[0])) with
            Interval = -0.5, 0.5
        }
