/// Settings as JSON: one key for each, named as its option.
module Pendel.Report.SettingsJson

open System.Text.Json.Nodes
open Pendel.Core
open Pendel.Report.Setting

let private toNode value : JsonNode | null =
    match value with
    | Number x -> Json.number x
    | Word w -> Json.text w
    | Range(low, high) -> Json.array [ Json.number low; Json.number high ]

let internal node (settings: Settings) =
    SettingsTable.all
    |> List.map (fun s -> s.Name, toNode (s.Get settings))
    |> Json.object

/// The text of settings.json.
let write (settings: Settings) = Json.write (node settings)
