/// checkpoint.json, schema pendel/checkpoint/2: where a refinement stands, with the inputs and settings that it belongs to.
///
/// Every number comes back with the same bits. A hash of the content tells a damaged file.
module Pendel.Report.CheckpointJson

open System
open System.Collections.Generic
open System.Security.Cryptography
open System.Text
open System.Text.Json
open System.Text.Json.Serialization
open Pendel.Crystallography
open Pendel.Core
open Pendel.Core.Checkpoint
open Pendel.Report.Json

[<Literal>]
let Schema = "pendel/checkpoint/2"

/// What the file holds.
type Content =
    {
        Inputs: Summary.Input list
        Settings: Settings
        /// Wall time from the reading of the inputs, s.
        TotalSeconds: float
        Checkpoint: Checkpoint
    }

/// Vectors as arrays of three numbers.
type private VectorConverter() =
    inherit JsonConverter<Vector3>()

    override _.Read(reader, _, options) =
        match JsonSerializer.Deserialize<float array>(&reader, options) with
        | [| x; y; z |] -> Vector3(x, y, z)
        | _ -> raise (JsonException "expected a vector")

    override _.Write(writer, value, options) =
        JsonSerializer.Serialize(writer, [| value.X; value.Y; value.Z |], options)

/// Stages by their names.
type private StageConverter() =
    inherit JsonConverter<StageName>()

    override _.Read(reader, _, _) =
        let name = reader.GetString()

        match
            Stages.all
            |> List.tryFind (fun stage -> Some(Stages.key stage) = Option.ofObj name)
        with
        | Some stage -> stage
        | None -> raise (JsonException "expected a stage")

    override _.Write(writer, value, _) =
        writer.WriteStringValue(Stages.key value)

/// Numbers that round-trip, NaN and infinities included; no member may be absent.
let private options =
    let options =
        JsonSerializerOptions(
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            RespectRequiredConstructorParameters = true
        )

    options.Converters.Add(VectorConverter())
    options.Converters.Add(StageConverter())
    options

let private sha256 (text: string) =
    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes text))

/// The text of checkpoint.json, by a version of the program.
let write (version: string) (content: Content) =
    let node =
        object
            [
                "inputs", Summary.inputs content.Inputs
                "settings", SettingsJson.node content.Settings
                "totalSeconds", number content.TotalSeconds
                "refinement", JsonSerializer.SerializeToNode(content.Checkpoint, options)
            ]

    let body = node |> compact

    object
        [
            "schema", text Schema
            "version", text version
            "sha256", text (sha256 body)
            "content", node
        ]
    |> compact

let private required (value: 'T | null) : 'T =
    match value with
    | null -> raise (JsonException "found null")
    | value -> value

let private contentOf (element: JsonElement) =
    let input (item: JsonElement) : Summary.Input =
        {
            Path = item.GetProperty("path").GetString() |> required
            Sha256 = item.GetProperty("sha256").GetString() |> required
        }

    {
        Inputs = [ for item in element.GetProperty("inputs").EnumerateArray() -> input item ]
        Settings = SettingsJson.read (element.GetProperty "settings")
        TotalSeconds = element.GetProperty("totalSeconds").GetDouble()
        Checkpoint = element.GetProperty("refinement").Deserialize<Checkpoint>(options) |> required
    }

let private parse (version: string) (text: string) =
    use document = JsonDocument.Parse text
    let root = document.RootElement

    let word (name: string) =
        match root.TryGetProperty name with
        | true, value when value.ValueKind = JsonValueKind.String -> value.GetString() |> required
        | _ -> "nothing"

    let schema, written = word "schema", word "version"

    if schema <> Schema then
        Error $"found the schema {schema}, expected {Schema}"
    elif written <> version then
        Error
            $"the checkpoint is of version {written}, this is {version}; only the same version goes on to the same result"
    elif sha256 (root.GetProperty("content").GetRawText()) <> word "sha256" then
        Error "the checkpoint is damaged: its content has not the hash that it states"
    else
        Ok(contentOf (root.GetProperty "content"))

/// What a text of checkpoint.json says, or why this version of the program cannot use it.
let read version text : Result<Content, string> =
    try
        parse version text
    with
    | :? JsonException
    | :? InvalidOperationException
    | :? KeyNotFoundException
    | :? FormatException
    | :? ArgumentException -> Error "the checkpoint cannot be read: it is damaged or was cut short"

/// Where a refinement goes on, in words: "after frame orientation, cycle 1".
let place (content: Content) =
    let checkpoint = content.Checkpoint
    let step i = (Checkpoint.steps content.Settings)[i]

    match checkpoint.Unfinished with
    | None ->
        let last = step (checkpoint.Done - 1)
        $"after {Stages.title last.Stage}, cycle {last.Cycle}"
    | Some unfinished ->
        let cycle = (step checkpoint.Done).Cycle
        let epochs = (Joint.pace content.Settings cycle).Epochs
        $"after epoch {unfinished.Optimiser.SoFar.Losses.Length - 1} of {epochs} of the joint refinement, cycle {cycle}"
