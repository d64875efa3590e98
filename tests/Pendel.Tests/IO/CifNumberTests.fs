module Pendel.Tests.IO.CifNumberTests

open System
open FsCheck.FSharp
open FsCheck
open Pendel.IO
open Pendel.Tests
open Xunit

let private read (text: string) =
    match CifNumber.TryParse text with
    | true, number -> Some(number.Value, Option.ofNullable number.Su)
    | false, _ -> None

[<Fact>]
let ``the standard uncertainty counts in units of the last digit`` () =
    let expected =
        [
            "1.234(5)", Some(1.234, Some 0.005)
            "1.23(12)", Some(1.23, Some 0.12)
            "12(3)", Some(12.0, Some 3.0)
            "-.5(2)", Some(-0.5, Some 0.2)
            "1.0e-3", Some(0.001, None)
            "1.20E+2(1)", Some(120.0, Some 1.0)
            "+4.", Some(4.0, None)
            ".5", Some(0.5, None)
        ]

    for text, number in expected do
        Assert.Equal(number, read text)

[<Fact>]
let ``what is not a finite decimal number is refused`` () =
    for text in
        [
            ""
            "?"
            "."
            "-"
            "e5"
            "1e"
            "1,5"
            "12..3"
            "1.2(3"
            "1.2()"
            "1.2(3)4"
            "1.2(-3)"
            "0x10"
            "NaN"
            "nan"
            "Infinity"
            "-inf"
            "1e999"
            "1 "
            "١"
        ] do
        Assert.Equal(None, read text)

[<Fact>]
let ``a number is written with one or two digits of its standard uncertainty`` () =
    let expected =
        [
            1.23456, 0.0123, "1.235(12)"
            1.23456, 0.0234, "1.23(2)"
            1.23456, 0.00996, "1.235(10)"
            -0.00012, 0.0003, "-0.0001(3)"
            12345.6, 250.0, "12346(250)"
        ]

    for value, su, text in expected do
        Assert.Equal(text, CifNumber(value, Nullable su).ToString())

    Assert.Equal("-0.25", CifNumber(-0.25, Nullable()).ToString())

[<Fact>]
let ``a written number reads back within its own digits`` () =
    let law (NormalFloat value) (PositiveInt digits) =
        let value = value % 1000.0
        let su = float digits * 1e-6

        match read (CifNumber(value, Nullable su).ToString()) with
        | Some(v, Some s) -> abs (v - value) <= 0.5 * s + 1e-9 && abs (s - su) <= 0.3 * su
        | _ -> false

    Law.holds law
