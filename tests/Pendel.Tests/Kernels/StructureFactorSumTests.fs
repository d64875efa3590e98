module Pendel.Tests.Kernels.StructureFactorSumTests

open System
open System.Numerics
open Xunit
open Pendel.Kernels

let private hkl: int[][] =
    [|
        for h in -2 .. 2 do
            for k in -1 .. 3 do
                for l in -3 .. 0 -> [| h; k; l |]
    |]

type private Atoms =
    {
        Positions: float[]
        Adps: float[]
        Occupancies: float[]
        Species: int[]
    }

let private atoms =
    let source = Random 7

    {
        Positions = Array.init 12 (fun _ -> source.NextDouble())
        Adps = Array.init 24 (fun i -> if i % 6 < 3 then 0.004 else 0.002 * source.NextDouble())
        Occupancies = [| 1.0; 0.5; 0.25; 0.0 |]
        Species = [| 1; 0; 2; 1 |]
    }

let private flat = Array.concat hkl

let private factors =
    Array.init (3 * hkl.Length) (fun i -> 1.0 + 0.01 * float (i % 83))

/// F of a run of the list.
let private ofRun a first count =
    let re, im = Array.zeroCreate count, Array.zeroCreate count

    StructureFactorSum.Value(
        flat,
        a.Positions,
        a.Adps,
        a.Occupancies,
        a.Species,
        factors,
        re.AsSpan(),
        im.AsSpan(),
        first
    )

    re, im

let private structureFactors a = ofRun a 0 hkl.Length

/// Cotangents of x, U* and o from those of a run of the list, of which whole lists are given.
let private pulled (barRe: float[]) (barIm: float[]) first count =
    let x, u, o = Array.zeroCreate 12, Array.zeroCreate 24, Array.zeroCreate 4

    StructureFactorSum.Adjoint(
        flat,
        atoms.Positions,
        atoms.Adps,
        atoms.Occupancies,
        atoms.Species,
        factors,
        ReadOnlySpan(barRe, first, count),
        ReadOnlySpan(barIm, first, count),
        x.AsSpan(),
        u.AsSpan(),
        o.AsSpan(),
        first
    )

    x, u, o

[<Fact>]
let ``a structure factor is the sum of the atoms' waves`` () =
    let re, im = structureFactors atoms

    for i in 0 .. hkl.Length - 1 do
        let h = hkl[i] |> Array.map float

        let expected =
            Seq.fold
                (fun (sum: Complex) z -> sum + z)
                Complex.Zero
                (seq {
                    for n in 0..3 do
                        let x, u = atoms.Positions[3 * n .. 3 * n + 2], atoms.Adps[6 * n .. 6 * n + 5]

                        let tensor =
                            [| [| u[0]; u[5]; u[4] |]; [| u[5]; u[1]; u[3] |]; [| u[4]; u[3]; u[2] |] |]

                        let form =
                            Array.sum
                                [|
                                    for a in 0..2 do
                                        for b in 0..2 -> h[a] * tensor[a][b] * h[b]
                                |]

                        let phase = -2.0 * Math.PI * Array.sum (Array.map2 (*) h x)
                        let size = atoms.Occupancies[n] * factors[atoms.Species[n] * hkl.Length + i]
                        Complex.FromPolarCoordinates(size * exp (-2.0 * Math.PI ** 2.0 * form), phase)
                })

        Assert.Equal(expected.Real, re[i], 1e-13)
        Assert.Equal(expected.Imaginary, im[i], 1e-13)

[<Fact>]
let ``runs of a list have the structure factors of the whole, and pullbacks that add up to its own`` () =
    let re, im = structureFactors atoms

    let middle = hkl.Length / 3
    let runs = [ 0, middle; middle, hkl.Length - middle ]

    let a, b =
        runs |> List.map (fun (first, count) -> ofRun atoms first count) |> List.unzip

    for whole, part in Array.zip (Array.append re im) (Array.concat (a @ b)) do
        Assert.Equal(whole, part, 1e-13)

    let all first count =
        let x, u, o = pulled im re first count
        Array.concat [ x; u; o ]

    let sum =
        runs
        |> List.map (fun (first, count) -> all first count)
        |> List.reduce (Array.map2 (+))

    for whole, parts in Array.zip (all 0 hkl.Length) sum do
        Assert.Equal(whole, parts, 1e-11 * (1.0 + abs whole))

    for first, count in [ 1, hkl.Length; -1, 2 ] do
        Assert.Throws<ArgumentException>(fun () -> ofRun atoms first count |> ignore)
        |> ignore

[<Fact>]
let ``the pullback of structure factors agrees with differences`` () =
    let source = Random 8

    let draw length =
        Array.init length (fun _ -> 2.0 * source.NextDouble() - 1.0)

    let v, w = draw hkl.Length, draw hkl.Length
    let x, u, o = pulled v w 0 hkl.Length

    let dot = Array.fold2 (fun sum a b -> sum + a * b) 0.0

    let value a =
        let re, im = structureFactors a
        dot v re + dot w im

    let compare (found: float[]) step move =
        for i in 0 .. found.Length - 1 do
            let f h = value (move i h)

            let slope =
                (8.0 * (f step - f -step) - (f (2.0 * step) - f (-2.0 * step))) / (12.0 * step)

            Assert.Equal(slope, found[i], 1e-9 * (1.0 + abs slope))

    let shift (values: float[]) i h =
        Array.mapi (fun j y -> if j = i then y + h else y) values

    compare x 2e-4 (fun i h ->
        { atoms with
            Positions = shift atoms.Positions i h
        })

    compare u 1e-5 (fun i h ->
        { atoms with
            Adps = shift atoms.Adps i h
        })

    compare o 1e-2 (fun i h ->
        { atoms with
            Occupancies = shift atoms.Occupancies i h
        })
