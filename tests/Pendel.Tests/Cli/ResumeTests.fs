module Pendel.Tests.Cli.ResumeTests

open System.IO
open System.Text.Json
open Pendel.Cli
open Pendel.Report
open Pendel.Tests.Cli.CommandRun
open Xunit

let private settings =
    [
        "--beam-gmax"
        "1.2"
        "--tilts"
        "8"
        "--thickness-distribution"
        "single"
        "--epochs"
        "7"
        "--orientation"
        "none"
        "--occupancies"
        "O1"
    ]

let private refining (path: string -> string) out options =
    [ "refine"; path "quartz.cif"; path "a.cif_pets"; "--out"; path out ] @ options

/// A folder with data and a refinement, in `out`, that was stopped within its last joint refinement.
let private inInterrupted test =
    inFolder (fun path ->
        synthesize path "quartz.cif"
        let code, error = stoppedAt "step 3 of 7" (refining path "out" settings)
        Assert.Equal(ExitCode.Interrupted, code)
        Assert.Contains("--resume goes on from", error)
        test path)

/// A command line that has to fail with 2, with all this in one line, and to leave the folder of the results as it was.
let private refuses (path: string -> string) arguments (fragments: string list) =
    let snapshot () =
        [
            for file in Directory.GetFiles(path "out") |> Array.sort -> file, File.ReadAllText file
        ]

    let before = snapshot ()
    let code, out, error = pendel arguments
    Assert.Equal((ExitCode.Data, ""), (code, out))

    let line =
        error.TrimEnd().Split '\n'
        |> Array.filter _.StartsWith("error")
        |> Array.exactlyOne

    for fragment in fragments do
        Assert.Contains(fragment, line)

    Assert.Equal<(string * string) list>(before, snapshot ())

[<Fact>]
let ``a refinement that was stopped goes on to the files of one that was not`` () =
    inInterrupted (fun path ->
        let code, _, error = pendel (refining path "whole" (settings @ [ "--quiet" ]))
        Assert.Equal((ExitCode.Done, ""), (code, error))
        Assert.False(File.Exists(path "whole/checkpoint.json"))
        Assert.True(File.Exists(path "out/refined.cif"))

        let text folder name =
            File.ReadAllText(path $"{folder}/{name}")

        let tables = [ "refined.cif"; "reflections.csv"; "frames.csv"; "history.csv" ]
        Assert.NotEqual<string>(text "whole" "history.csv", text "out" "history.csv")

        let code, _, error =
            pendel (refining path "out" [ "--resume"; "--epochs"; "7"; "--threads"; "1"; "--memory-ceiling"; "100" ])

        Assert.True((code = ExitCode.Done), error)
        Assert.Contains("goes on after epoch 3 of 7 of the joint refinement, cycle 1", error)

        for name in tables do
            Assert.Equal(text "whole" name, text "out" name)

        Assert.False(File.Exists(path "out/checkpoint.json"))
        let summary = JsonDocument.Parse(text "out" "summary.json").RootElement
        Assert.False(summary.GetProperty("interrupted").GetBoolean())
        let timing = summary.GetProperty "timing"

        let stages =
            [
                for s in timing.GetProperty("stages").EnumerateObject() -> s.Value.GetDouble()
            ]

        Assert.Equal(3, stages.Length)
        Assert.True(timing.GetProperty("total_s").GetDouble() > List.sum stages))

[<Fact>]
let ``a refinement that is stopped at its standard uncertainties keeps its result, and has them when it goes on`` () =
    inFolder (fun path ->
        synthesize path "quartz.cif"
        let code, _ = stoppedAt "standard uncertainties" (refining path "out" settings)
        Assert.Equal(ExitCode.Interrupted, code)

        let cif () =
            File.ReadAllText(path "out/refined.cif")

        Assert.DoesNotMatch(@"(?m)^O1 .*\(\d+\)", cif ())
        let code, out, error = pendel (refining path "out" [ "--resume" ])
        Assert.True((code = ExitCode.Done), error)
        Assert.Contains("standard uncertainties are in refined.cif; the largest along an axis 0.", out)
        Assert.Matches(@"(?m)^O1 .*\(\d+\)", cif ()))

[<Fact>]
let ``a checkpoint of other settings, inputs, schema or version, or a damaged one, is refused`` () =
    inInterrupted (fun path ->
        let resume options =
            refining path "out" ("--resume" :: options)

        let checkpoint = path "out/checkpoint.json"
        refuses path (refining path "out" settings) [ path "out"; "--resume goes on from it"; "--force" ]
        refuses path (resume [ "--epochs"; "9" ]) [ checkpoint; " epochs: found 7, but 9 is asked for" ]
        let whole = File.ReadAllText checkpoint

        for text, fragments in
            [
                whole.Replace(CheckpointJson.Schema, "pendel/checkpoint/9"),
                [ "pendel/checkpoint/9"; CheckpointJson.Schema ]
                whole.Replace($"\"version\":\"{Results.version}", "\"version\":\"0.0.9"),
                [ "version 0.0.9"; Results.version ]
                whole.Replace("\"epochs\":7", "\"epochs\":8"), [ "damaged" ]
                whole[.. whole.Length / 2], [ "damaged or was cut short" ]
                "", [ "damaged or was cut short" ]
                "[]", [ "damaged or was cut short" ]
                "{}", [ "the schema nothing" ]
            ] do
            Assert.NotEqual<string>(whole, text)
            File.WriteAllText(checkpoint, text)
            refuses path (resume []) (checkpoint :: fragments)

        File.WriteAllText(checkpoint, whole)
        File.AppendAllText(path "a.cif_pets", "# changed\n")
        refuses path (resume []) [ path "a.cif_pets"; "the file is not that of"; "SHA-256" ]
        File.Delete checkpoint
        refuses path (resume []) [ checkpoint; "there is no checkpoint" ])

[<Fact>]
let ``a checkpoint that cannot be written is one warning, and the refinement ends with its results`` () =
    inFolder (fun path ->
        synthesize path "quartz.cif"
        Directory.CreateDirectory(path "out/checkpoint.json.partial") |> ignore
        let code, _, error = pendel (refining path "out" settings)
        Assert.Equal(ExitCode.Done, code)
        Assert.True(File.Exists(path "out/refined.cif"))

        let warnings =
            error.Split '\n' |> Array.filter _.Contains("no checkpoint could be written")

        Assert.Equal(1, warnings.Length))
