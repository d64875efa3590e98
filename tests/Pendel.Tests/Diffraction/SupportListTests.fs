module Pendel.Tests.Diffraction.SupportListTests

open System
open System.Collections.Immutable
open System.Numerics
open Pendel.Crystallography
open Pendel.Diffraction
open Xunit

type private Point = Pendel.Crystallography.Vector3

let private spaceGroup (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> group
    | _ -> failwith $"{symbol} is not known"

/// Σ exp(−2πi h·x) over all images of points.
let private structureFactor (group: SpaceGroup) points (hkl: MillerIndex) =
    Seq.fold
        (fun (sum: Complex) z -> sum + z)
        Complex.Zero
        (seq {
            for x: Point in points do
                for operation in group.Operations ->
                    Complex.FromPolarCoordinates(1.0, -2.0 * Math.PI * hkl.ToVector().Dot(operation.Apply x))
        })

[<Fact>]
let ``structure factors filled from the unique ones are those computed directly`` () =
    let reflections =
        [
            for h in -4 .. 4 do
                for k in -3 .. 4 do
                    for l in -4 .. 3 -> MillerIndex(h, k, l)
        ]

    for symbol in
        [
            "P 1"
            "P -1"
            "P 32 2 1"
            "P 31 2 1"
            "P 43"
            "F d d 2"
            "R 3 c"
            "I 41/a"
            "P 21 3"
            "P n m a"
            "I a -3 d"
        ] do
        let group = spaceGroup symbol
        let random = Random 11

        let points =
            List.init 2 (fun _ -> Point(random.NextDouble(), random.NextDouble(), random.NextDouble()))

        let direct = structureFactor group points
        let support = SupportList(reflections.ToImmutableArray(), group)
        let unique = [| for hkl in support.Unique -> direct hkl |]

        for i, hkl in List.indexed reflections do
            let u = unique[support.Source[i]]

            let filled =
                (if support.Conjugated[i] then Complex.Conjugate u else u)
                * Complex(support.Cosine[i], support.Sine[i])

            let size = 2.0 * float group.Operations.Length
            Assert.True((filled - direct hkl).Magnitude < 1e-12 * size, $"{symbol}: {hkl}")

[<Fact>]
let ``the unique reflections are one of each orbit of the Laue class`` () =
    // m-3m has 48 equivalents of a general reflection
    let group = spaceGroup "F d -3 m"

    let orbit =
        group.Operations
        |> Seq.map (fun o -> o.Apply(MillerIndex(1, 3, 7)))
        |> Seq.distinct

    let list = SupportList(orbit.ToImmutableArray(), group)
    Assert.Equal(48, list.Reflections.Length)
    Assert.Single list.Unique |> ignore
    // the Laue class of P3221 is -3m: 12 equivalents, of which inversion gives half
    let trigonal = spaceGroup "P 32 2 1"

    let half =
        trigonal.Operations
        |> Seq.map (fun o -> o.Apply(MillerIndex(1, 2, 3)))
        |> Seq.toList

    let both = half @ List.map (~-) half
    Assert.Equal(12, (List.distinct both).Length)
    Assert.Single(SupportList(both.ToImmutableArray(), trigonal).Unique) |> ignore
