module Pendel.Tests.IO.ResultFolderTests

open System
open System.IO
open Pendel.IO
open Xunit

let private inScratch (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "pendel-test-"

    try
        test folder.FullName
    finally
        folder.Delete true

let private refusal (action: unit -> unit) =
    Assert.Throws<DataException>(action).Message

/// Every file and folder below, with the text of the files.
let private snapshot folder =
    [
        for path in
            Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            |> Seq.sort -> path, (if File.Exists path then File.ReadAllText path else "folder")
    ]

let private files =
    [| ResultFile("refined.cif", "data_x\n"); ResultFile("summary.json", "{}\n") |]

[<Fact>]
let ``results go to a new folder, and to an empty one, complete and without leftovers`` () =
    inScratch (fun scratch ->
        Directory.CreateDirectory(Path.Combine(scratch, "empty")) |> ignore

        for name in [ "new"; "a/b/new"; "empty" ] do
            let folder = Path.Combine(scratch, name)
            ResultFolder.Claim(folder, false)
            ResultFolder.Write(folder, files, false)

            Assert.Equal<string list>(
                [ "refined.cif"; "summary.json" ],
                List.map (fun (p: string, _) -> Path.GetRelativePath(folder, p)) (snapshot folder)
            )

            Assert.Equal("{}\n", File.ReadAllText(Path.Combine(folder, "summary.json"))))

[<Fact>]
let ``a claim leaves no trace`` () =
    inScratch (fun scratch ->
        ResultFolder.Claim(Path.Combine(scratch, "a/b"), false)
        Assert.Empty(snapshot scratch))

[<Fact>]
let ``a folder that is not empty is refused unless forced, and then keeps its other files`` () =
    inScratch (fun scratch ->
        File.WriteAllText(Path.Combine(scratch, "summary.json"), "old")
        File.WriteAllText(Path.Combine(scratch, "notes.txt"), "mine")
        let before = snapshot scratch
        Assert.Contains($"{scratch}: the folder is not empty", refusal (fun () -> ResultFolder.Claim(scratch, false)))
        Assert.Contains("not empty", refusal (fun () -> ResultFolder.Write(scratch, files, false)))
        Assert.Equal<(string * string) list>(before, snapshot scratch)
        ResultFolder.Write(scratch, files, true)
        Assert.Equal("{}\n", File.ReadAllText(Path.Combine(scratch, "summary.json")))
        Assert.Equal("mine", File.ReadAllText(Path.Combine(scratch, "notes.txt")))
        Assert.Equal(3, (snapshot scratch).Length))

[<Fact>]
let ``a failure half-way puts the old results back`` () =
    inScratch (fun scratch ->
        File.WriteAllText(Path.Combine(scratch, "refined.cif"), "old")
        // a folder where the second file should go: its move fails after the first one has succeeded
        Directory.CreateDirectory(Path.Combine(scratch, "summary.json")) |> ignore
        let before = snapshot scratch
        Assert.Contains(scratch, refusal (fun () -> ResultFolder.Write(scratch, files, true)))
        Assert.Equal<(string * string) list>(before, snapshot scratch))

[<Fact>]
let ``a place where nothing can be written is refused at once, with its name`` () =
    inScratch (fun scratch ->
        let file = Path.Combine(scratch, "file")
        File.WriteAllText(file, "text")

        for place in [ file; Path.Combine(file, "below"); "/proc/pendel"; ""; "a\000b" ] do
            if not (place.StartsWith "/proc") || OperatingSystem.IsLinux() then
                Assert.Contains(place, refusal (fun () -> ResultFolder.Claim(place, false)))
                Assert.Contains(place, refusal (fun () -> ResultFolder.Write(place, files, false)))

        Assert.Equal("text", File.ReadAllText file))

[<Fact>]
let ``the hash of a file is its SHA-256`` () =
    inScratch (fun scratch ->
        let file = Path.Combine(scratch, "abc")
        File.WriteAllText(file, "abc")
        // FIPS 180-2, example B.1
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", FileHash.Sha256 file)
        let message = refusal (fun () -> FileHash.Sha256(file + "x") |> ignore)
        Assert.Equal($"{file}x: there is no such file", message)

        Assert.Equal(
            $"{scratch}: found a directory, expected a file",
            refusal (fun () -> FileHash.Sha256 scratch |> ignore)
        ))
