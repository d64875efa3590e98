module Pendel.Tests.Cli.EffectiveSettingsTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Pendel.Tests
open Xunit
open Pendel.Core
open Pendel.IO
open Pendel.Report
open Pendel.Cli

let private withFile (text: string) (act: string -> 'T) =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text)
        act path
    finally
        File.Delete path

let private effective options =
    EffectiveSettings.ofOptions Settings.standard (Map options)

[<Fact>]
let ``an option wins over the file, which wins over the default`` () =
    withFile """{ "epochs": 7, "sgmax": 0.02 }""" (fun path ->
        let settings = effective [ "settings", path; "epochs", "9" ]
        Assert.Equal(9, settings.Epochs)
        Assert.Equal(0.02, settings.Selection.SgMax)
        Assert.Equal(Settings.standard.LearningRate, settings.LearningRate))

[<Fact>]
let ``the scored g_max is that of the beams unless it is stated`` () =
    Assert.Equal(1.5, (effective [ "beam-gmax", "1.5" ]).Selection.ScoredGMax)
    Assert.Equal(1.2, (effective [ "beam-gmax", "1.5"; "scored-gmax", "1.2" ]).Selection.ScoredGMax)

    withFile """{ "scored-gmax": 1.6 }""" (fun path ->
        Assert.Equal(1.6, (effective [ "settings", path; "beam-gmax", "1.8" ]).Selection.ScoredGMax))

[<Fact>]
let ``written settings read back as they were`` () =
    // For each setting some text that is not its default.
    let changes =
        [
            "beam-gmax", "1.9"
            "scored-gmax", "1.7"
            "sgmax", "0.013"
            "rsg", "0.7"
            "dsg", "-0.001"
            "geometry", "precession"
            "arcs", "per-tilt"
            "tilts", "42"
            "mosaicity", "0.04"
            "mosaicity-along", "refine"
            "thickness-range", "150..900.5"
            "thickness-model", "per-frame"
            "thickness-prior", "quadratic"
            "thickness-samples", "8"
            "thickness-distribution", "0.5:1,1.25:3"
            "scattering-factors", "peng1996-extended"
            "absorption", "tds"
            "absorption-ratio", "0.05"
            "precision", "double"
            "orientation", "nelder-mead"
            "orientation-prior", "0.25"
            "orientation-bound", "2.5"
            "cycles", "3"
            "loss", "wr2"
            "optimiser", "lbfgs"
            "epochs", "11"
            "learning-rate", "0.1"
            "network-learning-rate", "0.002"
            "seed", "5"
            "hydrogens", "riding"
            "occupancies", "Na1,Si1:Al1"
            "restraint-weight", "2.5"
            "free", "0.1"
            "free-seed", "3"
            "exclude-frames", "19,20,50-60"
            "memory-ceiling", "250"
        ]

    Assert.Equal<string list>(
        SettingsTable.all |> List.map _.Name |> List.except [ "restraints" ],
        changes |> List.map fst
    )

    let changed =
        withFile
            """{ "restraints": [
                { "kind": "distance", "atoms": ["C1", "O1"], "target": 1.25, "su": 0.02 },
                { "kind": "similar-U", "atoms": ["C1", "C2"], "su": 0.01 } ] }"""
            (fun path -> effective (("settings", path) :: changes))

    for setting in SettingsTable.all do
        Assert.NotEqual(setting.Get Settings.standard, setting.Get changed)

    let written = SettingsJson.write changed
    withFile written (fun path -> Assert.Equal(changed, effective [ "settings", path ]))
    Assert.Equal(changed, SettingsJson.read (System.Text.Json.JsonDocument.Parse(written).RootElement))

[<Theory>]
[<InlineData("{ \"epochs\": 7,\n  \"epoch\": 8 }", ":2:3 epoch:", "did you mean epochs")>]
[<InlineData("{ \"epochs\": \"seven\" }", ":1:3 epochs:", "found \"seven\", expected a whole number")>]
[<InlineData("{ \"epochs\": 7.5 }", ":1:3 epochs:", "found 7.5, expected a whole number")>]
[<InlineData("{ \"sgmax\": true }", ":1:3 sgmax:", "found true, expected a positive number")>]
[<InlineData("{ \"sgmax\": -0.01 }", ":1:3 sgmax:", "found -0.01, expected a positive number")>]
[<InlineData("{ \"thickness-range\": [900, 100] }", ":1:3 thickness-range:", "found [900, 100], expected a range")>]
[<InlineData("{ \"seed\": 1,\n\"seed\": 2 }", ":2:1 seed:", "twice")>]
[<InlineData("{ \"seed\": 1,\n oops }", ":2:2: ", "found \"o\", expected JSON")>]
[<InlineData("[ 1 ]", ":1:1", "expected an object")>]
[<InlineData("", ":1:1: ", "found the end of the file, expected JSON")>]
[<InlineData("{ \"seed\": 1,", ":1:12: ", "found \",\", expected JSON")>]
[<InlineData("{ \"seed\": 1,\r\n }", ":2:2: ", "found \"}\", expected JSON")>]
[<InlineData("{ \"\\ud800\": 1 }", ": ", "stands for no character")>]
[<InlineData("{ \"restraints\": 3 }", ":1:3 restraints:", "expected a list")>]
[<InlineData("{ \"seed\": 1,\n\"restraints\": [{\"kind\": \"similar-U\", \"atoms\": [\"C1\", \"C2\"], \"su\": 0.01}, {\"kind\": \"angle\"}] }",
             ":2:1 restraints:",
             "restraint 2: kind is not known, expected \"distance\" or \"similar-U\"")>]
[<InlineData("{ \"restraints\": [{\"kind\": \"similar-U\", \"atoms\": [\"C1\", \"C2\"], \"su\": 0}] }",
             ":1:3 restraints:",
             "restraint 1: su: found 0, expected a positive number")>]
[<InlineData("{ \"restraints\": [{\"kind\": \"distance\", \"atoms\": [\"C1\"], \"target\": 1.2, \"su\": 0.1}] }",
             ":1:3 restraints:",
             "restraint 1: atoms: found [\"C1\"], expected two labels")>]
[<InlineData("{ \"restraints\": [{\"kind\": \"distance\", \"atoms\": [\"C1\", \"C2\"], \"su\": 0.1}] }",
             ":1:3 restraints:",
             "restraint 1: target is missing, expected a positive number")>]
[<InlineData("{ \"restraints\": [{\"kind\": \"similar-U\", \"atoms\": [\"C1\", \"C2\"], \"target\": 0, \"su\": 0.1}] }",
             ":1:3 restraints:",
             "restraint 1: found the member target, expected kind, atoms, su")>]
[<InlineData("{ \"tilts\": 10001 }", ":1:3 tilts:", "expected auto or a whole number from 1 to 10000")>]
let ``a wrong settings file is refused with place and key`` (text: string, place: string, reason: string) =
    withFile text (fun path ->
        let error =
            Assert.Throws<DataException>(fun () -> effective [ "settings", path ] |> ignore)

        Assert.Contains(path + place, error.Message)
        Assert.Contains(reason, error.Message))

[<Fact>]
let ``a missing settings file is refused by its name`` () =
    let error =
        Assert.Throws<DataException>(fun () -> effective [ "settings", "no/such.json" ] |> ignore)

    Assert.Contains("no/such.json", error.Message)

[<Fact>]
let ``a settings file may begin with a byte-order mark`` () =
    withFile "\uFEFF{ \"epochs\": 7 }" (fun path -> Assert.Equal(7, (effective [ "settings", path ]).Epochs))

[<Fact>]
let ``a directory in place of a settings file is refused as such`` () =
    let error =
        Assert.Throws<DataException>(fun () -> effective [ "settings", Path.GetTempPath() ] |> ignore)

    Assert.Contains("found a directory", error.Message)

[<Theory>]
[<InlineData("tilts", "10000", "10001")>]
[<InlineData("beam-gmax", "10", "10.1")>]
[<InlineData("sgmax", "0.5", "0.51")>]
[<InlineData("rsg", "10", "11")>]
[<InlineData("dsg", "-1", "1.1")>]
[<InlineData("mosaicity", "5", "5.1")>]
[<InlineData("thickness-range", "1..20000", "1..20001")>]
[<InlineData("absorption-ratio", "1", "1.1")>]
[<InlineData("orientation-prior", "10", "11")>]
[<InlineData("cycles", "1000", "1001")>]
[<InlineData("epochs", "1000000", "1000001")>]
[<InlineData("learning-rate", "1000", "1001")>]
[<InlineData("seed", "2147483647", "2147483648")>]
[<InlineData("memory-ceiling", "1000000000", "1e10")>]
let ``a setting has an upper limit, which the refusal states`` (name: string, most: string, beyond: string) =
    effective [ name, most ] |> ignore

    let error =
        Assert.Throws<UsageException>(fun () -> effective [ name, beyond ] |> ignore)

    Assert.Contains((most.Split '.' |> Array.last).TrimStart '-', error.Message)

[<Theory>]
[<InlineData("tilts", "0")>]
[<InlineData("tilts", "many")>]
[<InlineData("epochs", "1e99")>]
[<InlineData("beam-gmax", "NaN")>]
[<InlineData("beam-gmax", "0")>]
[<InlineData("scored-gmax", "2.5")>]
[<InlineData("thickness-range", "0..100")>]
[<InlineData("thickness-distribution", "1:1,2")>]
[<InlineData("thickness-distribution", "1:0")>]
[<InlineData("thickness-distribution", "1:1,2:1e300")>]
[<InlineData("mosaicity-along", "-0.1")>]
[<InlineData("orientation", "newton")>]
[<InlineData("occupancies", "Na1,Na1")>]
[<InlineData("occupancies", "Si1:Al1:Fe1")>]
[<InlineData("occupancies", "0.5")>]
let ``a value that is not allowed is refused by its name`` (name: string, text: string) =
    let error =
        Assert.Throws<UsageException>(fun () -> effective [ name, text ] |> ignore)

    Assert.Contains(name, error.Message)

[<Fact>]
let ``the distance of two texts is a metric`` () =
    let words =
        Gen.elements [ 'a'; 'b'; '-' ]
        |> Gen.listOf
        |> Gen.map (fun c -> String(List.toArray c))

    let isMetric (a, b, c) =
        let d = Suggestion.distance
        d a b = d b a && (d a b = 0) = (a = b) && d a c <= d a b + d b c

    Law.holds (Prop.forAll (Arb.fromGen (Gen.zip3 words words words)) isMetric)

[<Fact>]
let ``the distance of kitten and sitting is three`` () =
    Assert.Equal(3, Suggestion.distance "kitten" "sitting")
