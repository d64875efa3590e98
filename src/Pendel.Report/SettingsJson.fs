/// Settings as JSON: one key for each, named as its option.
module Pendel.Report.SettingsJson

open System.Text.Json
open System.Text.Json.Nodes
open Pendel.Core
open Pendel.Report.Setting

/// A restraint as a settings file has it.
let private restraint (r: Restraint) =
    let first, second = r.Atoms

    Json.object
        [
            "kind", Json.text (Restraints.kindName r)
            "atoms", Json.array [ Json.text first; Json.text second ]
            match r.Kind with
            | Distance target -> "target", Json.number target
            | SimilarU -> ()
            "su", Json.number r.Su
        ]

let private toNode value : JsonNode | null =
    match value with
    | Number x -> Json.number x
    | Word w -> Json.text w
    | Range(low, high) -> Json.array [ Json.number low; Json.number high ]
    | Terms restraints -> Json.array (Seq.map restraint restraints)

let internal node (settings: Settings) =
    SettingsTable.all
    |> List.map (fun s -> s.Name, toNode (s.Get settings))
    |> Json.object

/// The text of settings.json.
let write (settings: Settings) = Json.write (node settings)

/// A parsed value, or None if no setting can have it.
let valueOf (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.Number -> Some(Number(element.GetDouble()))
    | JsonValueKind.String -> element.GetString() |> Option.ofObj |> Option.map Word
    | JsonValueKind.Array when
        element.GetArrayLength() = 2
        && element.EnumerateArray()
           |> Seq.forall (fun e -> e.ValueKind = JsonValueKind.Number)
        ->
        Some(Range(element[0].GetDouble(), element[1].GetDouble()))
    | JsonValueKind.Array -> RestraintItems.read element |> Result.toOption |> Option.map Terms
    | _ -> None

/// The settings that an object holds, all of them.
///
/// Raises `JsonException` if one is absent or has no value that is allowed.
let read (element: JsonElement) : Settings =
    let set settings (setting: Setting) =
        let changed =
            match element.TryGetProperty setting.Name with
            | true, value -> valueOf value |> Option.bind (fun v -> setting.Set v settings)
            | _ -> None

        changed
        |> Option.defaultWith (fun () -> raise (JsonException $"expected the setting {setting.Name}"))

    List.fold set Settings.standard SettingsTable.all
