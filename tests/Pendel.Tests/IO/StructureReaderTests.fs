module Pendel.Tests.IO.StructureReaderTests

open System
open System.IO
open Pendel.Crystallography
open Pendel.IO
open Pendel.Tests
open Pendel.Tests.SharedData
open Xunit

let private small =
    """data_quartz
_cell_length_a    4.9226(3)
_cell_length_b    4.9226(3)
_cell_length_c    5.4003
_cell_angle_alpha 90
_cell_angle_beta  90
_cell_angle_gamma 120
_symmetry_space_group_name_Hall 'P 32 2"'
_symmetry_space_group_name_H-M 'P 32 2 1'
_symmetry_Int_Tables_number 154
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
-y,x-y,z+2/3
-x+y,-x,1/3+z
y,x,-z
'x-y, -y, 1/3-z'
-X,-x+Y,-z+2/3
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_thermal_displace_type
_atom_site_U_iso_or_equiv
_atom_site_occupancy
_atom_site_calc_flag
_atom_site_disorder_group
Si1 Si4+ 1.0     0.4713(2) 0.833333 Uani 0.0092(1) 1 d .
O1  O2-  -0.1453 0.5858    0.6187   Uiso 0.0158    . d .
loop_
_atom_site_aniso_label
_atom_site_aniso_U_11
_atom_site_aniso_U_22
_atom_site_aniso_U_33
_atom_site_aniso_U_12
_atom_site_aniso_U_13
_atom_site_aniso_U_23
Si1 0.0090(3) 0.0080(3) 0.0100(3) 0.0040(2) 0.0002 0.0004
"""

let private parse text = StructureReader.Parse(text, "x.cif")

let private replace (old: string) (replacement: string) =
    Assert.Contains(old, small)
    small.Replace(old, replacement)

let private withoutList =
    small.Remove(
        small.IndexOf "loop_\n_symmetry",
        small.IndexOf "loop_\n_atom_site_label" - small.IndexOf "loop_\n_symmetry"
    )

let private refusal text =
    Assert.Throws<DataException>(fun () -> parse text |> ignore).Message

let private group hall =
    match SpaceGroup.TryFromHall(hall) with
    | true, group, _ -> group
    | _ -> failwith hall

[<Fact>]
let ``cell, symmetry and sites are read, standard uncertainties dropped, coordinates kept`` () =
    let read = parse small
    let crystal = read.Value
    Assert.Empty read.Warnings
    Assert.Equal(4.9226, crystal.Cell.A)
    Assert.Equal(group "P 32 2\"", crystal.SpaceGroup)

    let si =
        AtomSite(
            "Si1",
            Element("Si", 14),
            4,
            Vector3(1.0, 0.4713, 0.833333),
            Adp.Anisotropic(SymmetricTensor(0.009, 0.008, 0.01, 0.0004, 0.0002, 0.004)),
            1.0
        )

    let o =
        AtomSite("O1", Element("O", 8), -2, Vector3(-0.1453, 0.5858, 0.6187), Adp.Isotropic 0.0158, 1.0)

    Assert.Equal<AtomSite list>([ si; o ], List.ofSeq crystal.Sites)

[<Fact>]
let ``the symmetry comes from the list, else the Hall symbol, else Hermann-Mauguin, else the number`` () =
    let noHall = withoutList.Replace("_symmetry_space_group_name_Hall 'P 32 2\"'\n", "")
    let noSymbol = noHall.Replace("_symmetry_space_group_name_H-M 'P 32 2 1'\n", "")

    for text in [ withoutList; noHall; noHall.Replace("'P 32 2 1'", "P3221"); noSymbol ] do
        let read = parse text
        Assert.Equal(group "P 32 2\"", read.Value.SpaceGroup)
        Assert.Empty read.Warnings

    let none = noSymbol.Replace("_symmetry_Int_Tables_number 154\n", "")
    Assert.Contains("x.cif:1:1 _space_group_symop_operation_xyz: the item is missing", refusal none)

[<Fact>]
let ``a symbol that says nothing or something else than the list is a warning, and the list wins`` () =
    let expected =
        [
            "'P 32 2\"'",
            "'-P -2xab;-2yabc;-2zc'",
            "_symmetry_space_group_name_Hall: found \"-P -2xab;-2yabc;-2zc\", expected a Hall symbol"
            "'P 32 2\"'",
            "'P 31 2\"'",
            "found \"P 31 2\"\", which contradicts the list of operations, that is P 32 2 1; the list of operations wins"
            "'P 32 2 1'", "'P 31 2 1'", "_symmetry_space_group_name_H-M: found \"P 31 2 1\", which contradicts the list"
            "154", "152", "_symmetry_Int_Tables_number: found \"152\", which contradicts the list"
        ]

    for old, replacement, message in expected do
        let read = parse (replace old replacement)
        Assert.Equal(group "P 32 2\"", read.Value.SpaceGroup)
        Assert.Contains(message, (Assert.Single read.Warnings).ToString())

[<Fact>]
let ``B and beta are displacement parameters too`` () =
    let iso (text: string) =
        match (parse text).Value.Sites[1].Adp with
        | :? Adp.Isotropic as i -> i.Uiso
        | _ -> nan

    let eightPi2 = 8.0 * Math.PI * Math.PI

    let b =
        small.Replace("_atom_site_U_iso", "_atom_site_B_iso").Replace("0.0158", "1.2")

    Assert.Equal(1.2 / eightPi2, iso b, 15)

    let uStar (text: string) =
        let crystal = (parse text).Value
        crystal.Sites[0].Adp.ToReciprocal crystal.Cell

    let scaled =
        [
            "0.0090(3)", 0.009
            "0.0080(3)", 0.008
            "0.0100(3)", 0.01
            "0.0040(2)", 0.004
            "0.0002", 0.0002
            "0.0004", 0.0004
        ]

    let asB =
        (small, scaled)
        ||> List.fold (fun t (old, u) -> t.Replace(old, string (u * eightPi2)))

    let reference = uStar small

    for i in 0..5 do
        Assert.Equal(reference[i], (uStar (asB.Replace("aniso_U", "aniso_B")))[i], 14)

    // β = 2π² U*
    let components = [ 0; 1; 2; 5; 4; 3 ]

    let asBeta =
        (small, List.zip (List.map fst scaled) components)
        ||> List.fold (fun t (old, i) -> t.Replace(old, string (2.0 * Math.PI * Math.PI * reference[i])))

    for i in 0..5 do
        Assert.Equal(reference[i], (uStar (asBeta.Replace("aniso_U", "aniso_beta")))[i], 14)

[<Fact>]
let ``an impossible structure is refused with the place and the item`` () =
    let expected =
        [
            "Si4+",
            "Foo",
            "x.cif:30:5 _atom_site_type_symbol: found \"Foo\", expected a chemical element for Si1, like Si or Si4+"
            "Si4+", "Zz", "x.cif:30:5 _atom_site_type_symbol: found \"Zz\""
            "0.4713(2)", "abc", "x.cif:30:18 _atom_site_fract_y: found \"abc\", expected a number"
            "0.4713(2)", "?", "x.cif:30:18 _atom_site_fract_y: found \"?\", expected a number"
            "0.4713(2)", "NaN", "x.cif:30:18 _atom_site_fract_y: found \"NaN\", expected a number"
            "O1  O2-",
            "Si1 O2-",
            "x.cif:31:1 _atom_site_label: found \"Si1\", expected a label of its own for each site"
            "Si1 0.0090(3)",
            "Si2 0.0090(3)",
            "x.cif:30:1 _atom_site_aniso_label: found no row for Si1, which is declared Uani"
            "0.0100(3)",
            "-0.0100(3)",
            "x.cif:40:5 _atom_site_aniso_U_11: the displacement parameters of Si1 are not positive definite"
            "0.0158",
            "-0.0158",
            "x.cif:31:42 _atom_site_U_iso_or_equiv: the displacement parameters of O1 are not positive definite"
            "y,x,-z", "y,x,-w", "x.cif:16:1 _symmetry_equiv_pos_as_xyz: "
            "y,x,-z", "y,x,z", "x.cif:13:1 _symmetry_equiv_pos_as_xyz: the symmetry operations are no group"
            "gamma 120", "gamma 190", "x.cif:7:19 _cell_angle_gamma: found \"190\", expected the cell angle gamma"
            "alpha 90", "alpha 10", "_cell_angle_alpha: a cell with the angles 10°, 90°, 120° has no volume"
            "_cell_length_c    5.4003\n",
            "",
            "x.cif:1:1 _cell_length_c: the item is missing, expected the cell edge c, Å"
            "_fract_x", "_cartn_x", "x.cif _atom_site_fract_x: found the blocks quartz, expected one with atom sites"
        ]

    for old, replacement, message in expected do
        Assert.Contains(message, refusal (replace old replacement))

    Assert.Contains(
        "expected a Hermann–Mauguin symbol",
        refusal (withoutList.Replace("'P 32 2\"'", "?").Replace("'P 32 2 1'", "'Q 99'").Replace("154", "?"))
    )

[<Fact>]
let ``what is odd but usable is a warning`` () =
    let expected =
        [
            "_cell_length_b    4.9226", "_cell_length_b    5.0226", "x.cif:2:19 _cell_: the cell 4.9226 5.0226 5.4003 Å"
            "O1  O2-", "O1  .", "_atom_site_type_symbol: O1: the value is missing; the element is taken from the label"
            "0.0158    . d .", "0.0158    0.5 d 1", "_atom_site_disorder_group: O1: disorder is ignored"
            "0.0158    . d .", "0.0158    . dum .", "_atom_site_calc_flag: O1: dummy sites are left out"
            "0.0158    .", "0.0158    1.5", "_atom_site_occupancy: found \"1.5\" for O1"
            "0.0158    .", "0.0158    -0.04", "_atom_site_occupancy: found \"-0.04\" for O1"
            "Uiso 0.0158",
            ".    .",
            "_atom_site_U_iso_or_equiv: the value is missing for O1; U_iso = 0.0127 Å² (B = 1 Å²) is taken"
            "Si1 0.0090(3)",
            "Si2 0.0090 0.0080 0.0100 0.0040 0.0002 0.0004\nSi1 0.0090(3)",
            "_atom_site_aniso_label: found Si2"
            "Uani", "Uiso", "_atom_site_adp_type: Si1 is declared Uiso and has anisotropic parameters"
        ]

    for old, replacement, message in expected do
        Assert.Contains(message, (Assert.Single (parse (replace old replacement)).Warnings).ToString())

[<Fact>]
let ``an element is taken from a label only if it is beyond doubt`` () =
    let element label =
        let text = small.Replace("O1  O2-", label + "  .")

        try
            (parse text).Value.Sites[1].Element.Symbol
        with :? DataException ->
            "refused"

    let expected =
        [
            "O1", "O"
            "OW1", "O"
            "Ca1", "Ca"
            "H1b3b8", "H"
            "D1", "H"
            "C", "C"
            "CA1", "refused"
            "Q1", "refused"
            "1", "refused"
        ]

    for label, symbol in expected do
        Assert.Equal((label, symbol), (label, element label))

let private agrees (a: Crystal) (b: Crystal) =
    Assert.Equal(a.SpaceGroup, b.SpaceGroup)
    Assert.Equal(a.Cell.ToString(), b.Cell.ToString())

    for x, y in Seq.zip a.Sites b.Sites do
        Assert.Equal((x.Label, x.Element, x.Charge, x.Occupancy), (y.Label, y.Element, y.Charge, y.Occupancy))
        // far below 1e-8 Å
        Assert.InRange((a.Cell.Orthogonalisation * (x.Position - y.Position)).Length, 0.0, 1e-8)
        let u, v = x.Adp.ToCartesian a.Cell, y.Adp.ToCartesian b.Cell
        Assert.Equal(x.Adp.GetType(), y.Adp.GetType())

        for i in 0..5 do
            Assert.InRange(u[i] - v[i], -1e-9, 1e-9)

    Assert.Equal(a.Sites.Length, b.Sites.Length)

[<Fact>]
let ``a written structure reads back, with the caller's items`` () =
    let crystal = (parse small).Value
    let details = "wR = 0.05\nthickness 850 Å"

    let text =
        StructureWriter.Write(crystal, "refined", [ ExtraItem("_refine_special_details", details) ])

    let read = parse text
    Assert.Empty read.Warnings
    agrees crystal read.Value
    let block = (CifReader.Parse(text, "x.cif")).Value.Blocks[0]

    match block.Column "_refine_special_details" with
    | null -> failwith "no details"
    | column -> Assert.Equal(details, column[0].Text)

let private structures () =
    [
        for folder in [ "structures"; "data" ] do
            yield! Directory.EnumerateFiles(path folder, "*.cif", SearchOption.AllDirectories)
    ]
    |> List.sort

[<SharedFact("structures", "data")>]
let ``every published structure is read, and reads back when written`` () =
    for file in structures () do
        let crystal = (StructureReader.Read file).Value
        let text = StructureWriter.Write(crystal, "x", [])
        agrees crystal (StructureReader.Parse(text, file)).Value

[<SharedFact("data")>]
let ``sites, operations and block of published files are those that stand in them`` () =
    let expected =
        [
            "quartz/quartz.cif", 2, 6
            "cspbbr3/cspbbr3.cif", 4, 8
            "paracetamol/paracetamol.cif", 20, 8
            "lta/lta.cif", 4, 48
            "albite/jana2006_albite.cif", 13, 2
            "glycine/alpha_glycine.cif", 10, 4
            "quartz/synthetic/quartz_paper_data.cif_pets", 2, 1
        ]

    for file, sites, operations in expected do
        let crystal = (StructureReader.Read(path ("data/" + file))).Value
        Assert.Equal((file, sites, operations), (file, crystal.Sites.Length, crystal.SpaceGroup.Operations.Length))

    let kinematical =
        (StructureReader.Read(path "data/albite/jana2006_albite.cif", "albite_kinematical")).Value

    Assert.All(kinematical.Sites, (fun s -> Assert.IsType<Adp.Anisotropic> s.Adp |> ignore))

    let message =
        Assert
            .Throws<DataException>(fun () ->
                StructureReader.Read(path "data/albite/jana2006_albite.cif", "no") |> ignore)
            .Message

    Assert.Contains("data_no: found the blocks global, albite_dynamical, albite_kinematical", message)

[<Fact>]
let ``cells of structure and data may differ by 1 % silently and by 5 % with a warning`` () =
    let cell a alpha =
        UnitCell(a, 5.0, 5.0, alpha, 90.0, 90.0)

    let check structure =
        CellComparison.Check(structure, "x.cif", cell 5.0 90.0, "x.cif_pets")

    Assert.Empty(check (cell 5.04 90.5))

    Assert.Contains(
        "x.cif _cell_length_a: found 5.1 Å, expected 5 Å as in x.cif_pets, whose cell is used: a difference of +2.00 %",
        string (Assert.Single(check (cell 5.1 90.0)))
    )

    Assert.Contains("_cell_angle_alpha", string (Assert.Single(check (cell 5.0 93.0))))

    for structure in [ cell 5.3 90.0; cell 4.7 90.0; cell 5.0 95.0 ] do
        Assert.Throws<DataException>(fun () -> check structure |> ignore) |> ignore

let private warnings text =
    String.Join('\n', (parse text).Warnings)

[<Fact>]
let ``the block that is taken and those left out are named`` () =
    let second = small.Replace("data_quartz", "data_other")
    Assert.Contains("x.cif:1:1", warnings (small + second))
    Assert.Contains("data_quartz is taken; left out: data_other", warnings (small + second))
    Assert.DoesNotContain("left out", warnings small)

[<Fact>]
let ``sites and images at one place whose occupancies sum above 1 are named`` () =
    let site occupancy =
        $"O1  O2-  -0.1453 0.5858    0.6187   Uiso 0.0158    {occupancy} d .\nO2  O2-  0.8547 0.6158    0.6187   Uiso 0.0158    {occupancy} d ."

    let twice occupancy =
        replace "O1  O2-  -0.1453 0.5858    0.6187   Uiso 0.0158    . d ." (site occupancy)

    Assert.Contains("O2 and O1 are 0.15 Å apart", warnings (twice "0.6"))
    Assert.DoesNotContain("apart", warnings (twice "0.5"))

    // 0.1 Å and more off the twofold axis through the silicon
    let split = replace "1.0     0.4713(2) 0.833333" "1.0     0.4713(2) 0.863333"
    Assert.Contains("Si1 and a symmetry image of it are 0.3", warnings split)
    Assert.DoesNotContain("apart", warnings small)

[<Fact>]
let ``displacement parameters in another unit and beside better ones are named`` () =
    Assert.Contains("O1 has U_eq = 1.58 Å²", warnings (replace "0.0158" "1.58"))
    Assert.Contains("found \"-0.01\" for Si1", warnings (replace "0.0092(1)" "-0.01"))
