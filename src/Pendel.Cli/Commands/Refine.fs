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
        Text.residuals final.Residuals
    ]
    |> List.filter (List.isEmpty >> not)
    |> List.iter (fun lines -> Terminal.print terminal (lines @ [ "" ]))

    Terminal.warn terminal diagnosis.Warnings

/// Refines a structure and writes the results, also those of a refinement that was stopped.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let structurePath, dataPath = Inputs.paths files
    let settings = EffectiveSettings.ofOptions Settings.standard options
    let threads = EffectiveSettings.threads options
    let quiet, force = options.ContainsKey "quiet", options.ContainsKey "force"
    let folder = options["out"]
    let inputs = Inputs.read settings structurePath dataPath
    ResultFolder.Claim(folder, force)

    if not quiet then
        Terminal.warn terminal inputs.Warnings

    let outcome =
        Inputs.guard inputs.Name (fun () ->
            ProgressView.run terminal quiet (fun monitor ->
                Refine.run monitor settings threads inputs.Crystal inputs.Experiment))

    let run = Inputs.record "refine" settings threads inputs watch.Elapsed.TotalSeconds
    let written = Results.ofRefinement run inputs.Experiment outcome
    let kept = Results.keep terminal folder force written

    if not quiet || kept.IsNone then
        print terminal settings outcome

    if not quiet then
        kept
        |> Option.iter (fun place -> terminal.Out.WriteLine(Results.place place written))

    if outcome.Interrupted then
        kept
        |> Option.iter (fun place -> terminal.Error.WriteLine $"interrupted: {place} holds the best state so far")

    if kept <> Some folder then ExitCode.Data
    elif outcome.Interrupted then ExitCode.Interrupted
    else ExitCode.Done
