/// JSON nodes of results: numbers round-trip, and what is absent or not finite is null.
module internal Pendel.Report.Json

open System
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

/// A number; null unless it is finite.
let number (x: float) : JsonNode | null =
    if Double.IsFinite x then JsonValue.Create x else null

/// A number, or null.
let optional (x: float option) : JsonNode | null =
    match x with
    | Some value -> number value
    | None -> null

/// A whole number.
let integer (n: int) : JsonNode | null = JsonValue.Create n

/// A text.
let text (s: string) : JsonNode | null = JsonValue.Create s

/// True or false.
let flag (b: bool) : JsonNode | null = JsonValue.Create b

/// An array.
let array (items: (JsonNode | null) seq) : JsonNode | null = JsonArray(Seq.toArray items)

/// An object with its members in this order.
let object (members: (string * (JsonNode | null)) seq) : JsonNode | null =
    let result = JsonObject()

    for name, value in members do
        result.Add(name, value)

    result

let private textWith indented (node: JsonNode | null) =
    let options =
        JsonSerializerOptions(
            WriteIndented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        )

    match node with
    | null -> "null"
    | node -> node.ToJsonString options

/// Indented text with LF at the line ends, the last included.
let write node = textWith true node + "\n"

/// Text on one line, without its end.
let compact node = textWith false node
