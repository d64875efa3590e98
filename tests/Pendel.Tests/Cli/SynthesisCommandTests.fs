module Pendel.Tests.Cli.SynthesisCommandTests

open System
open System.IO
open System.Text.Json
open Pendel.Cli
open Pendel.IO
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Cli.CommandRun
open Xunit

let private quick =
    [
        "--beam-gmax"
        "0.9"
        "--tilts"
        "8"
        "--frames"
        "7"
        "--frame-step"
        "15"
        "--quiet"
    ]

[<Fact>]
let ``synthetic data are written with their truth, read back, and repeat with the seed`` () =
    inFolder (fun path ->
        let synthesize out extra =
            let code, _, error =
                pendel (
                    [ "synthesize"; path "quartz.cif"; "--out"; path out; "--seed"; "4" ]
                    @ quick
                    @ extra
                )

            Assert.True((code = ExitCode.Done), error)
            File.ReadAllText(path out)

        let first =
            synthesize "a.cif_pets" [ "--profile"; "bowl"; "--thickness-range"; "300..500" ]

        let data = (PetsReader.Read(path "a.cif_pets")).Value
        Assert.Equal(7, data.Frames.Length)
        Assert.Equal(first, synthesize "b.cif_pets" [ "--profile"; "bowl"; "--thickness-range"; "300..500" ])
        Assert.NotEqual<string>(first, synthesize "c.cif_pets" [ "--dynamic-range"; "1e4" ])

        use truth = JsonDocument.Parse(File.ReadAllText(path "a.truth.json"))
        let frames = truth.RootElement.GetProperty "frames"
        Assert.Equal(300.0, frames[3].GetProperty("thickness_A").GetDouble(), 1e-9)
        Assert.Equal(500.0, frames[6].GetProperty("thickness_A").GetDouble(), 1e-9)

        let rows = data.Frames |> Seq.sumBy _.Observations.Length
        Assert.Equal(rows + 1, File.ReadAllLines(path "a.truth.csv").Length)

        let _, json, _ =
            pendel [ "compare"; path "quartz.cif"; path "a.truth.cif"; "--json" ]

        use comparison = JsonDocument.Parse json
        Assert.True(comparison.RootElement.GetProperty("rmsd").GetDouble() < 1e-6)

        // a file that exists is not replaced unasked, and the geometry of a data set serves
        let again = [ "synthesize"; path "quartz.cif"; "--out"; path "a.cif_pets" ]
        let code, _, error = pendel (again @ quick)
        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("--force", error)

        let like =
            [
                "synthesize"
                path "quartz.cif"
                "--like"
                path "a.cif_pets"
                "--out"
                path "d.cif_pets"
            ]

        let code, _, error =
            pendel (like @ List.truncate 4 quick @ [ "--profile"; "constant"; "--quiet" ])

        Assert.True((code = ExitCode.Done), error)
        let copy = (PetsReader.Read(path "d.cif_pets")).Value
        Assert.Equal<float>([ for f in data.Frames -> f.Alpha ], [ for f in copy.Frames -> f.Alpha ])
        Assert.True((data.OrientationMatrix - copy.OrientationMatrix).FrobeniusNorm < 1e-12))

[<Fact>]
let ``a table of thickness is read, and what is wrong with it is named by its line`` () =
    inFolder (fun path ->
        let synthesize out =
            pendel (
                [
                    "synthesize"
                    path "quartz.cif"
                    "--out"
                    path out
                    "--profile"
                    path "t.csv"
                ]
                @ quick
            )

        File.WriteAllText(path "t.csv", "# alpha, t\n-90, 400\n90; 760\n")
        let code, _, error = synthesize "a.cif_pets"
        Assert.True((code = ExitCode.Done), error)
        use truth = JsonDocument.Parse(File.ReadAllText(path "a.truth.json"))
        let frame = (truth.RootElement.GetProperty "frames")[6]

        Assert.Equal(
            580.0 + 2.0 * frame.GetProperty("alpha_deg").GetDouble(),
            frame.GetProperty("thickness_A").GetDouble(),
            1e-9
        )

        File.WriteAllText(path "t.csv", "-90 400\n90 minus\n")
        let code, _, error = synthesize "b.cif_pets"
        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("t.csv:2", error))

[<Fact>]
let ``a perturbed structure repeats with its seed and is as far off as it is said to be`` () =
    inFolder (fun path ->
        for out in [ "a.cif"; "b.cif" ] do
            let code, text, error =
                pendel
                    [
                        "perturb"
                        path "quartz.cif"
                        "--displacement"
                        "0.1"
                        "--seed"
                        "2"
                        "--out"
                        path out
                    ]

            Assert.True((code = ExitCode.Done), error)
            Assert.Contains("RMSD", text)

        Assert.Equal(File.ReadAllText(path "a.cif"), File.ReadAllText(path "b.cif"))
        Assert.Contains("perturb --displacement 0.1 --adp scaled --seed 2", File.ReadAllText(path "a.cif"))

        let code, _, error =
            pendel [ "perturb"; path "quartz.cif"; "--out"; path "quartz.cif"; "--force" ]

        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("would replace this file", error)
        let _, json, _ = pendel [ "compare"; path "quartz.cif"; path "a.cif"; "--json" ]
        use comparison = JsonDocument.Parse json
        Assert.InRange(comparison.RootElement.GetProperty("rmsd").GetDouble(), 0.01, 0.1 * sqrt 3.0)
        Assert.InRange(comparison.RootElement.GetProperty("deltaU").GetDouble(), 1e-3, 0.1))

[<Fact>]
let ``mistyped values of the new commands are usage errors`` () =
    inFolder (fun path ->
        for arguments in
            [
                [ "synthesize"; path "quartz.cif"; "--out"; path "x"; "--profile"; "wavy" ]
                [ "synthesize"; path "quartz.cif"; "--out"; path "x"; "--dynamic-range"; "-1" ]
                [ "synthesize"; path "quartz.cif"; "--out"; path "x"; "--semi-angle"; "90" ]
                [ "synthesize"; path "quartz.cif"; "--out"; path "x"; "--voltage"; "0.9" ]
                [ "synthesize"; path "quartz.cif"; "--out"; path "x"; "--frames"; "100001" ]
                [ "perturb"; path "quartz.cif"; "--out"; path "x"; "--displacement"; "2.1" ]
                [
                    "synthesize"
                    path "quartz.cif"
                    "--out"
                    path "x"
                    "--like"
                    "y"
                    "--frames"
                    "3"
                ]
                [ "perturb"; path "quartz.cif"; "--out"; path "x"; "--adp"; "none" ]
                [ "compare"; path "quartz.cif" ]
            ] do
            let code, _, _ = pendel arguments
            Assert.Equal(ExitCode.Usage, code))
