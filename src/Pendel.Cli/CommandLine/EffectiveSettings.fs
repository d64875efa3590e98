/// The settings of a run: an option wins over the settings file, which wins over the default.
module Pendel.Cli.EffectiveSettings

open System
open System.Globalization
open Pendel.Core
open Pendel.Report

/// The value that an option's text means.
let private ofText (text: string) =
    let tryNumber (s: string) =
        match Double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, x -> Some x
        | _ -> None

    match tryNumber text, text.Split ".." |> Array.map tryNumber with
    | Some x, _ -> Setting.Number x
    | None, [| Some low; Some high |] -> Setting.Range(low, high)
    | _ -> Setting.Word text

let private setOption settings (name: string, text: string) =
    match SettingsTable.tryFind name with
    | None -> settings
    | Some setting ->
        match setting.Set (ofText text) settings with
        | Some changed -> changed
        | None -> raise (UsageException $"--{name}: found \"{text}\", expected {setting.Expected}")

/// The scored g_max follows that of the beams unless it is stated.
let private followBeams stated (settings: Settings) =
    if Set.contains "scored-gmax" stated then
        settings
    else
        let scored = (SettingsTable.tryFind "scored-gmax").Value
        let beams = (SettingsTable.tryFind "beam-gmax").Value
        scored.Set (beams.Get settings) settings |> Option.defaultValue settings

/// What is wrong with settings as a whole, or None.
let private contradiction (settings: Settings) =
    let selection = settings.Selection

    if selection.ScoredGMax > selection.BeamGMax then
        Some
            $"scored-gmax is {selection.ScoredGMax.ToString CultureInfo.InvariantCulture} 1/Å, above beam-gmax, {selection.BeamGMax.ToString CultureInfo.InvariantCulture} 1/Å; scored reflections have to be beams"
    else
        None

/// Settings with what the settings file and the options state, and the names of what the file states.
let private withStated (standard: Settings) (options: Map<string, string>) =
    let fromFile, inFile =
        match options.TryFind "settings" with
        | Some "" -> raise (UsageException "--settings: found nothing, expected a file")
        | Some path -> SettingsFile.apply path standard
        | None -> standard, Set.empty

    Map.toList options |> List.fold setOption fromFile, inFile

/// Settings with what the settings file and the options state; none follows from another.
///
/// Raises `UsageException` for a value that is not allowed, `DataException` for a wrong settings file.
let stated standard options = fst (withStated standard options)

/// The settings that options ask for.
///
/// Raises `UsageException` for a value that is not allowed and for settings that contradict each other, `DataException`
/// for a wrong settings file.
let ofOptions (standard: Settings) (options: Map<string, string>) =
    let changed, inFile = withStated standard options
    let settings = followBeams (inFile + Set.ofSeq options.Keys) changed

    match contradiction settings with
    | Some message -> raise (UsageException message)
    | None -> settings

/// The number of threads.
///
/// Raises `UsageException` unless it is a whole number from 1 to 1024.
let threads (options: Map<string, string>) =
    match options.TryFind "threads" with
    | None -> Environment.ProcessorCount
    | Some text ->
        match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, n when 1 <= n && n <= 1024 -> n
        | _ -> raise (UsageException $"--threads: found \"{text}\", expected a whole number from 1 to 1024")
