/// The settings of a run: an option wins over the settings file, which wins over the default.
module Pendel.Cli.EffectiveSettings

open System
open System.Globalization
open Pendel.Core
open Pendel.Report

let private setOption settings (name: string, text: string) =
    match SettingsTable.tryFind name with
    | None -> settings
    | Some setting ->
        match setting.Set (SettingsTable.ofText text) settings with
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

/// The settings that options ask for.
///
/// Raises `UsageException` for a value that is not allowed and for settings that contradict each other, `DataException`
/// for a wrong settings file.
let ofOptions (standard: Settings) (options: Map<string, string>) =
    let fromFile, stated =
        match options.TryFind "settings" with
        | Some path -> SettingsFile.apply path standard
        | None -> standard, Set.empty

    let settings =
        Map.toList options
        |> List.fold setOption fromFile
        |> followBeams (stated + Set.ofSeq options.Keys)

    match SettingsTable.contradiction settings with
    | Some message -> raise (UsageException message)
    | None -> settings

/// The number of threads.
///
/// Raises `UsageException` unless it is a positive whole number.
let threads (options: Map<string, string>) =
    match options.TryFind "threads" with
    | None -> Environment.ProcessorCount
    | Some text ->
        match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, n when n > 0 -> n
        | _ -> raise (UsageException $"--threads: found \"{text}\", expected a positive whole number")
