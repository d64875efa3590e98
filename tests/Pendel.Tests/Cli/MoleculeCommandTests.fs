module Pendel.Tests.Cli.MoleculeCommandTests

open System.IO
open System.Text.Json
open Pendel.Cli
open Pendel.Tests.Cli.CommandRun
open Xunit

/// Formaldehyde in P 1, and a hydrogen on its own.
let private molecule =
    """data_a
_cell_length_a 5.1
_cell_length_b 6.2
_cell_length_c 5.7
_cell_angle_alpha 84
_cell_angle_beta 97
_cell_angle_gamma 106
_space_group_name_H-M_alt 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_U_iso_or_equiv
C1 C 0.30 0.30 0.30 0.02
O1 O 0.53 0.30 0.30 0.02
H1 H 0.20 0.44 0.30 0.03
H2 H 0.18 0.14 0.30 0.03
H3 H 0.60 0.75 0.75 0.03
"""

let private few =
    [ "--beam-gmax"; "0.7"; "--dsg"; "0"; "--tilts"; "4"; "--precision"; "double" ]

let private inMolecules (test: (string -> string) -> unit) =
    inFolder (fun path ->
        File.WriteAllText(path "a.cif", molecule)

        let code, _, error =
            pendel (
                [
                    "synthesize"
                    path "a.cif"
                    "--out"
                    path "a.cif_pets"
                    "--frames"
                    "9"
                    "--frame-step"
                    "8"
                    "--thickness-range"
                    "200..300"
                    "--quiet"
                ]
                @ few
            )

        Assert.True((code = ExitCode.Done), error)
        test path)

let private refineFor epochs (path: string -> string) restraints more =
    File.WriteAllText(path "s.json", $"""{{ "restraints": {restraints} }}""")

    pendel (
        [
            "refine"
            path "a.cif"
            path "a.cif_pets"
            "--out"
            path "out"
            "--force"
            "--settings"
            path "s.json"
            "--orientation"
            "none"
            "--cycles"
            "1"
            "--epochs"
            string epochs
            "--thickness-range"
            "150..350"
        ]
        @ few
        @ more
    )

let private refine path = refineFor 2 path

[<Fact>]
let ``riding hydrogens and restraints are in the results, a hydrogen without a parent is warned of`` () =
    inMolecules (fun path ->
        let code, out, error =
            refine
                path
                """[{"kind": "distance", "atoms": ["C1", "O1"], "target": 1.2, "su": 0.02}]"""
                [ "--hydrogens"; "riding"; "--restraint-weight"; "2" ]

        Assert.Equal(ExitCode.Done, code)
        Assert.Contains("warning: H3 has no atom within 1.3 Å to ride on; it is refined freely", error)
        Assert.Contains("hydrogens riding: 2", out)
        Assert.Contains("restraints: 1; the worst is distance C1 O1", out)

        let cif = File.ReadAllText(path "out/refined.cif")
        Assert.Contains("_atom_site_calc_flag", cif)
        Assert.Matches(@"(?m)^C1 .* d +\.$", cif)
        Assert.Matches(@"(?m)^H1 .* calc R$", cif)
        Assert.Matches(@"(?m)^H3 .* d +\.$", cif)
        Assert.Matches(@"_refine_ls_hydrogen_treatment\s+mixed", cif)
        Assert.Matches(@"_refine_ls_number_restraints\s+1", cif)

        let summary =
            JsonDocument.Parse(File.ReadAllText(path "out/summary.json")).RootElement

        let residuals = summary.GetProperty "residuals"
        // a scale and a thickness for each frame, C1 and H3 3 + 1, O1, which holds the origin, 1
        let frames = residuals.GetProperty("nFrames").GetInt32()
        Assert.Equal(2 * frames + 4 + 4 + 1, residuals.GetProperty("nParameters").GetInt32())
        Assert.Equal(2, summary.GetProperty("ridingHydrogens").GetArrayLength())
        Assert.Equal(2.0, summary.GetProperty("restraints").GetProperty("weight").GetDouble()))

[<Fact>]
let ``a restraint on an atom that is not there is refused in one line`` () =
    inMolecules (fun path ->
        let code, _, error =
            refine path """[{"kind": "similar-U", "atoms": ["C1", "N1"], "su": 0.01}]""" [ "--quiet" ]

        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("restraint 1, similar-U C1 N1: the structure has no N1", error)
        Assert.Equal(1, error.TrimEnd().Split('\n').Length))

[<Fact>]
let ``a refined occupancy is in the results and counted, one of an atom that is not there is refused`` () =
    inMolecules (fun path ->
        // the data are those of full occupancies
        File.WriteAllText(
            path "a.cif",
            molecule
                .Replace("_atom_site_U_iso_or_equiv\n", "_atom_site_U_iso_or_equiv\n_atom_site_occupancy\n")
                .Replace("0.02\n", "0.02 0.9\n")
                .Replace("0.03\n", "0.03 1\n")
        )

        let summary () =
            JsonDocument.Parse(File.ReadAllText(path "out/summary.json")).RootElement

        let parameters () =
            summary().GetProperty("residuals").GetProperty("nParameters").GetInt32()

        refine path "[]" [ "--quiet" ] |> ignore
        let without = parameters ()

        let code, out, error = refine path "[]" [ "--occupancies"; "C1" ]

        Assert.True((code = ExitCode.Done), error)
        Assert.Equal(without + 1, parameters ())

        let occupancy =
            summary().GetProperty("parameters").[0].GetProperty("occupancy").GetDouble()

        Assert.InRange(occupancy, 0.902, 1.0)

        let written (format: string) =
            occupancy.ToString(format, System.Globalization.CultureInfo.InvariantCulture)

        let short, long = written "F3", written "F6"
        Assert.Matches($@"(?m)^  C1 +C .* {short} ", out)
        let cif = File.ReadAllText(path "out/refined.cif")
        Assert.Contains("Occupancies refined: C1.", cif)
        Assert.Matches($@"(?m)^C1 .* {long}", cif)

        let code, _, error = refine path "[]" [ "--occupancies"; "Na1"; "--quiet" ]
        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("occupancies names Na1, which the structure does not have; its sites are C1, O1", error))

[<Fact>]
let ``settings of hydrogens and restraints that change nothing are warned of`` () =
    inMolecules (fun path ->
        let _, _, error = refine path "[]" [ "--restraint-weight"; "3" ]
        Assert.Contains("restraint-weight has no effect without restraints", error)

        let _, _, error = refineFor 0 path "[]" [ "--hydrogens"; "riding" ]
        Assert.Contains("hydrogens has no effect without epochs", error)
        File.Copy(path "quartz.cif", path "a.cif", true)

        let _, _, error =
            pendel
                [
                    "synthesize"
                    path "quartz.cif"
                    "--out"
                    path "a.cif_pets"
                    "--force"
                    "--frames"
                    "3"
                    "--beam-gmax"
                    "0.7"
                ]

        Assert.DoesNotContain("error", error)
        let _, _, error = refine path "[]" [ "--hydrogens"; "riding" ]
        Assert.Contains("hydrogens has no effect without hydrogen", error))
