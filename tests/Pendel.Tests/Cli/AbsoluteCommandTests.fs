module Pendel.Tests.Cli.AbsoluteCommandTests

open System
open System.IO
open System.Text.Json
open Pendel.Cli
open Pendel.IO
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Cli.CommandRun
open Xunit

[<Fact>]
let ``both hands are refined, compared and written`` () =
    inFolder (fun path ->
        synthesize path "quartz.cif"

        let code, out, error =
            pendel (
                [
                    "absolute"
                    path "quartz.cif"
                    path "a.cif_pets"
                    "--out"
                    path "out"
                    "--json"
                    "--epochs"
                    "2"
                    "--orientation"
                    "none"
                ]
                @ quick
            )

        Assert.Equal((ExitCode.Done, ""), (code, error))
        Assert.Equal(File.ReadAllText(path "out/absolute.json"), out)
        let root = JsonDocument.Parse(out).RootElement
        let get (name: string) = root.GetProperty name
        Assert.Equal("given", (get "hand").GetString())
        Assert.True((get "z").GetDouble() > 3.0)
        Assert.True((get "p").GetDouble() > 0.99)
        Assert.Equal("given", (get "instant").GetProperty("hand").GetString())
        Assert.Equal("P 31 2 1", (get "spaceGroup").GetProperty("inverted").GetString())

        for hand in [ "given"; "inverted" ] do
            let file name = path $"out/{hand}/{name}"
            let summary = JsonDocument.Parse(File.ReadAllText(file "summary.json")).RootElement
            let wR (e: JsonElement) = e.GetProperty("wR_mean").GetDouble()
            Assert.Equal(wR ((get "residuals").GetProperty hand), wR (summary.GetProperty "residuals"))

        let refined = (StructureReader.Read(path "out/inverted/refined.cif")).Value
        Assert.Equal(Nullable 152, refined.SpaceGroup.Number))

[<Fact>]
let ``a centrosymmetric crystal has no hand to determine`` () =
    inFolder (fun path ->
        synthesize path "flat.cif"

        let code, _, error =
            pendel ([ "absolute"; path "flat.cif"; path "a.cif_pets"; "--out"; path "out" ] @ quick)

        Assert.Equal(ExitCode.Data, code)
        Assert.Contains("flat.cif", error)
        Assert.Contains("centrosymmetric", error)
        Assert.False(Directory.Exists(path "out")))
