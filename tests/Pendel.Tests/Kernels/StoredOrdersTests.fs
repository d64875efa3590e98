module Pendel.Tests.Kernels.StoredOrdersTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

/// Everything that a propagator computes of an arc, the adjoint twice.
let private everything (propagator: Propagator) precision (arc: Arc) =
    let all = arc.Beams * arc.Tilts
    let zeros n : float[] = Array.zeroCreate n

    let intensities, diagonal, thickness, scan = zeros all, zeros all, zeros 2, zeros 6

    let re, im = zeros arc.Re.Length, zeros arc.Im.Length
    let cotangent = Array.init all (fun i -> cos (float i))
    let matrix = arc.Matrix
    propagator.Forward(&matrix, 900.0, precision, intensities.AsSpan())

    for i in 0..1 do
        thickness[i] <- propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

    let weights = Array.create arc.Tilts 0.5
    let thicknesses, beams = [| 100.0; 900.0 |], [| 0; 3; 5 |]
    propagator.AtThicknesses(&matrix, thicknesses, beams, weights, precision, scan.AsSpan())
    Array.concat [ intensities; thickness; re; im; diagonal; scan ]

[<Fact>]
let ``a ceiling of the stored orders changes no bit`` () =
    for kind in [ RealSymmetric; Hermitian; Absorptive ] do
        for precision in [ Precision.Double; Precision.Single ] do
            for tilts in [ 1; 5; 40 ] do
                let arc = random tilts kind 24 tilts
                let expected = everything (Propagator()) precision arc
                Assert.Equal<float[]>(expected, everything (Propagator(StoredBytes = 0L)) precision arc)

[<Fact>]
let ``a ceiling of the stored orders saves memory`` () =
    let arc = random 1 Hermitian 40 60

    let allocated ceiling =
        let before = GC.GetAllocatedBytesForCurrentThread()

        forwardWith (Propagator(StoredBytes = ceiling)) Precision.Double arc 4000.0
        |> ignore

        GC.GetAllocatedBytesForCurrentThread() - before

    Assert.True(3L * allocated 0L < allocated Int64.MaxValue)

[<Fact>]
let ``propagators that share the scratch of a call do not disturb each other`` () =
    let first = Propagator()
    let second = Propagator(sharing = first)
    let arcs = [ random 1 Hermitian 20 3; random 2 Absorptive 33 7 ]

    let expected =
        [
            for arc in arcs -> pullback Precision.Double arc 500.0 (Array.create (arc.Beams * arc.Tilts) 1.0)
        ]

    // Forward of both, then the adjoint of both: as a frame's arcs go.
    for arc, propagator in List.zip arcs [ first; second ] do
        forwardWith propagator Precision.Double arc 500.0 |> ignore

    for arc, propagator, expected in List.zip3 arcs [ first; second ] expected do
        let zeros n : float[] = Array.zeroCreate n

        let re, im, diagonal =
            zeros arc.Re.Length, zeros arc.Im.Length, zeros arc.Diagonal.Length

        let matrix = arc.Matrix

        let cotangent = Array.create (arc.Beams * arc.Tilts) 1.0

        let along =
            propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

        Assert.Equal<float[]>(expected.Re, re)
        Assert.Equal<float[]>(expected.Im, im)
        Assert.Equal<float[]>(expected.Diagonal, diagonal)
        Assert.Equal(expected.Thickness, along)
