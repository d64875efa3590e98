module Pendel.Tests.Crystallography.SpaceGroupTests

open System.IO
open System.Text.RegularExpressions
open Pendel.Crystallography
open Pendel.Tests.SharedData
open Xunit

let private operations (list: string) =
    [
        for text in list.Split ';' do
            match SymmetryOperation.TryParse text with
            | true, NonNull operation, _ -> operation
            | _, _, error -> failwith error
    ]

let private fromHall (symbol: string) =
    match SpaceGroup.TryFromHall symbol with
    | true, NonNull group, _ -> group
    | _, _, error -> failwith error

let private fromName (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> group
    | _ -> failwith $"{symbol} is not known"

/// Rows of a shared table, a field by its column.
let private rows file =
    let split line =
        [|
            for m in Regex.Matches(line, "(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))") ->
                m.Groups[1].Value.Replace("\"\"", "\"") + m.Groups[2].Value
        |]

    let lines = File.ReadAllLines(path file) |> Array.map split
    let place name = Array.findIndex ((=) name) lines[0]
    lines |> Array.skip 1 |> Array.map (fun row -> fun name -> row[place name])

[<SharedFact("tables/spacegroup_ops.csv")>]
let ``the Hall symbols of 559 settings give the tabulated operations`` () =
    let table = rows "tables/spacegroup_ops.csv"
    Assert.Equal(559, table.Length)

    for row in table do
        let tabulated = operations (row "ops")
        let group = fromHall (row "hall")
        Assert.Equal(SpaceGroup.FromOperations tabulated, group)
        Assert.Equal(tabulated.Length, group.Operations.Length)
        Assert.Equal(SymmetryOperation.Identity, group.Operations[0])
        Assert.Equal(int (row "number"), group.Number.Value)
        // four sets of operations have two names each
        Assert.Equal(group, fromName (row "xhm"))
        Assert.Equal(row "xhm", (fromName (row "xhm")).HermannMauguin)

[<SharedFact("tables/spacegroups.csv")>]
let ``centrosymmetry and polar directions of 559 settings are those tabulated`` () =
    for row in rows "tables/spacegroups.csv" do
        let group = fromHall (row "hall")
        Assert.Equal((row "centric" = "1"), group.IsCentrosymmetric)

        let polar =
            [ for d in group.PolarDirections -> $"{d.X} {d.Y} {d.Z}" ] |> String.concat ";"

        Assert.Equal(row "polar_directions", polar)

[<Theory>]
[<InlineData("P3221", "P 32 2 1")>]
[<InlineData("P 21/c", "P 1 21/c 1")>]
[<InlineData("P2_1/n", "P 1 21/n 1")>]
[<InlineData("pbnm", "P b n m")>]
[<InlineData("P 21 21 21", "P 21 21 21")>]
[<InlineData("R3c:R", "R 3 c:R")>]
[<InlineData("R 3 c", "R 3 c:H")>]
[<InlineData("F d -3 m", "F d -3 m:2")>]
[<InlineData("Fd3m :1", "F d -3 m:1")>]
[<InlineData("P n c b", "P n c b:2")>]
[<InlineData("Cmce", "C m c a")>]
let ``a Hermann–Mauguin symbol is found in the spellings in use`` (symbol: string) (tabulated: string) =
    Assert.Equal(tabulated, (fromName symbol).HermannMauguin)

[<Fact>]
let ``each number has one reference setting`` () =
    for number in 1..230 do
        match SpaceGroup.TryFromNumber number with
        | true, NonNull group -> Assert.Equal(number, group.Number.Value)
        | _ -> failwith $"number {number} is missing"

    Assert.False(fst (SpaceGroup.TryFromNumber 231))
    Assert.False(fst (SpaceGroup.TryFromHermannMauguin "P 7"))

[<Fact>]
let ``a change of basis in a Hall symbol moves axes and lattice`` () =
    // the C-centred cell of twice the volume and back, rhombohedral from hexagonal axes, an origin half way along c
    Assert.Equal(fromName "C 4 2 2", fromHall "P 4 2 (1/2*x-1/2*y,1/2*x+1/2*y,z)")
    Assert.Equal(fromName "P 4 2 2", fromHall "C 4 2 (x+y,y-x,z)")
    Assert.Equal(fromName "R 3:R", fromHall "R 3 (x+z,-x+y+z,-y+z)")
    Assert.Equal(fromName "P 2 2 2", fromHall "P 2 2 (0 0 6)")

[<Theory>]
[<InlineData("-P -2xab;-2yabc;-2zc")>]
[<InlineData("Q 2")>]
[<InlineData("P")>]
[<InlineData("P 5")>]
[<InlineData("P 3'")>]
[<InlineData("P 2 4")>]
[<InlineData("P 34 2")>]
[<InlineData("P 2 2 (1 2)")>]
[<InlineData("P 4 (2*x,y,z)")>]
let ``a text that is no Hall symbol is refused with a reason`` (symbol: string) =
    let ok, _, error = SpaceGroup.TryFromHall symbol
    Assert.False ok
    Assert.NotEmpty error

[<Fact>]
let ``operations that are no group are refused, and the missing one is named`` () =
    let incomplete =
        operations "x,y,z ; -x,-y,z+1/2 ; x,-y,-z ; -x,y,-z+1/2 ; x+1/2,y+1/2,z"

    let error =
        Assert.Throws<System.ArgumentException>(fun () -> SpaceGroup.FromOperations incomplete |> ignore)

    Assert.Contains("which is not among them", error.Message)

    // a shear has no finite order
    let shear = operations "x,y,z ; x+y,y,z"

    Assert.Throws<System.ArgumentException>(fun () -> SpaceGroup.FromOperations shear |> ignore)
    |> ignore

[<Fact>]
let ``a list of operations finds its symbols whatever its order and repetitions`` () =
    let group =
        SpaceGroup.FromOperations(operations "-x,y+1/2,-z+1/2 ; x,y,z ; x,-y+1/2,z+1/2 ; -x,-y,-z ; x,y,z")

    Assert.Equal("x,y,z", group.Operations[0].ToString())
    Assert.Equal(4, group.Operations.Length)
    Assert.Equal("P 1 21/c 1", group.HermannMauguin)
    Assert.Equal("-P 2ybc", group.Hall)
    Assert.Equal(14, group.Number.Value)

[<Fact>]
let ``reflection conditions are those of the International Tables`` () =
    let present (group: SpaceGroup) (h, k, l) =
        not (group.IsSystematicallyAbsent(MillerIndex(h, k, l)))

    let p21c = fromName "P 21/c"
    let quartz = fromName "P 32 2 1"
    let diamond = fromName "F d -3 m:2"

    for h in -4 .. 4 do
        for k in -4 .. 4 do
            for l in -6 .. 6 do
                Assert.Equal((k <> 0 || l % 2 = 0) && (h <> 0 || l <> 0 || k % 2 = 0), present p21c (h, k, l))
                Assert.Equal(h <> 0 || k <> 0 || l % 3 = 0, present quartz (h, k, l))

    let allowed =
        [ (1, 1, 1); (2, 2, 0); (4, 0, 0); (2, 2, 2) ] |> List.map (present diamond)

    Assert.Equal<bool list>([ true; true; true; true ], allowed)
    Assert.False(present diamond (2, 0, 0))
    Assert.False(present diamond (4, 2, 0))
    Assert.False(present diamond (1, 0, 0))
