/// The restraints of settings: JSON → restraints.
module Pendel.Report.RestraintItems

open System
open System.Text.Json
open Pendel.Core

/// What is wrong with an item, after its number.
exception private Refusal of string

let private refuse text : 'T = raise (Refusal text)

/// The members of an item by name; none twice, none but these.
let private members (allowed: string list) (item: JsonElement) =
    let names = [ for p in item.EnumerateObject() -> p.Name ]

    match List.except allowed names, names |> List.countBy id |> List.tryFind (fun (_, n) -> n > 1) with
    | unknown :: _, _ -> refuse $"""found the member {unknown}, expected {String.Join(", ", allowed)}"""
    | [], Some(twice, _) -> refuse $"found the member {twice} twice"
    | [], None -> Map [ for p in item.EnumerateObject() -> p.Name, p.Value ]

let private value name expected (choose: JsonElement -> 'T option) (members: Map<string, JsonElement>) =
    match members.TryFind name with
    | None -> refuse $"{name} is missing, expected {expected}"
    | Some element ->
        match choose element with
        | Some x -> x
        | None -> refuse $"{name}: found {element.GetRawText()}, expected {expected}"

let private word (element: JsonElement) =
    if element.ValueKind = JsonValueKind.String then
        element.GetString() |> Option.ofObj
    else
        None

let private positive (element: JsonElement) =
    if element.ValueKind = JsonValueKind.Number then
        Some(element.GetDouble())
        |> Option.filter (fun x -> x > 0.0 && Double.IsFinite x)
    else
        None

let private two (element: JsonElement) =
    if element.ValueKind = JsonValueKind.Array then
        match [ for e in element.EnumerateArray() -> word e ] with
        | [ Some first; Some second ] -> Some(first, second)
        | _ -> None
    else
        None

let private kindOf (item: JsonElement) =
    if item.ValueKind <> JsonValueKind.Object then
        refuse $"found {item.GetRawText()}, expected an object"

    match item.TryGetProperty "kind" with
    | true, kind -> word kind
    | _ -> None

let private restraint (item: JsonElement) : Restraint =
    let common = [ "kind"; "atoms"; "su" ]

    let of' kind members =
        {
            Kind = kind
            Atoms = value "atoms" "two labels" two members
            Su = value "su" "a positive number" positive members
        }

    match kindOf item with
    | Some "distance" ->
        let members = members ("target" :: common) item
        of' (Distance(value "target" "a positive number" positive members)) members
    | Some "similar-U" -> members common item |> of' SimilarU
    | _ -> refuse """kind is not known, expected "distance" or "similar-U" """

/// The restraints, or what is wrong with the first bad one.
let read (element: JsonElement) : Result<Restraint list, string> =
    let item number (e: JsonElement) =
        try
            restraint e
        with Refusal text ->
            refuse $"restraint {number}: {text.TrimEnd()}"

    if element.ValueKind <> JsonValueKind.Array then
        Error "expected a list of restraints"
    else
        try
            Ok
                [
                    for number, e in Seq.indexed (element.EnumerateArray()) -> item (number + 1) e
                ]
        with Refusal text ->
            Error text
