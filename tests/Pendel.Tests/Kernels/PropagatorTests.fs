module Pendel.Tests.Kernels.PropagatorTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

let private kinds = [ RealSymmetric; Hermitian; Absorptive ]

[<Fact>]
let ``intensities agree with eigenvectors and with the matrix exponential`` () =
    for kind in kinds do
        for beams, tilts in [ 1, 1; 2, 3; 7, 5; 33, 4; 70, 9 ] do
            for thickness in [ 0.0; 1e-9; 3.0; 400.0; 1500.0 ] do
                let arc = random (beams + tilts) kind beams tilts
                let error = distance (forward Precision.Double arc thickness) (oracle arc thickness)
                Assert.True(error < 1e-12, $"{kind}, {beams} beams, {tilts} tilts, {thickness} Å: {error}")

[<Fact>]
let ``two beams follow the two-beam formula`` () =
    let potential, excitation, weight, k = 0.03, 0.002, 1.02, 40.0

    let arc =
        {
            Beams = 2
            Tilts = 1
            Re = [| 0.0; 0.0; 0.0; 0.0 |]
            Im = [| 0.0; potential; -potential; 0.0 |]
            Diagonal = [| 0.0; 2.0 * k * excitation * weight |]
            Weight = [| 1.0; weight |]
            WaveNumber = k
            Hermitian = true
        }

    for thickness in [ 100.0; 850.0; 3000.0 ] do
        let extinction = k / (potential * sqrt weight)
        let s = sqrt ((excitation * weight) ** 2.0 + 1.0 / extinction ** 2.0)
        let expected = (sin (Math.PI * thickness * s) / (extinction * s)) ** 2.0
        let found = forward Precision.Double arc thickness
        Assert.Equal(expected, found[1], 1e-12)
        Assert.Equal(1.0 - expected, found[0], 1e-12)

/// Some scattering, no absorption, in any algebra.
let private elastic =
    [ for kind in [ RealSymmetric; Hermitian ] -> random 11 kind 40 5 ]

[<Fact>]
let ``without absorption intensities sum to one`` () =
    for arc in elastic do
        for thickness in [ 1.0; 850.0; 20000.0 ] do
            for sums in forward Precision.Double arc thickness |> Array.chunkBySize 40 do
                Assert.Equal(1.0, Array.sum sums, 1e-12)

[<Fact>]
let ``degenerate levels and coinciding excitation errors are nothing special`` () =
    let flat =
        { random 2 RealSymmetric 12 3 with
            Re = Array.init 144 (fun i -> if i % 13 = 0 then 0.0 else 0.05)
            Diagonal = Array.create 36 -0.4
            Weight = Array.create 36 1.0
        }

    Assert.True(distance (forward Precision.Double flat 700.0) (oracle flat 700.0) < 1e-12)
    let empty = { flat with Re = Array.zeroCreate 144 }
    Assert.True(distance (forward Precision.Double empty 700.0) (oracle empty 700.0) < 1e-14)

[<Fact>]
let ``the opposite hand is the propagation by the transposed matrix`` () =
    let arc = random 9 Hermitian 20 2
    let found = Array.zeroCreate 40
    let matrix = arc.Matrix
    Propagator().Forward(&matrix, 600.0, Precision.Double, found.AsSpan(), true)

    let inverted =
        forward Precision.Double { arc with Im = Array.map (~-) arc.Im } 600.0

    Assert.True(distance inverted found < 1e-13)
    Assert.True(distance inverted (forward Precision.Double arc 600.0) > 1e-3)

[<Fact>]
let ``two thousand beams propagate`` () =
    let random = Random 1
    let n = 2000
    let re = Array.zeroCreate (n * n)

    for g in 0 .. n - 1 do
        for h in 0 .. g - 1 do
            re[g * n + h] <- 0.005 * random.NextDouble()
            re[h * n + g] <- re[g * n + h]

    let arc =
        {
            Beams = n
            Tilts = 1
            Re = re
            Im = [||]
            Diagonal = Array.init n (fun g -> -0.001 * float g)
            Weight = Array.create n 1.0
            WaveNumber = 40.0
            Hermitian = true
        }

    Assert.Equal(1.0, Array.sum (forward Precision.Single arc 100.0), 1e-5)

[<Fact>]
let ``float32 stays within its bound`` () =
    for kind in kinds do
        for beams in [ 2; 17; 90 ] do
            for thickness in [ 30.0; 800.0; (if kind = Absorptive then 900.0 else 4000.0) ] do
                let arc = random beams kind beams 3
                let propagator = Propagator()
                let single = forwardWith propagator Precision.Single arc thickness
                let bound = propagator.AmplitudeError

                let error =
                    distance (Array.map sqrt single) (Array.map sqrt (forward Precision.Double arc thickness))

                Assert.True(error < bound, $"{kind}, {beams} beams, {thickness} Å: {error}, bound {bound}")

[<Fact>]
let ``where float32 is said to suffice, strong and scored intensities are right`` () =
    let arc = random 12 Hermitian 30 1
    let exact = forward Precision.Double arc 800.0
    let propagator = Propagator()
    let single = forwardWith propagator Precision.Single arc 800.0
    let bound = propagator.AmplitudeError

    let scored =
        exact
        |> Array.filter (fun i -> PrecisionBound.Suffices(bound, Array.max exact, i))

    Assert.InRange(scored.Length, 10, 30)
    Assert.False(PrecisionBound.Suffices(bound, Array.max exact, 1e-9))
    Assert.False(PrecisionBound.Suffices(bound, 1e-12, 1e-12))

    for a, b in Array.zip exact single do
        Assert.True(abs (a - b) < 1e-4 * Array.max exact)

        if a >= Array.min scored then
            Assert.True(abs (a - b) < 1e-3 * a)

[<Fact>]
let ``all vector widths agree`` () =
    let widths =
        [ LaneWidth.Bits512; LaneWidth.Bits256; LaneWidth.Bits128; LaneWidth.Scalar ]

    for kind in kinds do
        for beams, tilts in [ 13, 7; 20, 3; 50, 2 ] do
            let arc = random 6 kind beams tilts
            let expected = forward Precision.Double arc 500.0

            for width in widths do
                Assert.True(distance expected (forwardWith (Propagator width) Precision.Double arc 500.0) < 1e-13)
                Assert.True(distance expected (forwardWith (Propagator width) Precision.Single arc 500.0) < 1e-5)

/// Everything that a propagator computes of an arc, into buffers of its own.
type private Run(arc: Arc) =
    let all = arc.Beams * arc.Tilts
    let cotangent = Array.init all (fun i -> cos (float i))
    let weights = Array.create arc.Tilts 0.5

    let intensities, diagonal: float[] * float[] =
        Array.zeroCreate all, Array.zeroCreate all

    let re, im: float[] * float[] =
        Array.zeroCreate arc.Re.Length, Array.zeroCreate arc.Im.Length

    let thickness, scan: float[] * float[] = Array.zeroCreate 1, Array.zeroCreate 6
    let thicknesses, beams = [| 100.0; 450.0 |], [| 0; 3; 7 |]

    member _.On(propagator: Propagator, precision) =
        for sums in [| re; im; scan |] do
            Array.Clear sums

        let matrix = arc.Matrix
        propagator.Forward(&matrix, 500.0, precision, intensities.AsSpan())
        thickness[0] <- propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())
        propagator.AtThicknesses(&matrix, thicknesses, beams, weights, precision, scan.AsSpan())

    member _.Results = Array.concat [ intensities; thickness; re; im; diagonal; scan ]

let private runs () =
    [| for kind in kinds -> Run(random 1 kind 30 5) |]

[<Fact>]
let ``the same inputs give the same bits, whatever was computed before`` () =
    for precision in [ Precision.Double; Precision.Single ] do
        let used = Propagator()
        Run(random 5 Absorptive 50 9).On(used, precision)

        for first, second in Array.zip (runs ()) (runs ()) do
            first.On(Propagator(), precision)
            second.On(used, precision)
            Assert.Equal<float[]>(first.Results, second.Results)

[<Fact>]
let ``a propagator that has grown allocates nothing`` () =
    let propagator = Propagator()
    let runs = runs ()

    let everything () =
        for run in runs do
            run.On(propagator, Precision.Double)
            run.On(propagator, Precision.Single)

    for _ in 1..100 do
        everything ()

    let allocated () =
        let before = GC.GetAllocatedBytesForCurrentThread()
        everything ()
        GC.GetAllocatedBytesForCurrentThread() - before

    // A kernel that allocates does so every time; the runtime now and then exchanges code or closes an allocation block.
    let least = Seq.init 10 (fun _ -> allocated ()) |> Seq.min
    // The arrays of arrays in `On`, not the kernels.
    let own = int64 (2 * runs.Length * 48)
    Assert.InRange(least, 0L, own)

[<Fact>]
let ``a wrong input is refused by name`` () =
    let arc = random 1 Absorptive 4 2

    let refuses name arc thickness =
        let refused =
            Assert.ThrowsAny<ArgumentException>(fun () -> forward Precision.Single arc thickness |> ignore)

        Assert.Equal(name, refused.ParamName)

    for bad in [ nan; infinity; -infinity ] do
        let spoil (values: float[]) =
            Array.mapi (fun i v -> if i = 6 then bad else v) values

        refuses "potentialRe" { arc with Re = spoil arc.Re } 10.0
        refuses "potentialIm" { arc with Im = spoil arc.Im } 10.0

        refuses
            "diagonal"
            { arc with
                Diagonal = spoil arc.Diagonal
            }
            10.0

        refuses "weight" { arc with Weight = spoil arc.Weight } 10.0
        refuses "normalWaveNumber" { arc with WaveNumber = bad } 10.0
        refuses "thickness" arc bad

    refuses "thickness" arc -1.0
    refuses "thickness" arc 1e12

    refuses
        "potentialRe"
        { arc with
            Re = Array.map ((*) 1e60) arc.Re
        }
        10.0

    refuses
        "weight"
        { arc with
            Weight = Array.map (~-) arc.Weight
        }
        10.0

    refuses "diagonal" { arc with Diagonal = [| 0.0 |] } 10.0
    // Half of its waves gain.
    refuses "potentialIm" (random 90 Absorptive 90 1) 4000.0

[<Fact>]
let ``a pullback without its propagation is refused`` () =
    let arc = random 1 Hermitian 4 2

    let run (propagator: Propagator) =
        let zeros n : float[] = Array.zeroCreate n
        let matrix = arc.Matrix

        propagator.Adjoint(&matrix, zeros 8, (zeros 16).AsSpan(), (zeros 16).AsSpan(), (zeros 8).AsSpan())
        |> ignore

    Assert.Throws<InvalidOperationException>(fun () -> run (Propagator())) |> ignore
    let other = Propagator()
    forwardWith other Precision.Double (random 1 Hermitian 5 2) 10.0 |> ignore
    Assert.Throws<InvalidOperationException>(fun () -> run other) |> ignore
