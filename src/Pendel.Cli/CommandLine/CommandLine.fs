/// Arguments of a command → files and options.
module Pendel.Cli.CommandLine

open System
open System.Globalization
open Argu
open Microsoft.FSharp.Reflection

[<Literal>]
let private HelpWidth = 100

/// What a command line asks for.
type Request =
    /// The help of the command.
    | Help of string
    /// Files, and options with their text, which is empty for a switch.
    | Order of files: string list * options: Map<string, string>

let private casesOf<'Option> () =
    FSharpType.GetUnionCases typeof<'Option>

/// Names of the options of a command, without dashes.
let optionNames<'Option> () =
    [
        "help"
        for case in casesOf<'Option>() do
            let isFiles =
                case.GetFields()
                |> Array.exists (fun field -> field.PropertyType = typeof<string list>)

            if not isFiles then
                Options.nameOf case
    ]

let private isOption (argument: string) =
    argument.StartsWith '-'
    && not (Double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, ref 0.0))

/// `--name=value` as two arguments, `-h` as `--help`; refuses an unknown option with the nearest known one.
let private normalise command (names: string list) (argument: string) =
    if not (isOption argument) then
        [ argument ]
    elif argument = "-h" then
        [ "--help" ]
    else
        let name = argument.Split('=', 2)[0]

        if List.contains (name.TrimStart '-') names && name.StartsWith "--" then
            argument.Split('=', 2) |> Array.toList
        else
            let hint =
                match Suggestion.nearest names (name.TrimStart '-') with
                | Some known -> $"did you mean --{known}?"
                | None -> $"see pendel {command} --help"

            raise (UsageException $"unknown option {name}; {hint}")

let private contentOf (option: 'Option) =
    let case, fields = FSharpValue.GetUnionFields(option, typeof<'Option>)
    case, fields |> Array.tryHead

let private order (options: 'Option list) =
    let contents = options |> List.map contentOf

    let files =
        contents
        |> List.collect (fun (_, content) ->
            match content with
            | Some(:? (string list) as files) -> files
            | _ -> [])

    let named =
        [
            for case, content in contents do
                match content with
                | Some(:? string as text) -> Options.nameOf case, text
                | None -> Options.nameOf case, ""
                | _ -> ()
        ]

    for name, values in List.groupBy fst named do
        if values.Length > 1 then
            raise (UsageException $"--{name} is given {values.Length} times")

    Order(files, Map named)

/// Argu's message without its mark and the usage that follows.
let private firstLine (message: string) =
    let lines = message.Split '\n'
    lines[0].Replace("ERROR: ", "").TrimEnd().TrimEnd '.'

/// Reads the arguments after the name of a command.
///
/// Raises `UsageException` for an unknown, repeated or missing option.
let parse<'Option when 'Option :> IArgParserTemplate> command (arguments: string list) : Request =
    let parser =
        ArgumentParser.Create<'Option>(
            programName = $"pendel {command}",
            usageStringCharacterWidth = HelpWidth,
            errorHandler = ExceptionExiter()
        )

    let arguments: string list =
        arguments |> List.collect (normalise command (optionNames<'Option>()))

    try
        let results = parser.ParseCommandLine(inputs = List.toArray arguments)
        order (results.GetAllResults())
    with :? ArguParseException as e ->
        if e.ErrorCode = ErrorCode.HelpText then
            Help e.Message
        else
            raise (UsageException $"{firstLine e.Message}; see pendel {command} --help")
