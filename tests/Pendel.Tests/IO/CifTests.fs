module Pendel.Tests.IO.CifTests

open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Pendel.IO
open Pendel.Tests
open Xunit

let private parse text = CifReader.Parse(text, "x.cif")

let private refusal text =
    Assert.Throws<DataException>(fun () -> parse text |> ignore).Message

let private value (name: string) (text: string) =
    match (parse text).Value.Blocks[0].Column name with
    | null -> failwith $"no {name}"
    | column -> column[0].Text

[<Fact>]
let ``quotes, text fields, comments and reserved words are read by the grammar of CIF 1.1`` () =
    let text =
        "\uFEFF#\\#CIF_1.1\r\nDATA_one # comment\r\n_a 'it's one' _b \"say \"\"so\"\r\n_c\r\n;first\r\n second 'x'\r\n;\r\nLoop_ _d _e 1 'loop_' 2 ?\r\n_f.G a#b"

    let block = (parse text).Value.Blocks[0]
    Assert.Equal("one", block.Name)
    Assert.Equal("it's one", value "_A" text)
    Assert.Equal("say \"\"so", value "_b" text)
    Assert.Equal("first\n second 'x'", value "_c" text)
    Assert.Equal("a#b", value "_f_g" text)

    match block.Column "_e" with
    | null -> failwith "no _e"
    | e ->
        Assert.Equal(2, e.Count)
        Assert.Equal("loop_", e[0].Text)
        Assert.True e[1].IsAbsent
        Assert.Equal(TextPosition(8, 15), e[0].Position)

[<Fact>]
let ``line ends of Windows, Unix and the old Macintosh read alike`` () =
    let text = "data_x\n_a 1\n_b\n;two\nlines\n;\n"

    for ending in [ "\n"; "\r\n"; "\r" ] do
        Assert.Equal("two\nlines", value "_b" (text.Replace("\n", ending)))

[<Fact>]
let ``what is no CIF is refused with the place and the item`` () =
    let expected =
        [
            "", "x.cif: the file is empty"
            "  \n\n", "x.cif: the file is empty"
            "data_x\n_a \000", "x.cif:2:4: found the byte 0x00, expected text: a binary file"
            "hello world", "x.cif:1:1: found \"hello\", expected a data block: a line data_NAME"
            "_a 1\n", "x.cif:1:1: found \"_a\", expected a data block: a line data_NAME"
            "# only a comment", "x.cif:1:17: found the end of the file, expected a data block: a line data_NAME"
            "data_x _a _b 1", "x.cif:1:11 _a: found \"_b\", expected a value"
            "data_x\n_a", "x.cif:2:3 _a: found the end of the file, expected a value"
            "data_x\n_a 1\n_A 2", "x.cif:3:1 _A: found it again in data_x, expected each data name once"
            "data_x\nloop_\n_a\n_a\n1 2", "x.cif:4:1 _a: found it again in data_x, expected each data name once"
            "data_x _a 1 2", "x.cif:1:13: found \"2\", expected a data name, loop_ or data_"
            "data_x\nloop_ 1 2", "x.cif:2:1 loop_: found \"1\", expected data names"
            "data_x\nloop_\n_a _b\n1 2 3",
            "x.cif:2:1 _a: found a loop of 3 values, expected a multiple of its 2 columns"
            "data_x\nloop_\n_a _b\n1 2\n3 4\n5\n6 7",
            "x.cif:6:1 _a: found a row of 1 values, expected 2: the loop is truncated or shifted"
            "data_x\n_a 'open\n_b 1", "x.cif:2:4: found \"'open\", expected its end: a closing quote"
            "data_x\n_a\n;open\n", "x.cif:3:1: found \";\", expected its end: a line that begins with ;"
            "data_x\nsave_frame\n_a 1", "x.cif:2:1: found \"save_frame\", which a data file does not hold"
        ]

    for text, message in expected do
        Assert.Equal(message, refusal text)

[<Fact>]
let ``all that is wrong is reported at once`` () =
    let error =
        Assert.Throws<DataException>(fun () -> parse "data_x\n_a 1\n_a 2\n_b\n_c 1 2" |> ignore)

    Assert.Equal(3, error.Diagnostics.Length)

let private texts =
    Gen.elements
        [
            ""
            "?"
            "."
            "loop_"
            "data_x"
            "_name"
            "#no"
            ";"
            "'"
            "it's"
            "say \"so\""
            "' \" ' \" "
            "two\nlines"
            "\n"
            "\n\n "
            "a\n b;"
            "1.5(2)"
            "$x"
            "[x]"
            "Å σ"
            "tab\there"
        ]

let private values =
    Gen.frequency
        [
            4, Gen.map CifValue.Of texts
            1, Gen.constant CifValue.Unknown
            1, Gen.constant (CifValue(".", CifQuoting.Bare, TextPosition()))
        ]

let private item i =
    Gen.map (fun v -> CifItem($"_item_%d{i}", v) :> CifEntry) values

let private loop i =
    gen {
        let! columns = Gen.choose (1, 4)
        let! rows = Gen.choose (1, 4)
        let! cells = Gen.listOfLength (columns * rows) values
        let names = [ for c in 1..columns -> $"_loop_%d{i}_%d{c}" ]
        return CifLoop(ImmutableArray.CreateRange names, ImmutableArray.CreateRange cells) :> CifEntry
    }

let private documents =
    gen {
        let! size = Gen.choose (0, 6)
        let! entries = Gen.collectToList (fun i -> Gen.oneof [ item i; loop i ]) [ 1..size ]

        return
            CifDocument(
                ImmutableArray.Create(
                    CifBlock("first", ImmutableArray.CreateRange entries),
                    CifBlock("second", ImmutableArray.Create<CifEntry>(CifItem("_a", CifValue.Of "b")))
                )
            )
    }

// Names and texts in order, absent values told from the texts "?" and ".".
let private content (document: CifDocument) =
    let text (v: CifValue) = v.Text, v.IsAbsent

    [
        for block in document.Blocks do
            for entry in block.Entries do
                match entry with
                | :? CifItem as i -> block.Name, [ i.Name ], [ text i.Value ]
                | :? CifLoop as l -> block.Name, List.ofSeq l.Names, [ for v in l.Values -> text v ]
                | _ -> ()
    ]

[<Fact>]
let ``a written document reads back as the same document`` () =
    let law document =
        content (parse (CifWriter.Write document)).Value = content document

    Law.holds (Prop.forAll (Arb.fromGen documents) law)

[<Fact>]
let ``a text that CIF 1.1 cannot hold is refused`` () =
    for text in [ "a\n;b"; "bell\a" ] do
        let document =
            CifDocument(
                ImmutableArray.Create(CifBlock("x", ImmutableArray.Create<CifEntry>(CifItem("_a", CifValue.Of text))))
            )

        Assert.Throws<System.ArgumentException>(fun () -> CifWriter.Write document |> ignore)
        |> ignore
