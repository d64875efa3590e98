module Pendel.Tests.Kernels.ThicknessScanTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

let private scan
    (propagator: Propagator)
    precision
    (arc: Arc)
    (thicknesses: float[])
    (beams: int[])
    (weights: float[])
    =
    let result = Array.create (thicknesses.Length * beams.Length) 1.0
    let matrix = arc.Matrix
    propagator.AtThicknesses(&matrix, thicknesses, beams, weights, precision, result.AsSpan())
    result

[<Fact>]
let ``a scan of thicknesses adds what single propagations give`` () =
    let thicknesses = [| 850.0; 0.0; 20.0; 400.0; 431.0 |]
    let beams = [| 0; 5; 3; 16; 11; 8; 2 |]

    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        let arc = random 4 kind 17 6
        let weights = Array.init 6 (fun s -> 0.5 + 0.1 * float s)

        let expected =
            [|
                for t in thicknesses do
                    let all = forward Precision.Double arc t

                    for g in beams do
                        1.0 + Array.sum (Array.init 6 (fun s -> weights[s] * all[s * 17 + g]))
            |]

        Assert.True(distance expected (scan (Propagator()) Precision.Double arc thicknesses beams weights) < 1e-12)

[<Fact>]
let ``a distribution of thickness averages what single propagations give for the chosen beams`` () =
    let beams = [| 11; 0; 5; 16 |]
    let stretches = [ 0.5, 0.2; 1.0, 0.5; 0.0, 0.1; 0.25, 0.2 ]

    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        let arc = random 4 kind 17 6

        let average =
            [|
                for t, share in stretches -> forward Precision.Double arc (800.0 * t) |> Array.map (fun i -> share * i)
            |]
            |> Array.reduce (Array.map2 (+))

        let expected =
            average
            |> Array.mapi (fun at i -> if Array.contains (at % 17) beams then i else 0.0)

        let found = distributed stretches beams (Propagator()) Precision.Double arc 800.0
        Assert.True(distance expected found < 1e-12)
