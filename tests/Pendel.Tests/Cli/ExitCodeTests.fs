module Pendel.Tests.Cli.ExitCodeTests

open System
open System.IO
open System.Threading
open Xunit
open Pendel.Cli
open Pendel.Core
open Pendel.IO
open Pendel.Tests.Cli.CommandRun

let private structure =
    "data_a
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_U_iso_or_equiv
Si1 Si 0.0 0.0 0.0 0.01
O1 O 0.5 0.4 0.3 0.01
"

let private data =
    "data_pets
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_diffrn_radiation_wavelength 0.0251
_diffrn_orient_matrix_UB_11 0.25
_diffrn_orient_matrix_UB_12 0
_diffrn_orient_matrix_UB_13 0
_diffrn_orient_matrix_UB_21 0
_diffrn_orient_matrix_UB_22 0.25
_diffrn_orient_matrix_UB_23 0
_diffrn_orient_matrix_UB_31 0
_diffrn_orient_matrix_UB_32 0
_diffrn_orient_matrix_UB_33 0.25
_diffrn_measurement_details
;
data collection geometry: continuous rotation
;
loop_
_diffrn_zone_axis_id
_diffrn_zone_axis_u
_diffrn_zone_axis_v
_diffrn_zone_axis_w
_diffrn_zone_axis_precession_angle
_diffrn_zone_axis_alpha
_diffrn_zone_axis_beta
_diffrn_zone_axis_omega
_diffrn_zone_axis_scale
1 0 0 1 1.0 0.0 0.0 0.0 1.0
loop_
_refln_index_h
_refln_index_k
_refln_index_l
_refln_intensity_meas
_refln_intensity_sigma
_refln_zone_axis_id
0 1 0 120.0 4.0 1
0 2 0 60.0 3.0 1
1 1 0 30.0 2.0 1
"

/// A folder with structure and data, which is deleted afterwards.
let private inFolder (act: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("pendel-").FullName

    try
        File.WriteAllText(Path.Combine(folder, "a.cif"), structure)
        File.WriteAllText(Path.Combine(folder, "a.cif_pets"), data)
        act folder
    finally
        Directory.Delete(folder, true)

let private snapshot folder =
    [
        for path in
            Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            |> Array.sort ->
            path,
            (if File.Exists path then
                 Convert.ToHexString(File.ReadAllBytes path)
             else
                 "")
    ]

/// Refines the folder's files into `out`; the run has to fail with 2, say all of this, and leave the disk as it was.
let private refuses folder (options: string list) (fragments: string list) =
    let file name = Path.Combine(folder, name)
    let before = snapshot folder

    let code, out, error =
        pendel ([ "refine"; file "a.cif"; file "a.cif_pets"; "--out"; file "out" ] @ options)

    Assert.True((code = ExitCode.Data), $"{code}: {out}{error}")

    for fragment in fragments do
        Assert.Contains(fragment, error)

    Assert.Equal<(string * string) list>(before, snapshot folder)

[<Theory>]
[<InlineData("O1 O 0.5 0.4 0.3 0.01", "O1 O 0.5 0.4", "a.cif:17:1", "_atom_site_")>]
[<InlineData("O1 O 0.5", "O1 O half", "a.cif:17:6", "_atom_site_fract_x: found \"half\"")>]
[<InlineData("O1 O 0.5", "O1 O NaN", "a.cif:17:6", "_atom_site_fract_x: found \"NaN\"")>]
[<InlineData("O1 O", "O1 Qx", "a.cif:17:4", "_atom_site_type_symbol: found \"Qx\"")>]
[<InlineData("O1 O", "Si1 O", "a.cif:17:1", "_atom_site_label: found \"Si1\"")>]
[<InlineData("'P 1'", "'P 99'", "a.cif:8:", "_space_group_name_H-M_alt: found \"P 99\"")>]
[<InlineData("_cell_length_a 4", "_cell_length_a 0", "a.cif:2:16", "_cell_length_a: found \"0\"")>]
[<InlineData("_cell_angle_gamma 90", "_cell_angle_gamma 180", "a.cif:7:19", "_cell_angle_gamma: found \"180\"")>]
[<InlineData("_cell_length_b 4", "_cell_length_b 5", "a.cif _cell_length_b", "expected 4")>]
let ``a wrong structure is refused with its place`` (text: string, wrong: string, place: string, item: string) =
    inFolder (fun folder ->
        File.WriteAllText(Path.Combine(folder, "a.cif"), structure.Replace(text, wrong))
        refuses folder [] [ place; item ])

[<Theory>]
[<InlineData("30.0 2.0 1", "30.0 2.0", "a.cif_pets:", "_refln_")>]
[<InlineData("120.0", "12..0", "a.cif_pets:40:7", "_refln_intensity_meas: found \"12..0\"")>]
[<InlineData("120.0", "Infinity", "a.cif_pets:40:7", "_refln_intensity_meas: found \"Infinity\"")>]
[<InlineData("0.0251", "0", "a.cif_pets:8:30", "_diffrn_radiation_wavelength: found \"0\"")>]
[<InlineData("0.0251", "-0.0251", "a.cif_pets:8:30", "_diffrn_radiation_wavelength: found \"-0.0251\"")>]
[<InlineData("UB_33 0.25", "UB_33 0.4", "a.cif_pets:9:", "_diffrn_orient_matrix_UB_11")>]
[<InlineData("UB_33 0.25", "UB_33 0", "a.cif_pets:9:", "_diffrn_orient_matrix_UB_11")>]
let ``a wrong data set is refused with its place`` (text: string, wrong: string, place: string, item: string) =
    inFolder (fun folder ->
        File.WriteAllText(Path.Combine(folder, "a.cif_pets"), data.Replace(text, wrong))
        refuses folder [] [ place; item ])

[<Fact>]
let ``a missing, empty or binary file and a directory are refused by name`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "a.cif_pets")
        File.WriteAllText(path, "")
        refuses folder [] [ path; "empty" ]
        File.WriteAllBytes(path, [| 0x64uy; 0uy; 1uy; 2uy; 0xffuy |])
        refuses folder [] [ path; "binary" ]
        File.Delete path
        refuses folder [] [ path; "no such file" ]
        Directory.CreateDirectory path |> ignore
        refuses folder [] [ path; "directory" ])

[<Fact>]
let ``a selection without reflections is refused with the names of the files`` () =
    inFolder (fun folder -> refuses folder [ "--beam-gmax"; "0.01" ] [ "a.cif"; "a.cif_pets" ])

[<Fact>]
let ``a frame to be excluded that the data lack is refused by its id`` () =
    inFolder (fun folder -> refuses folder [ "--exclude-frames"; "1,7-9" ] [ "a.cif_pets"; "names 7-9" ])

[<Fact>]
let ``an existing folder of results is refused without force`` () =
    inFolder (fun folder ->
        let out = Path.Combine(folder, "out")
        Directory.CreateDirectory out |> ignore
        File.WriteAllText(Path.Combine(out, "summary.json"), "old")
        refuses folder [] [ out; "not empty" ])

[<Fact>]
let ``a folder that cannot be written is refused before the work`` () =
    // Below a file no folder can be made, whoever asks.
    inFolder (fun folder ->
        let out = Path.Combine(folder, "a.cif", "out")
        let before = snapshot folder

        let code, _, error =
            pendel
                [
                    "refine"
                    Path.Combine(folder, "a.cif")
                    Path.Combine(folder, "a.cif_pets")
                    "--out"
                    out
                ]

        Assert.Equal(ExitCode.Data, code)
        Assert.Contains(out, error)
        Assert.Equal<(string * string) list>(before, snapshot folder))

[<Fact>]
let ``a refinement that is interrupted before there is a result says so and writes nothing`` () =
    inFolder (fun folder ->
        let file name = Path.Combine(folder, name)
        let before = snapshot folder

        let code, _, error =
            runUntil (CancellationToken true) [ "refine"; file "a.cif"; file "a.cif_pets"; "--out"; file "out" ]

        Assert.Equal(ExitCode.Interrupted, code)
        Assert.Contains("there is no result yet", error)
        Assert.Equal<(string * string) list>(before, snapshot folder))

[<Fact>]
let ``a quiet simulation writes its files and nothing else`` () =
    inFolder (fun folder ->
        let file name = Path.Combine(folder, name)

        let result =
            pendel [ "simulate"; file "a.cif"; file "a.cif_pets"; "--out"; file "out"; "--quiet" ]

        Assert.Equal((ExitCode.Done, "", ""), result)

        Assert.Equal<string list>(
            [ "frames.csv"; "reflections.csv"; "settings.json"; "summary.json" ],
            [
                for path in Directory.GetFiles(file "out") |> Array.sort -> Path.GetRelativePath(file "out", path)
            ]
        ))

/// Acts on every character that is written.
type private ActingWriter(act: unit -> unit) =
    inherit TextWriter()
    override _.Encoding = Text.Encoding.UTF8
    override _.Write(_: char) = act ()

/// Simulates the folder's files into `out`.
let private simulateOn out error folder =
    let file name = Path.Combine(folder, name)

    let terminal =
        {
            Out = out
            Error = error
            IsInteractive = false
            Stop = CancellationToken.None
        }

    Application.run terminal [| "simulate"; file "a.cif"; file "a.cif_pets"; "--out"; file "out" |]

let private full () =
    raise (IOException "No space left on device")

[<Fact>]
let ``a standard output that fails costs its lines, not the files, and exits with 2`` () =
    inFolder (fun folder ->
        use error = new StringWriter()
        Assert.Equal(ExitCode.Data, simulateOn (new ActingWriter(full)) error folder)
        Assert.Contains("error: standard output cannot be written: No space left on device", error.ToString())
        Assert.True(File.Exists(Path.Combine(folder, "out", "summary.json"))))

[<Fact>]
let ``a standard error that fails ends no run`` () =
    inFolder (fun folder ->
        use error = new TolerantWriter(new ActingWriter(full))
        Assert.Equal(ExitCode.Done, simulateOn (new StringWriter()) error folder)
        Assert.True error.Failure.IsSome)

[<Fact>]
let ``what nobody foresaw is one line and exits with 3`` () =
    inFolder (fun folder ->
        use error = new StringWriter()

        let lost () =
            raise (AggregateException(OutOfMemoryException "all\nis lost"))

        let code = simulateOn (new ActingWriter(lost)) error folder
        Assert.Equal(ExitCode.Numbers, code)
        let last = (error.ToString().TrimEnd().Split '\n') |> Array.last

        Assert.Equal(
            "error: internal error: OutOfMemoryException: all is lost; please report it with the command",
            last.TrimEnd()
        ))

[<Fact>]
let ``results that their folder no longer takes go beside it`` () =
    inFolder (fun folder ->
        let file name = Path.Combine(folder, name)
        let messages = new StringWriter()

        // The first line of progress finds the folder taken by somebody else, and its first neighbour, too.
        let occupy () =
            for name in [ "out"; "out-1" ] do
                Directory.CreateDirectory(file name) |> ignore
                File.WriteAllText(Path.Combine(file name, "other"), "")

        let progress =
            { new ActingWriter(occupy) with
                override _.WriteLine(line: string) =
                    occupy ()
                    messages.WriteLine line
            }

        Assert.Equal(ExitCode.Data, simulateOn (new StringWriter()) progress folder)
        let place = file "out-2"
        Assert.Contains($"the results are in {place}", messages.ToString())
        Assert.True(File.Exists(Path.Combine(place, "summary.json"))))

[<Fact>]
let ``a folder of data that is not there is refused before any timing`` () =
    let code, out, error = pendel [ "bench"; "--data"; "no/such" ]
    Assert.Equal((ExitCode.Data, ""), (code, out))
    Assert.Contains("no/such: there is no such folder", error)

[<Theory>]
[<InlineData("refnie", "did you mean refine?")>]
[<InlineData("refine a.cif a.cif_pets --out x --epoch 3", "did you mean --epochs?")>]
[<InlineData("refine a.cif a.cif_pets --out x --epoch=3", "did you mean --epochs?")>]
[<InlineData("refine a.cif a.cif_pets --out x -quite", "did you mean --quiet?")>]
[<InlineData("refine a.cif a.cif_pets --out x --xyzzy", "pendel refine --help")>]
[<InlineData("refine a.cif a.cif_pets", "--out")>]
[<InlineData("refine a.cif --out x", "data set")>]
[<InlineData("simulate a.cif a.cif_pets b.cif_pets", "only pendel refine takes several")>]
[<InlineData("refine a.cif a.cif_pets --out x --out y", "--out is given 2 times")>]
[<InlineData("refine a.cif a.cif_pets --out x --epochs -3", "--epochs: found \"-3\"")>]
[<InlineData("refine a.cif a.cif_pets --out x --threads 0", "--threads: found \"0\"")>]
[<InlineData("refine a.cif a.cif_pets --out x --exclude-frames 60-50", "--exclude-frames: found \"60-50\"")>]
[<InlineData("refine a.cif a.cif_pets --out x --free 1", "--free: found \"1\"")>]
[<InlineData("simulate a.cif a.cif_pets --epochs 3", "unknown option --epochs")>]
[<InlineData("simulate a.cif a.cif_pets --mosaicity refine", "refine is for pendel refine")>]
[<InlineData("synthesize a.cif --out x --mosaicity-along refine", "refine is for pendel refine")>]
let ``a wrong command line is refused with a hint`` (line: string, hint: string) =
    let code, out, error = pendel (List.ofArray (line.Split ' '))
    Assert.Equal(ExitCode.Usage, code)
    Assert.Equal("", out)
    Assert.Contains(hint, error)
    Assert.Equal(1, error.TrimEnd().Split('\n').Length)

[<Fact>]
let ``a simulation that is interrupted, even at its last step, has no result`` () =
    inFolder (fun folder ->
        let crystal = (StructureReader.Read(Path.Combine(folder, "a.cif"))).Value
        let experiment = (PetsReader.Read(Path.Combine(folder, "a.cif_pets"))).Value
        use stop = new CancellationTokenSource()

        let monitor =
            {
                Report =
                    function
                    | Advanced _ -> stop.Cancel()
                    | _ -> ()
                Stop = stop.Token
            }

        let error =
            Assert.Throws<OperationCanceledException>(fun () ->
                Simulate.run monitor Settings.standard 1 crystal experiment |> ignore)

        Assert.Contains("no result", error.Message))

[<Fact>]
let ``a setting without effect is warned of and recorded`` () =
    inFolder (fun folder ->
        let file name = Path.Combine(folder, name)

        let _, _, error =
            pendel
                [
                    "simulate"
                    file "a.cif"
                    file "a.cif_pets"
                    "--free-seed"
                    "3"
                    "--out"
                    file "out"
                ]

        Assert.Contains("warning: free-seed has no effect", error)
        Assert.Contains("free-seed has no effect", File.ReadAllText(file "out/summary.json")))

[<Theory>]
[<InlineData "refine">]
[<InlineData "absolute">]
let ``help names every setting`` (command: string) =
    let code, out, _ = pendel [ command; "--help" ]
    Assert.Equal(ExitCode.Done, code)

    for setting in Pendel.Report.SettingsTable.all do
        // restraints stand in a settings file
        if setting.Name <> "restraints" then
            Assert.Contains($"--{setting.Name} <", out)

[<Fact>]
let ``info describes structure and data`` () =
    inFolder (fun folder ->
        let code, out, _ =
            pendel [ "info"; Path.Combine(folder, "a.cif"); Path.Combine(folder, "a.cif_pets") ]

        Assert.Equal(ExitCode.Done, code)
        Assert.Contains("space group  P 1", out)
        Assert.Contains("rows         3, 3 of them above 3 sigma", out))
