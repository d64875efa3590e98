module Pendel.Tests.Kernels.PropagatorAdjointTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

let private dot (a: float[]) (b: float[]) =
    Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

let private direction (source: Random) length =
    Array.init length (fun _ -> 2.0 * source.NextDouble() - 1.0)

/// Fourth-order difference of a function at 0.
let private slope step (f: float -> float) =
    (8.0 * (f step - f -step) - (f (2.0 * step) - f (-2.0 * step))) / (12.0 * step)

/// Compares one pullback with differences along one random direction for each input, elements of U taken as independent.
let private checkOf propagate (arc: Arc) (thickness: float) =
    let source = Random 5
    let cotangent = direction source (arc.Beams * arc.Tilts)
    let found: Pullback = pullbackOf propagate Precision.Double arc thickness cotangent
    let general = { arc with Hermitian = false }

    let value arc t =
        dot cotangent (propagate (Propagator()) Precision.Double arc t)

    let shift (x: float[]) d h = Array.map2 (fun x d -> x + h * d) x d
    let re = direction source arc.Re.Length
    let im = direction source arc.Im.Length
    let diagonal = direction source arc.Diagonal.Length

    let compare name expected actual =
        let error = abs (expected - actual) / (1.0 + abs expected)
        Assert.True(error < 1e-8, $"{name}: {actual}, by differences {expected}")

    compare "Re U" (slope 1e-5 (fun h -> value { general with Re = shift arc.Re re h } thickness)) (dot found.Re re)
    compare "Im U" (slope 1e-5 (fun h -> value { general with Im = shift arc.Im im h } thickness)) (dot found.Im im)

    compare
        "diagonal"
        (slope 1e-5 (fun h ->
            value
                { arc with
                    Diagonal = shift arc.Diagonal diagonal h
                }
                thickness))
        (dot found.Diagonal diagonal)

    compare "thickness" (slope 0.1 (fun h -> value arc (thickness + h))) found.Thickness

let private check = checkOf forwardWith

[<Fact>]
let ``the pullback of an arc agrees with differences`` () =
    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        for beams, tilts in [ 1, 2; 2, 1; 9, 3; 21, 70 ] do
            check (random 3 kind beams tilts) 300.0

[<Fact>]
let ``the pullback through a distribution of thickness agrees with differences`` () =
    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        for beams, tilts in [ 2, 1; 9, 3; 21, 13 ] do
            let chosen = [| for g in beams - 1 .. -2 .. 0 -> g |]
            checkOf (distributed [ 0.3, 0.2; 1.0, 0.5; 0.7, 0.3 ] chosen) (random 3 kind beams tilts) 300.0

[<Fact>]
let ``the pullback to each of many thicknesses agrees with differences, and in proportion with the one to their scale``
    ()
    =
    let stretches = [ 0.0, 0.1; 0.3, 0.2; 1.0, 0.5; 0.7, 0.3; 0.99, -0.2 ]

    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        for beams, tilts in [ 1, 2; 2, 1; 9, 3; 21, 13 ] do
            let arc = random 3 kind beams tilts
            let chosen = [| for g in beams - 1 .. -2 .. 0 -> g |]
            let shares = [| for _, share in stretches -> share |]
            let thicknesses = [| for stretch, _ in stretches -> 300.0 * stretch |]
            let cotangent = direction (Random 5) (beams * tilts)

            let value j h =
                let moved =
                    stretches |> List.mapi (fun i (t, p) -> (if i = j then t + h / 300.0 else t), p)

                dot cotangent (distributed moved chosen (Propagator()) Precision.Double arc 300.0)

            let found =
                thicknessCotangents thicknesses shares chosen Precision.Double arc cotangent

            for j in 1 .. thicknesses.Length - 1 do
                let expected = slope 0.1 (value j)
                Assert.True(abs (expected - found[j]) < 1e-9, $"t_{j}: {found[j]}, by differences {expected}")

            // at the entrance face the derivative is one-sided: the mean absorption of the incident beam
            let incident =
                if kind = Absorptive && Array.contains 0 chosen then
                    Seq.sum (seq { for s in 0 .. tilts - 1 -> cotangent[s * beams] }) * arc.Im[0]
                else
                    0.0

            Assert.Equal(-2.0 * Math.PI / 40.0 * shares[0] * incident, found[0], 1e-14)

            let along =
                (pullbackOf (distributed stretches chosen) Precision.Double arc 300.0 cotangent).Thickness

            Assert.Equal(along, Array.fold2 (fun sum (t, _) x -> sum + t * x) 0.0 (Array.ofList stretches) found, 1e-12)

            let single =
                thicknessCotangents thicknesses shares chosen Precision.Single arc cotangent

            Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-5)) found single

[<Fact>]
let ``slopes change no bit of the averaged intensities, and are refused of values only and of one thickness`` () =
    let arc = random 3 Hermitian 9 3
    let thicknesses, shares = [| 90.0; 300.0 |], [| 0.4; 0.6 |]

    let averaged valueOnly slopes =
        let intensities = Array.zeroCreate<float> 27
        let beams = [| 1; 4 |]
        let matrix = arc.Matrix

        Propagator()
            .ForwardMany(&matrix, thicknesses, shares, beams, Precision.Double, intensities.AsSpan(), valueOnly, slopes)

        intensities

    Assert.Equal<float>(averaged false false, averaged false true)

    // a frame without scored beams in an arc has no share in its thicknesses
    Assert.Equal<float>(
        [| 0.0; 0.0 |],
        thicknessCotangents thicknesses shares [||] Precision.Double arc (Array.create 27 1.0)
    )

    Assert.Throws<ArgumentException>(fun () -> averaged true true |> ignore)
    |> ignore

    Assert.Throws<InvalidOperationException>(fun () ->
        let propagator = Propagator()
        forwardWith propagator Precision.Double arc 300.0 |> ignore
        let cotangent = Array.create 27 1.0
        propagator.ThicknessCotangents(cotangent, (Array.zeroCreate<float> 2).AsSpan()))
    |> ignore

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

[<Fact>]
let ``at the entrance face only the mean absorption acts`` () =
    let arc = random 3 Absorptive 6 2
    let found = pullback Precision.Double arc 0.0 (Array.create 12 1.0)
    Assert.All(Array.concat [ found.Re; found.Im; found.Diagonal ], (fun x -> Assert.Equal(0.0, x)))
    Assert.Equal(-2.0 * 2.0 * Math.PI / 40.0 * arc.Im[0], found.Thickness, 1e-15)

[<Fact>]
let ``the pullback of the opposite hand is that of the conjugate potential`` () =
    let arc = random 3 Hermitian 9 2
    let cotangent = Array.init 18 (fun i -> sin (float i))

    let expected =
        pullback Precision.Double { arc with Im = Array.map (~-) arc.Im } 300.0 cotangent

    let propagator = Propagator()
    let zeros n : float[] = Array.zeroCreate n
    let re, im, diagonal = zeros 81, zeros 81, zeros 18
    let matrix = arc.Matrix
    propagator.Forward(&matrix, 300.0, Precision.Double, (zeros 18).AsSpan(), true)

    let along =
        propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

    Assert.True(distance expected.Re re < 1e-11)
    Assert.True(distance expected.Im (Array.map (~-) im) < 1e-11)
    Assert.True(distance expected.Diagonal diagonal < 1e-11)
    Assert.Equal(expected.Thickness, along, 1e-13)

[<Fact>]
let ``the pullback in float32 is that in float64 to five digits`` () =
    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        let arc = random 8 kind 56 5
        let cotangent = Array.init 280 (fun i -> sin (float i))
        let exact = pullback Precision.Double arc 800.0 cotangent
        let found = pullback Precision.Single arc 800.0 cotangent

        for a, b in [ exact.Re, found.Re; exact.Im, found.Im; exact.Diagonal, found.Diagonal ] do
            if a.Length > 0 then
                Assert.True(distance a b < 1e-5 * Array.max (Array.map abs a))

        Assert.Equal(exact.Thickness, found.Thickness, 1e-5)
