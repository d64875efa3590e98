/// settings.json → values of settings, each with its place.
module Pendel.Cli.SettingsFile

open System
open System.IO
open System.Text.Json
open Pendel.IO
open Pendel.Report
open Pendel.Report.Setting
open Pendel.Report.SettingsTable

/// A value of a settings file.
type Entry =
    {
        Name: string
        Value: Value
        /// As the file has it.
        Text: string
        Position: TextPosition
    }

let private fail path position item message : 'T =
    raise (
        DataException(
            System.Collections.Immutable.ImmutableArray.Create(
                Diagnostic(Severity.Error, path, position, item, message)
            )
        )
    )

let private mark = [| 0xEFuy; 0xBBuy; 0xBFuy |]

/// The bytes of a file without its byte-order mark.
let private readBytes path =
    if Directory.Exists path then
        fail path (TextPosition()) null "found a directory, expected a file"

    try
        let bytes = File.ReadAllBytes path

        if bytes.AsSpan().StartsWith(ReadOnlySpan mark) then
            bytes[mark.Length ..]
        else
            bytes
    with
    | :? FileNotFoundException
    | :? DirectoryNotFoundException -> fail path (TextPosition()) null "there is no such file"
    | :? IOException
    | :? UnauthorizedAccessException as e -> fail path (TextPosition()) null $"the file cannot be read: {e.Message}"

/// The place of a byte, counted from 1.
let private positionOf (bytes: byte array) offset =
    let before = bytes.AsSpan(0, offset)
    let line = MemoryExtensions.Count(before, byte '\n') + 1
    TextPosition(line, offset - MemoryExtensions.LastIndexOf(before, byte '\n'))

/// Places of the keys of the outermost object, in their order.
let private keyPositions (bytes: byte array) =
    let mutable reader = Utf8JsonReader(ReadOnlySpan bytes)
    let positions = ResizeArray()

    while reader.Read() do
        if reader.TokenType = JsonTokenType.PropertyName && reader.CurrentDepth = 1 then
            positions.Add(positionOf bytes (int reader.TokenStartIndex))

    List.ofSeq positions

/// What a file that is no JSON has at the place where it fails.
let private foundAt (bytes: byte array) line offsetInLine =
    let lines = Text.Encoding.UTF8.GetString(bytes).Split '\n'

    if line >= lines.Length then
        "the end of the file"
    else
        let encoded = Text.Encoding.UTF8.GetBytes lines[line]

        let rest =
            Text.Encoding.UTF8.GetString(encoded.AsSpan(min offsetInLine encoded.Length))

        match rest.TrimEnd '\r' with
        | "" when line = lines.Length - 1 -> "the end of the file"
        | "" -> "the end of the line"
        | text -> $"\"{Seq.head (text.EnumerateRunes())}\""

let private expectedJson =
    "expected JSON such as { \"tilts\": 42, \"sgmax\": 0.01 }"

let private parse path (bytes: byte array) =
    if not (Text.Unicode.Utf8.IsValid(ReadOnlySpan bytes)) then
        fail path (TextPosition()) null $"found no UTF-8 text, {expectedJson}"

    try
        use document = JsonDocument.Parse(ReadOnlyMemory bytes)
        let root = document.RootElement

        if root.ValueKind <> JsonValueKind.Object then
            fail path (TextPosition(1, 1)) null $"found {root.ValueKind}, expected an object with settings"

        List.zip [ for p in root.EnumerateObject() -> p.Name, p.Value.Clone() ] (keyPositions bytes)
    with :? JsonException as e ->
        let line, offset =
            int (e.LineNumber.GetValueOrDefault()), int (e.BytePositionInLine.GetValueOrDefault())

        fail path (TextPosition(line + 1, offset + 1)) null $"found {foundAt bytes line offset}, {expectedJson}"

let private check path ((name: string, element: JsonElement), position) =
    match name, RestraintItems.read element with
    | "restraints", Error reason -> fail path position name reason
    | _ -> ()

    match SettingsTable.tryFind name, SettingsJson.valueOf element with
    | Some _, Some value ->
        {
            Name = name
            Value = value
            Text = element.GetRawText()
            Position = position
        }
    | Some setting, None -> fail path position name $"found {element.GetRawText()}, expected {setting.Expected}"
    | None, _ ->
        let hint =
            SettingsTable.all
            |> List.map _.Name
            |> fun names -> Suggestion.nearest names name
            |> Option.map (fun known -> $"; did you mean {known}?")
            |> Option.defaultValue ""

        fail path position name $"found a key that is no setting{hint}"

/// The values of a file.
///
/// Raises `DataException` naming file, line and key for a file that cannot be read, is no JSON object of settings, or has
/// an unknown or repeated key or a value of the wrong type.
let read path =
    let entries =
        try
            readBytes path |> parse path |> List.map (check path)
        with :? InvalidOperationException ->
            fail path (TextPosition()) null "found an escape such as \\ud800 that stands for no character"

    for name, group in List.groupBy _.Name entries do
        if group.Length > 1 then
            fail path (List.last group).Position name "found the key twice"

    entries

/// Settings with the values of a file.
///
/// Raises `DataException` as `read`, or for a value out of its range.
let apply path settings =
    let set settings entry =
        let setting = (SettingsTable.tryFind entry.Name).Value

        match setting.Set entry.Value settings with
        | Some changed -> changed
        | None -> fail path entry.Position entry.Name $"found {entry.Text}, expected {setting.Expected}"

    let entries = read path
    List.fold set settings entries, entries |> List.map _.Name |> Set.ofList
