module Pendel.Tests.Cli.SeveralCrystalsTests

open System.IO
open System.Text.Json
open Pendel.Cli
open Pendel.IO
open Pendel.Crystallography
open Pendel.Tests.Cli.CommandRun
open Pendel.Tests.Core.DataSets
open Xunit

/// Runs a command line that has to end well.
let private runs arguments =
    let code, out, error = pendel arguments
    Assert.True((code = ExitCode.Done), error)
    out, error

/// Writes data of six frames at 120 kV, b.cif_pets, of a structure in the folder.
let private synthesizeSecond (path: string -> string) structure =
    [
        "synthesize"
        path structure
        "--out"
        path "b.cif_pets"
        "--frames"
        "6"
        "--frame-step"
        "15"
        "--voltage"
        "120"
        "--seed"
        "5"
        "--force"
    ]
    @ quick
    |> runs
    |> ignore

/// A folder with data of eight frames at 200 kV, a.cif_pets, and of six at 120 kV, b.cif_pets.
let private inBoth test =
    inFolder (fun path ->
        synthesize path "quartz.cif"
        synthesizeSecond path "quartz.cif"
        test path)

let private refining (path: string -> string) data out options =
    [ "refine"; path "quartz.cif"; yield! List.map path data; "--out"; path out ]
    @ List.filter ((<>) "--quiet") quick
    @ [ "--orientation"; "none"; "--epochs"; "7"; "--cycles"; "1" ]
    @ options

let private both = [ "a.cif_pets"; "b.cif_pets" ]

[<Fact>]
let ``two data sets give one structure, tables of each crystal and a summary of both`` () =
    inBoth (fun path ->
        let out, error = runs (refining path both "out" [])
        Assert.Contains($"crystal 2, {path both[1]}:", out)
        Assert.Contains("residuals over 2 crystals:", out)
        Assert.Contains("thickness scan, crystal 2: ", error)
        Assert.Contains("joint refinement: step 7 of 7", error)

        let names = Directory.GetFiles(path "out") |> Seq.map Path.GetFileName |> set

        Assert.Equal<Set<string | null>>(
            set
                [
                    "refined.cif"
                    "history.csv"
                    "summary.json"
                    "settings.json"
                    "frames-1.csv"
                    "reflections-1.csv"
                    "frames-2.csv"
                    "reflections-2.csv"
                ],
            names
        )

        let lines name =
            File.ReadAllLines(path $"out/{name}").Length

        Assert.Equal((9, 7), (lines "frames-1.csv", lines "frames-2.csv"))

        let summary =
            JsonDocument.Parse(File.ReadAllText(path "out/summary.json")).RootElement

        let crystals = [ for c in summary.GetProperty("crystals").EnumerateArray() -> c ]

        Assert.Equal<string list>(
            List.map path both,
            crystals |> List.map (fun c -> string (c.GetProperty("file").GetString()))
        )

        let count (element: JsonElement) =
            let residuals = element.GetProperty "residuals"
            residuals.GetProperty("nAll").GetInt32(), residuals.GetProperty("nFrames").GetInt32()

        let rows, frames = crystals |> List.map count |> List.unzip
        Assert.Equal((List.sum rows, List.sum frames), count summary)
        Assert.Equal(14, frames |> List.sum)
        Assert.Equal(List.sum rows, lines "reflections-1.csv" + lines "reflections-2.csv" - 2)
        Assert.Equal(3, summary.GetProperty("inputs").GetArrayLength())

        let refined = File.ReadAllText(path "out/refined.cif")
        Assert.Contains("of 2 crystals", refined)
        Assert.Matches(@"_diffrn_radiation_wavelength +\?", refined)
        Assert.Empty((StructureReader.Read(path "out/refined.cif")).Warnings))

[<Fact>]
let ``a refinement of two data sets goes on with the same files only`` () =
    inBoth (fun path ->
        runs (refining path both "whole" [ "--quiet" ]) |> ignore

        let stopped () =
            let code, error = stoppedAt "step 4 of 7" (refining path both "out" [])
            Assert.True((code = ExitCode.Interrupted), error)

        stopped ()

        for other, said in
            [
                [ both[0] ], "another number of data sets, 2 in place of 1"
                List.rev both, "the file is not that of"
            ] do
            let code, _, error = pendel (refining path other "out" [ "--resume" ])
            Assert.Equal(ExitCode.Data, code)
            Assert.Contains(said, error)

        let _, error = runs (refining path both "out" [ "--resume" ])
        Assert.Contains("goes on after epoch 4 of 7 of the joint refinement", error)

        for name in
            [
                "refined.cif"
                "history.csv"
                "frames-1.csv"
                "reflections-1.csv"
                "reflections-2.csv"
            ] do
            Assert.Equal(File.ReadAllText(path $"whole/{name}"), File.ReadAllText(path $"out/{name}")))

/// Writes b.cif_pets of quartz with a cell that is larger by a factor.
let private withCell (path: string -> string) factor =
    let cell = quartz.Cell

    let larger =
        UnitCell(factor * cell.A, factor * cell.B, factor * cell.C, cell.Alpha, cell.Beta, cell.Gamma)

    let structure = Crystal(larger, quartz.SpaceGroup, quartz.Sites)
    File.WriteAllText(path "larger.cif", StructureWriter.Write(structure, "larger", []))
    synthesizeSecond path "larger.cif"

[<Fact>]
let ``a data set of another crystal, one given twice and excluded frames are refused, a slightly different cell is warned of``
    ()
    =
    inBoth (fun path ->
        let refused said data options =
            let code, _, error = pendel (refining path data "out" options)
            Assert.Equal(ExitCode.Data, code)
            Assert.Contains(said, error)

        refused "exclude-frames" both [ "--exclude-frames"; "2" ]
        File.Copy(path "a.cif_pets", path "copy.cif_pets")
        refused $"measurements are those of {path both[0]}" [ both[0]; "copy.cif_pets" ] []

        withCell path 1.02
        let _, error = runs (refining path both "out" [])
        Assert.Contains($"warning: {path both[1]} _cell_length_a: found ", error)
        Assert.Contains($"Å as in {path both[0]}, whose cell is used: a difference of +2.00 %%", error)

        withCell path 1.06
        refused "the limit is 5 %" both [ "--force" ])
