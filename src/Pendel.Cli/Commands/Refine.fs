/// `pendel refine`: a structure refined against a data set.
module Pendel.Cli.RefineCommand

open System.Diagnostics
open Pendel.Core
open Pendel.IO
open Pendel.Report

let private print terminal (settings: Settings) (outcome: Outcome) =
    let final = outcome.Final
    let diagnosis = Diagnosis.ofEvaluation settings final

    [
        Text.frames final.Frames
        Text.corrections settings.OrientationBound final.Frames
        Text.sites final.Crystal
        Outliers.text diagnosis
        Text.refinement outcome
        Text.residuals final.Residuals @ [ Text.completeness diagnosis.Completeness ]
    ]
    |> List.filter (List.isEmpty >> not)
    |> List.iter (fun lines -> Terminal.print terminal (lines @ [ "" ]))

    Terminal.warn terminal diagnosis.Warnings

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
    let structurePath, dataPath = Inputs.paths files
    let threads = EffectiveSettings.threads options
    let folder = options["out"]
    let force, resume = options.ContainsKey "force", options.ContainsKey "resume"
    let earlier = if resume then Some(Checkpoints.read folder) else None

    let settings =
        match earlier with
        | Some checkpoint -> Checkpoints.settings folder checkpoint options
        | None -> EffectiveSettings.ofOptions Settings.standard options

    let inputs = Inputs.read settings structurePath dataPath

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
                order.Inputs.Experiment))

/// Ends a run whose results are in a folder, None if they found none: the checkpoint goes unless it was interrupted.
let private finish terminal order (outcome: Outcome) kept written =
    if not order.IsQuiet || Option.isNone kept then
        print terminal order.Settings outcome

    if not order.IsQuiet then
        kept
        |> Option.iter (fun place -> terminal.Out.WriteLine(Results.place place written))

    match kept with
    | Some place when outcome.Interrupted ->
        let checkpoint =
            if CheckpointFile.IsIn order.Folder then
                $"; --resume goes on from {CheckpointFile.PathIn order.Folder}"
            else
                ""

        terminal.Error.WriteLine $"interrupted: {place} holds the best state so far{checkpoint}"
    | Some _ -> Checkpoints.remove (warn terminal order) order.Folder
    | None -> ()

    if kept <> Some order.Folder then ExitCode.Data
    elif outcome.Interrupted then ExitCode.Interrupted
    else ExitCode.Done

/// Refines a structure and writes the results, also those of a refinement that was stopped.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let order = order files options

    let before = order.Earlier |> Option.map _.TotalSeconds |> Option.defaultValue 0.0

    let seconds () = before + watch.Elapsed.TotalSeconds
    let outcome = refine terminal order seconds

    let run =
        Inputs.record "refine" order.Settings order.Threads order.Inputs (seconds ())

    let written = Results.ofRefinement run order.Inputs.Experiment outcome

    let kept =
        Results.keep terminal order.Folder (mayReplace order.Folder order.IsReplacing) written

    finish terminal order outcome kept written
