module Pendel.Tests.Crystallography.EnantiomorphTests

open System
open System.Collections.Immutable
open System.Numerics
open Pendel.Crystallography
open Pendel.Tests.Crystallography.StructureFactorTests
open Xunit

let private group number =
    match SpaceGroup.TryFromNumber number with
    | true, NonNull group -> group
    | _ -> failwith $"{number} is not known"

/// A cell of the metric that the group asks for, and two sites in general positions.
let private crystal (group: SpaceGroup) =
    let cell =
        match group.Number.Value with
        | n when n <= 2 -> UnitCell(5, 6, 7, 80, 95, 102)
        | n when n <= 15 -> UnitCell(5, 6, 7, 90, 97, 90)
        | n when n <= 74 -> UnitCell(5, 6, 7, 90, 90, 90)
        | n when n <= 142 -> UnitCell(5, 5, 7, 90, 90, 90)
        | n when n <= 194 -> UnitCell(5, 5, 7, 90, 90, 120)
        | _ -> UnitCell(5, 5, 5, 90, 90, 90)

    let site label symbol z position u =
        AtomSite(label, Element(symbol, z), 0, position, Adp.Isotropic u, 1.0)

    Crystal(
        cell,
        group,
        ImmutableArray.Create(
            site "Si1" "Si" 14 (Vector3(0.11, 0.23, 0.06)) 0.01,
            site "O1" "O" 8 (Vector3(0.34, 0.41, 0.29)) 0.02
        )
    )

/// The eleven pairs of the International Tables.
let private pairs =
    [
        76, 78
        91, 95
        92, 96
        144, 145
        151, 153
        152, 154
        169, 170
        171, 172
        178, 179
        180, 181
        212, 213
    ]

[<Fact>]
let ``inversion turns the eleven enantiomorphic groups into their partners and keeps every other one`` () =
    let partner =
        Map
            [
                for a, b in pairs do
                    a, b
                    b, a
            ]

    for number in 1..230 do
        let start = crystal (group number)
        let inverse = Enantiomorph.Of start

        match partner.TryFind number with
        | Some other -> Assert.Equal(Nullable other, inverse.SpaceGroup.Number)
        | None -> Assert.Equal(start.SpaceGroup, inverse.SpaceGroup)

[<Fact>]
let ``the structure factors of the inverse are the conjugates, but for the origin`` () =
    let hkl =
        [
            MillerIndex(1, 0, 1)
            MillerIndex(0, 1, 2)
            MillerIndex(2, 1, -1)
            MillerIndex(1, -2, 3)
        ]

    // Cc, Fdd2, P4₁, I4₁, I-42d, P3₂21, F4₁32: inversion about the origin and about other points
    for number in [ 9; 43; 76; 80; 122; 154; 210 ] do
        let start = crystal (group number)
        let inverse = Enantiomorph.Of start
        let shift = start.Sites[0].Position + inverse.Sites[0].Position
        let f, g = structureFactor start, structureFactor inverse

        for h in hkl do
            let phase =
                Complex.FromPolarCoordinates(1.0, -2.0 * Math.PI * h.ToVector().Dot shift)

            Assert.Equal(0.0, (g h - Complex.Conjugate(f h) * phase).Magnitude, 10)

[<Fact>]
let ``a structure is its own inverse in a centrosymmetric group, or if its sites lie so`` () =
    Assert.True(Enantiomorph.IsItself(crystal (group 2)))
    Assert.True(Enantiomorph.IsItself(crystal (group 62)))
    Assert.False(Enantiomorph.IsItself(crystal (group 1)))
    Assert.False(Enantiomorph.IsItself(crystal (group 154)))
    Assert.False(Enantiomorph.IsItself(crystal (group 19)))

    let site label (x, y, z) =
        AtomSite(label, Element("O", 8), 0, Vector3(x, y, z), Adp.Isotropic 0.01, 1.0)

    let about (sites: AtomSite list) =
        Crystal(UnitCell(5, 6, 7, 80, 95, 102), group 1, sites.ToImmutableArray())

    // two atoms of a kind lie about the point between them
    Assert.True(Enantiomorph.IsItself(about [ site "O1" (0.1, 0.2, 0.3); site "O2" (0.4, 0.7, 0.35) ]))

    let chiral =
        [ 0.1, 0.2, 0.3; 0.4, 0.7, 0.35; 0.8, 0.3, 0.9; 0.55, 0.1, 0.6 ]
        |> List.mapi (fun i x -> site $"O{i}" x)

    Assert.False(Enantiomorph.IsItself(about chiral))
