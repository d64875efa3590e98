/// What a setting is, and the kinds of settings.
module Pendel.Report.Setting

open System
open System.Globalization
open Pendel.Core

/// A setting's value as text or JSON has it.
type Value =
    /// 2.0
    | Number of float
    /// auto
    | Word of string
    /// 100..2000 as an option, [100, 2000] in JSON.
    | Range of float * float
    /// [{"kind": "distance", …}], in JSON alone.
    | Terms of Restraint list

/// One setting.
type Setting =
    {
        /// The option without its dashes, and the JSON key.
        Name: string
        /// What it is, with its unit and what is allowed.
        Meaning: string
        /// What is allowed, for messages: "a positive number".
        Expected: string
        /// Its default where that follows from another setting, in words.
        Default: string option
        /// Its value.
        Get: Settings -> Value
        /// The settings with another value; None if the value is not allowed.
        Set: Value -> Settings -> Settings option
    }

/// Words for cases: case → word, word → case, and what is expected.
let words (cases: (string * 'T) list) =
    let word value =
        cases |> List.find (fun (_, v) -> v = value) |> fst

    let tryCase name =
        cases |> List.tryFind (fun (w, _) -> w = name) |> Option.map snd

    word, tryCase, "one of " + (cases |> List.map fst |> String.concat ", ")

/// A setting that is a finite number which the rule allows.
let number name meaning expected isAllowed get set =
    {
        Name = name
        Meaning = meaning
        Expected = expected
        Default = None
        Get = get >> Number
        Set =
            fun value settings ->
                match value with
                | Number x when Double.IsFinite x && isAllowed x -> Some(set x settings)
                | _ -> None
    }

/// A number as messages have it.
let text (x: float) = x.ToString CultureInfo.InvariantCulture

/// A value as an option has it.
let show value =
    match value with
    | Number x -> text x
    | Word w -> w
    | Range(low, high) -> $"{text low}..{text high}"
    | Terms [] -> "none"
    | Terms restraints -> restraints |> List.map Restraints.name |> String.concat ", "

/// A setting above 0 and up to a limit.
let positive name meaning limit get set =
    number name meaning $"a positive number up to {text limit}" (fun x -> 0.0 < x && x <= limit) get set

/// A whole number from the least to the most.
let integer name meaning (least: int) (most: int) (get: Settings -> int) (set: int -> Settings -> Settings) =
    let isAllowed x =
        Double.IsInteger x && float least <= x && x <= float most

    number name meaning $"a whole number from {least} to {most}" isAllowed (get >> float) (int >> set)

/// A setting that is one of some words.
let choice name meaning cases get set =
    let word, tryCase, expected = words cases

    {
        Name = name
        Meaning = meaning
        Expected = expected
        Default = None
        Get = get >> word >> Word
        Set =
            fun value settings ->
                match value with
                | Word w -> tryCase w |> Option.map (fun c -> set c settings)
                | _ -> None
    }
