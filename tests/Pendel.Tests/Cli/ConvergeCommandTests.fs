module Pendel.Tests.Cli.ConvergeCommandTests

open System.IO
open System.Text.Json
open System.Threading
open Pendel.Cli
open Pendel.Core
open Pendel.Tests.Cli.CommandRun
open Xunit

/// Synthetic quartz at `data.cif_pets`, and the arguments of a quick search on it.
let private prepare (path: string -> string) =
    let code, _, error =
        pendel
            [
                "synthesize"
                path "quartz.cif"
                "--out"
                path "data.cif_pets"
                "--beam-gmax"
                "0.9"
                "--tilts"
                "8"
                "--frames"
                "5"
                "--frame-step"
                "15"
                "--profile"
                "constant"
                "--quiet"
            ]

    Assert.True((code = ExitCode.Done), error)

    [
        "converge"
        path "quartz.cif"
        path "data.cif_pets"
        "--beam-gmax"
        "0.9"
        "--tilts"
        "24"
        "--thickness-range"
        "100..800"
        "--frames"
        "2"
        "--limit"
        "2"
    ]

[<Fact>]
let ``the written settings are those of the table and do not depend on the threads`` () =
    inFolder (fun path ->
        let converge = prepare path

        let run threads out =
            let code, text, error =
                pendel (converge @ [ "--threads"; threads; "--out"; path out; "--json"; "--quiet" ])

            Assert.True((code = ExitCode.Done), error)
            text, File.ReadAllText(path out)

        let text, written = run "1" "a.json"
        let again, writtenAgain = run "2" "b.json"
        Assert.Equal(written, writtenAgain)
        use result = JsonDocument.Parse text
        use repeated = JsonDocument.Parse again
        let root = result.RootElement
        Assert.Equal("pendel/converge/1", root.GetProperty("schema").GetString())
        Assert.True(root.GetProperty("converged").GetBoolean())

        let changes (document: JsonDocument) =
            [
                for step in document.RootElement.GetProperty("steps").EnumerateArray() ->
                    step.GetProperty("R").GetRawText()
            ]

        Assert.Equal<string list>(changes result, changes repeated)

        let settings =
            EffectiveSettings.ofOptions Settings.standard (Map [ "settings", path "a.json" ])

        Assert.Equal(0.9, settings.Selection.ScoredGMax)
        Assert.Equal(800.0, settings.ThicknessMax)

        let isFound (step: JsonElement) =
            step.GetProperty("beam-gmax").GetDouble() = settings.Selection.BeamGMax
            && step.GetProperty("sgmax").GetDouble() = settings.Selection.SgMax
            && Count(step.GetProperty("tilts").GetInt32()) = settings.Tilts

        Assert.Contains(root.GetProperty("steps").EnumerateArray(), isFound)
        Assert.True(root.GetProperty("truncation").GetProperty("start").GetDouble() > 0.0)

        for ending in root.GetProperty("endings").EnumerateObject() do
            Assert.InRange(ending.Value.GetProperty("RNext").GetDouble(), 0.0, 0.02)

        let code, _, error = pendel (converge @ [ "--out"; path "a.json" ])
        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("--force", error))

[<Fact>]
let ``a search that spends its steps prints its table and says that it is not converged`` () =
    inFolder (fun path ->
        let code, text, error = pendel (prepare path @ [ "--steps"; "2" ])
        Assert.True((code = ExitCode.Done), error)
        Assert.Contains("not converged", text)
        Assert.Contains("truncation error of the starting settings: R at least", text)
        Assert.Contains("all 2 steps are spent", error)
        Assert.Equal(1, text.Split('\n') |> Array.filter _.StartsWith("start ") |> Array.length)
        Assert.Equal(1, text.Split('\n') |> Array.filter _.StartsWith("beam-gmax ") |> Array.length))

[<Fact>]
let ``an interrupted search writes nothing`` () =
    inFolder (fun path ->
        let converge = prepare path
        use stop = new CancellationTokenSource()
        stop.Cancel()
        let code, _, error = runUntil stop.Token (converge @ [ "--out"; path "a.json" ])
        Assert.Equal(ExitCode.Interrupted, code)
        Assert.Contains("interrupted", error)
        Assert.False(File.Exists(path "a.json")))

[<Fact>]
let ``bad input is refused in one line`` () =
    inFolder (fun path ->
        let converge = prepare path

        let refusal code arguments =
            let found, _, error = pendel (arguments @ [ "--quiet" ])
            Assert.Equal(code, found)
            Assert.Equal(1, error.TrimEnd().Split('\n').Length)

        File.WriteAllText(path "bad.cif", "no structure")
        refusal ExitCode.Data [ "converge"; path "bad.cif"; path "data.cif_pets" ]
        refusal ExitCode.Data [ "converge"; path "quartz.cif"; path "absent.cif_pets" ]
        refusal ExitCode.Data (converge @ [ "--exclude-frames"; "1-5" ])
        refusal ExitCode.Data (converge @ [ "--memory"; "0.001" ])
        refusal ExitCode.Usage (converge @ [ "--thickness"; "0" ])
        refusal ExitCode.Usage (converge @ [ "--limit"; "101" ]))
