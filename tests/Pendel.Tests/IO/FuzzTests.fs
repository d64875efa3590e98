module Pendel.Tests.IO.FuzzTests

open System
open System.IO
open System.Text
open Pendel.IO
open Pendel.Tests
open Pendel.Tests.SharedData
open Xunit

/// Changes a text at a few places: bytes replaced, stretches deleted, doubled or swapped, the end cut off.
let private mutate (random: Random) (text: string) =
    let place (t: StringBuilder) = random.Next(max 1 t.Length)
    let odd = "\000\n;_'\"#?.-()0e9 \tdata_loop_$\uFFFD\uFEFF"
    let builder = StringBuilder text

    for _ in 1 .. random.Next(1, 8) do
        let at = place builder
        let length = min (random.Next 60) (builder.Length - at)

        match random.Next 5 with
        | 0 when at < builder.Length -> builder[at] <- odd[random.Next odd.Length]
        | 1 -> builder.Remove(at, length) |> ignore
        | 2 -> builder.Insert(at, builder.ToString(at, length)) |> ignore
        | 3 -> builder.Insert(at, odd.Substring(random.Next(odd.Length - 1), 1)) |> ignore
        | _ when random.Next 10 = 0 -> builder.Length <- at
        | _ -> builder.Insert(place builder, builder.ToString(at, length)) |> ignore

    builder.ToString()

/// The reading of a damaged text ends in a record or in a DataException; how often in the latter.
let private refused (read: string -> unit) (text: string) seed count =
    let random = Random(seed: int)

    Seq.init count (fun _ ->
        try
            read (mutate random text)
            0
        with :? DataException as e ->
            Assert.NotEmpty e.Message
            1)
    |> Seq.sum

[<SharedFact("data/albite/albite.cif_pets", "structures")>]
let ``a damaged file is read or refused, whatever its characters`` () =
    let head file (lines: int) =
        File.ReadLines(path file) |> Seq.truncate lines |> String.concat "\n"

    let pets text = PetsReader.Parse(text, "x") |> ignore

    let structure text =
        StructureReader.Parse(text, "x") |> ignore

    for read, file in
        [
            pets, "data/albite/albite.cif_pets"
            structure, "structures/CsPbBr3_Pbnm_JANA_Suresh2024.cif"
            structure, "structures/pyrite_Pa-3_symmetry_test.cif"
        ] do
        let text = head file 150
        Assert.InRange(refused read text 1 1000, 200, 990)

[<Fact>]
let ``what is no readable file is refused with its name`` () =
    let folder = Directory.CreateTempSubdirectory "pendel-test-"

    try
        let file name (bytes: byte array) =
            let path = Path.Combine(folder.FullName, name)
            File.WriteAllBytes(path, bytes)
            path

        let noise = Array.zeroCreate 4096
        Random(7).NextBytes noise

        let expected =
            [
                Path.Combine(folder.FullName, "absent"), "there is no such file"
                Path.Combine(folder.FullName, "no/folder"), "there is no such file"
                folder.FullName, "found a directory, expected a file"
                file "empty" [||], "the file is empty"
                file "utf16" (Encoding.Unicode.GetBytes "data_x"), "a binary file"
                file "noise" noise, "a binary file"
                "a\000b", "the file cannot be read"
            ]

        for path, message in expected do
            for read in [ PetsReader.Read >> ignore; (fun p -> StructureReader.Read p |> ignore) ] do
                let error = Assert.Throws<DataException>(fun () -> read path)
                Assert.StartsWith(path, error.Message)
                Assert.Contains(message, error.Message)
    finally
        folder.Delete true
