/// `pendel refine`: a structure refined against one data set or several.
module Pendel.Cli.RefineCommand

open System.Diagnostics
open Pendel.Core
open Pendel.IO
open Pendel.Report

/// Prints groups of lines, each with an empty one behind it.
let private printGroups terminal (groups: string list list) =
    groups
    |> List.filter (List.isEmpty >> not)
    |> List.iter (fun lines -> Terminal.print terminal (lines @ [ "" ]))

let private printOne terminal (settings: Settings) (outcome: Outcome) =
    let final = outcome.Final
    let diagnosis = Diagnosis.ofEvaluation settings final

    printGroups
        terminal
        [
            Text.frames final.Frames
            Text.corrections settings.OrientationBound final.Frames
            Text.sites final.Crystal @ Text.uncertainties settings outcome
            Outliers.text diagnosis
            Text.refinement outcome
            Text.residuals final.Residuals @ Text.completeness [ final ]
        ]

    Terminal.warn terminal diagnosis.Warnings

/// The tables of one of several data sets; the warnings about it.
let private printCrystal terminal (settings: Settings) name (outcome: Outcome) =
    let final = outcome.Final
    let diagnosis = Diagnosis.ofOneAmong settings final

    printGroups
        terminal
        [
            $"{name}:" :: Text.frames final.Frames
            Text.corrections settings.OrientationBound final.Frames
            Outliers.text diagnosis
            Text.crystal outcome
            $"residuals of {name} alone:" :: Text.residuals final.Residuals
        ]

    diagnosis.Warnings |> List.map (fun warning -> $"{name}: {warning}")

let private printSeveral terminal settings (paths: string list) (outcomes: Outcomes) =
    let first = outcomes.Each[0]
    let evaluations = [ for o in outcomes.Each -> o.Final ]

    let warnings =
        outcomes.Each
        |> Seq.zip paths
        |> Seq.mapi (fun i (path, outcome) -> printCrystal terminal settings $"crystal {i + 1}, {path}" outcome)
        |> Seq.toList

    printGroups
        terminal
        [
            Text.sites first.Final.Crystal @ Text.uncertainties settings first
            Text.course outcomes.Start first @ Text.constraints first.Final
            $"residuals over {paths.Length} crystals:" :: Text.residuals outcomes.Final
            @ Text.completeness evaluations
        ]

    Terminal.warn terminal (Diagnosis.unsupported settings evaluations outcomes.Final @ List.concat warnings)

let private print terminal settings paths (outcomes: Outcomes) =
    match outcomes.Each with
    | [| one |] -> printOne terminal settings one
    | _ -> printSeveral terminal settings paths outcomes

/// What a run starts from.
type private Order =
    {
        Folder: string
        /// Files of the folder may be replaced.
        IsReplacing: bool
        IsQuiet: bool
        Settings: Settings
        Threads: int
        Inputs: Inputs.Inputs
        /// The checkpoint that it goes on from.
        Earlier: CheckpointJson.Content option
    }

/// Whether files may be written to a folder: a checkpoint is no reason to refuse it.
let private mayReplace folder isReplacing =
    isReplacing || CheckpointFile.IsAloneIn folder

/// Says a warning, unless the run is quiet.
let private warn terminal order message =
    if not order.IsQuiet then
        Terminal.warn terminal [ message ]

/// Reads and checks all that a run needs.
///
/// Raises `UsageException` and `DataException`.
let private order files (options: Map<string, string>) =
    let structurePath, dataPaths = Inputs.pathsOfSeveral files
    let threads = EffectiveSettings.threads options
    let folder = options["out"]
    let force, resume = options.ContainsKey "force", options.ContainsKey "resume"
    let earlier = if resume then Some(Checkpoints.read folder) else None

    let settings =
        match earlier with
        | Some checkpoint -> Checkpoints.settings folder checkpoint options
        | None -> EffectiveSettings.ofOptions Settings.standard options

    let inputs = Inputs.readSeveral settings structurePath dataPaths

    match earlier with
    | Some checkpoint -> Checkpoints.requireSameInputs folder checkpoint inputs.Files
    | None when not force -> Checkpoints.requireNone folder
    | None -> ()

    ResultFolder.Claim(folder, mayReplace folder (force || resume))

    {
        Folder = folder
        IsReplacing = force || resume
        IsQuiet = options.ContainsKey "quiet"
        Settings = settings
        Threads = threads
        Inputs = inputs
        Earlier = earlier
    }

/// Refines as ordered; checkpoints go to the folder of the results.
let private refine terminal order seconds =
    let warn = warn terminal order
    order.Inputs.Warnings |> List.iter warn

    match order.Earlier with
    | Some checkpoint when not order.IsQuiet ->
        terminal.Error.WriteLine
            $"goes on {CheckpointJson.place checkpoint}, with the settings of {CheckpointFile.PathIn order.Folder}"
    | _ -> ()

    let keep =
        Checkpoints.writer warn order.Folder order.Settings order.Inputs.Files seconds

    let earlier = order.Earlier |> Option.map _.Checkpoint

    Inputs.guard order.Inputs.Name (fun () ->
        ProgressView.run terminal order.IsQuiet (fun monitor ->
            Refine.runFrom
                keep
                earlier
                monitor
                order.Settings
                order.Threads
                order.Inputs.Crystal
                order.Inputs.Experiments))

/// Ends a run whose results are in a folder, None if they found none: the checkpoint goes unless it was interrupted.
let private finish terminal order (outcomes: Outcomes) kept written =
    let isInterrupted = outcomes.Each[0].Interrupted

    if not order.IsQuiet || Option.isNone kept then
        print terminal order.Settings order.Inputs.DataPaths outcomes

    if not order.IsQuiet then
        kept
        |> Option.iter (fun place -> terminal.Out.WriteLine(Results.place place written))

    match kept with
    | Some place when isInterrupted ->
        let checkpoint =
            if CheckpointFile.IsIn order.Folder then
                $"; --resume goes on from {CheckpointFile.PathIn order.Folder}"
            else
                ""

        terminal.Error.WriteLine $"interrupted: {place} holds the best state so far{checkpoint}"
    | Some _ -> Checkpoints.remove (warn terminal order) order.Folder
    | None -> ()

    if kept <> Some order.Folder then ExitCode.Data
    elif isInterrupted then ExitCode.Interrupted
    else ExitCode.Done

/// Refines a structure and writes the results, also those of a refinement that was stopped.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let order = order files options

    let before = order.Earlier |> Option.map _.TotalSeconds |> Option.defaultValue 0.0

    let seconds () = before + watch.Elapsed.TotalSeconds
    let outcomes = refine terminal order seconds

    let run =
        Inputs.record "refine" order.Settings order.Threads order.Inputs (seconds ())

    let written =
        Results.ofRefinement run (List.zip order.Inputs.DataPaths order.Inputs.Experiments) outcomes

    let kept =
        Results.keep terminal order.Folder (mayReplace order.Folder order.IsReplacing) written

    finish terminal order outcomes kept written
