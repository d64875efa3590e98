module Pendel.Tests.Kernels.PropagatorAdjointTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

/// Cotangents of all inputs of one forward pass.
type private Pullback =
    {
        Re: float[]
        Im: float[]
        Diagonal: float[]
        Thickness: float
    }

let private pullback precision (arc: Arc) thickness (cotangent: float[]) =
    let propagator = Propagator()
    forwardWith propagator precision arc thickness |> ignore
    let matrix = arc.Matrix

    let re, im, diagonal =
        Array.zeroCreate arc.Re.Length, Array.zeroCreate arc.Im.Length, Array.zeroCreate arc.Diagonal.Length

    let along =
        propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

    {
        Re = re
        Im = im
        Diagonal = diagonal
        Thickness = along
    }

let private dot (a: float[]) (b: float[]) =
    Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

let private direction (source: Random) length =
    Array.init length (fun _ -> 2.0 * source.NextDouble() - 1.0)

/// Fourth-order difference of a function at 0.
let private slope step (f: float -> float) =
    (8.0 * (f step - f -step) - (f (2.0 * step) - f (-2.0 * step))) / (12.0 * step)

/// Compares one pullback with differences along one random direction for each input, elements of U taken as independent.
let private check (arc: Arc) (thickness: float) =
    let source = Random 5
    let cotangent = direction source (arc.Beams * arc.Tilts)
    let found = pullback Precision.Double arc thickness cotangent
    let general = { arc with Hermitian = false }

    let value arc t =
        dot cotangent (forward Precision.Double arc t)

    let shift (x: float[]) d h = Array.map2 (fun x d -> x + h * d) x d
    let re = direction source arc.Re.Length
    let im = direction source arc.Im.Length
    let diagonal = direction source arc.Diagonal.Length

    let scale = 1.0 + abs (dot found.Re re) + thickness

    let compare name expected actual =
        let error = abs (expected - actual) / scale
        Assert.True(error < 1e-8, $"{name}: {actual}, by differences {expected}")

    compare "Re U" (slope 1e-4 (fun h -> value { general with Re = shift arc.Re re h } thickness)) (dot found.Re re)
    compare "Im U" (slope 1e-4 (fun h -> value { general with Im = shift arc.Im im h } thickness)) (dot found.Im im)

    compare
        "diagonal"
        (slope 1e-4 (fun h ->
            value
                { arc with
                    Diagonal = shift arc.Diagonal diagonal h
                }
                thickness))
        (dot found.Diagonal diagonal)

    compare "thickness" (slope 0.1 (fun h -> value arc (thickness + h))) found.Thickness

[<Fact>]
let ``the pullback of an arc agrees with differences`` () =
    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        for beams, tilts in [ 1, 2; 2, 1; 9, 3; 21, 70 ] do
            check (random 3 kind beams tilts) 300.0

[<Fact>]
let ``the pullback at a zone axis with degenerate levels agrees with differences`` () =
    let ring = random 1 RealSymmetric 7 2

    check
        { ring with
            Re = Array.init 49 (fun i -> if i / 7 = i % 7 then 0.0 else 0.02)
            Diagonal = Array.init 14 (fun i -> if i % 7 = 0 then 0.0 else -0.1)
            Weight = Array.create 14 1.0
        }
        500.0
