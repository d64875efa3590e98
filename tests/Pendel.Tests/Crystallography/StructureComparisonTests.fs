module Pendel.Tests.Crystallography.StructureComparisonTests

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Xunit

let private site label symbol number position adp =
    AtomSite(label, Element(symbol, number), 0, position, adp, 1.0)

let private crystal cell symbol sites =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> Crystal(cell, group, (sites: AtomSite list).ToImmutableArray())
    | _ -> failwith $"{symbol} is not known"

let private anisotropic: Adp =
    Adp.Anisotropic(SymmetricTensor(0.011, 0.017, 0.023, 0.002, -0.003, 0.004))

let private cells =
    Map
        [
            "P 1", UnitCell(6.0, 7.0, 8.0, 80.0, 95.0, 100.0)
            "P 21", UnitCell(6.0, 7.0, 8.0, 90.0, 105.0, 90.0)
            "C c", UnitCell(9.0, 7.0, 8.0, 90.0, 105.0, 90.0)
            "P b c a", UnitCell(6.0, 7.0, 8.0, 90.0, 90.0, 90.0)
            "I m m m", UnitCell(6.0, 7.0, 8.0, 90.0, 90.0, 90.0)
            "R 3 c", UnitCell(7.0, 7.0, 9.0, 90.0, 90.0, 120.0)
            "P 32 2 1", UnitCell(4.9226, 4.9226, 5.4003, 90.0, 90.0, 120.0)
            "F d -3 m", UnitCell(9.0, 9.0, 9.0, 90.0, 90.0, 90.0)
        ]

let private structure symbol =
    crystal
        cells[symbol]
        symbol
        [
            site "C1" "C" 6 (Vector3(0.11, 0.23, 0.37)) anisotropic
            site "C2" "C" 6 (Vector3(0.41, 0.05, 0.29)) anisotropic
            site "O1" "O" 8 (Vector3(0.27, 0.68, 0.83)) anisotropic
        ]

let private withSites (c: Crystal) sites =
    Crystal(c.Cell, c.SpaceGroup, (sites: AtomSite seq).ToImmutableArray())

/// Each site replaced by an equivalent one, whole cells away, with its tensor turned along, and the origin moved.
let private disguised (random: Random) origin (c: Crystal) =
    let image (s: AtomSite) =
        let o = c.SpaceGroup.Operations[random.Next c.SpaceGroup.Operations.Length]
        let far = Vector3(float (random.Next 3), -1.0, float (random.Next 2))
        let turn = c.Cell.Orthogonalisation * o.Rotation * c.Cell.Orthogonalisation.Inverse
        let adp = Adp.FromCartesian((s.Adp.ToCartesian c.Cell).Transform turn, c.Cell)
        AtomSite(s.Label, s.Element, s.Charge, o.Apply s.Position + far - origin, adp, s.Occupancy)

    withSites c (Seq.map image c.Sites)

[<Fact>]
let ``equivalent sites at a permissible origin are the same structure`` () =
    let random = Random 7

    for symbol in cells.Keys do
        let c = structure symbol

        for shift in OriginShifts.Of c.SpaceGroup do
            let along =
                c.SpaceGroup.PolarDirections
                |> Seq.fold (fun sum d -> sum + random.NextDouble() * d) shift

            let found = StructureComparison.Of(c, disguised random along c)
            Assert.True(found.Rmsd < 1e-6, $"{symbol}: {found.Rmsd} Å")
            Assert.True(found.AdpDifference < 1e-9, $"{symbol}: {found.AdpDifference} Å²")

[<Theory>]
[<InlineData("P b c a", 8)>]
[<InlineData("P 32 2 1", 2)>]
[<InlineData("P 21", 4)>]
[<InlineData("P 1", 1)>]
[<InlineData("I m m m", 8)>]
[<InlineData("R 3 c", 3)>]
let ``the origin shifts are those of the International Tables, centring included`` symbol count =
    Assert.Equal(count, (OriginShifts.Of (structure symbol).SpaceGroup).Length)

[<Fact>]
let ``distances and tensors that differ are measured, not symmetrised away`` () =
    let c = structure "P b c a"
    let random = Random 3

    let moved =
        c.Sites
        |> Seq.mapi (fun i s ->
            let shift =
                c.Cell.Orthogonalisation.Inverse * Vector3(0.03 * float i, 0.0, 0.04 * float i)

            let u = (s.Adp.ToCartesian c.Cell).ToMatrix() + 0.002 * Matrix3.Identity
            let adp = Adp.FromCartesian(SymmetricTensor.FromMatrix u, c.Cell)
            AtomSite(s.Label, s.Element, s.Charge, s.Position + shift, adp, s.Occupancy))
        |> withSites c

    let found =
        StructureComparison.Of(c, disguised random (Vector3(0.5, 0.0, 0.5)) moved)
    // 0, 0.05 and 0.1 Å; three times 0.002 √3 Å²
    Assert.Equal(sqrt ((0.05 ** 2.0 + 0.1 ** 2.0) / 3.0), found.Rmsd, 1e-9)
    Assert.Equal(0.002 * 3.0, found.AdpDifference, 1e-9)

[<Fact>]
let ``sites of other names are matched to the nearest of their element`` () =
    let c = structure "P 21"

    let renamed =
        c.Sites
        |> Seq.rev
        |> Seq.mapi (fun i s -> AtomSite($"X{i}", s.Element, s.Charge, s.Position, s.Adp, s.Occupancy))
        |> withSites c
        |> disguised (Random 5) (Vector3(0.5, 0.31, 0.0))

    let found = StructureComparison.Of(c, renamed)
    Assert.True(found.Rmsd < 1e-6)
    Assert.Equal<string>([ "X2"; "X1"; "X0" ], [ for p in found.Pairs -> p.OtherLabel ])

[<Fact>]
let ``a structure that lacks a site cannot be compared`` () =
    let c = structure "P 21"
    let fewer = withSites c (Seq.truncate 2 c.Sites)

    Assert.Throws<ArgumentException>(fun () -> StructureComparison.Of(c, fewer) |> ignore)
    |> ignore
