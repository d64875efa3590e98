module Pendel.Tests.IO.CheckpointFileTests

open System.IO
open Pendel.IO
open Xunit

let private inScratch (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "pendel-test-"

    try
        test (Path.Combine(folder.FullName, "results"))
    finally
        folder.Delete true

let private names folder =
    [
        for path in Directory.GetFileSystemEntries folder |> Array.sort -> Path.GetRelativePath(folder, path)
    ]

[<Fact>]
let ``a checkpoint takes the place of the former one, and leaves nothing when it is removed`` () =
    inScratch (fun folder ->
        Assert.False(CheckpointFile.IsIn folder)
        CheckpointFile.Remove folder

        for text in [ "first, longer"; "second" ] do
            CheckpointFile.Write(folder, text)
            Assert.Equal(text, CheckpointFile.Read folder)

        Assert.Equal<string list>([ CheckpointFile.Name ], names folder)
        Assert.True(CheckpointFile.IsAloneIn folder)
        File.WriteAllText(Path.Combine(folder, "refined.cif"), "")
        Assert.False(CheckpointFile.IsAloneIn folder)
        CheckpointFile.Remove folder
        Assert.Equal<string list>([ "refined.cif" ], names folder))

[<Fact>]
let ``a checkpoint that cannot be written leaves the former one`` () =
    inScratch (fun folder ->
        CheckpointFile.Write(folder, "first")
        // a folder where the new one should be written, whoever asks
        Directory.CreateDirectory(CheckpointFile.PathIn folder + ".partial") |> ignore

        let refusal =
            Assert.Throws<DataException>(fun () -> CheckpointFile.Write(folder, "second"))

        Assert.Contains(CheckpointFile.PathIn folder, refusal.Message)
        Assert.Equal("first", CheckpointFile.Read folder))

[<Fact>]
let ``what a killed process left of its first checkpoint is no result of anybody`` () =
    inScratch (fun folder ->
        Directory.CreateDirectory folder |> ignore
        File.WriteAllText(CheckpointFile.PathIn folder + ".partial", "{")
        Assert.False(CheckpointFile.IsIn folder)
        Assert.True(CheckpointFile.IsAloneIn folder)
        CheckpointFile.Write(folder, "whole")
        Assert.Equal<string list>([ CheckpointFile.Name ], names folder))
