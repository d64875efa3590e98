/// `pendel simulate`: residuals of a structure as it is.
module Pendel.Cli.SimulateCommand

open System.Diagnostics
open Pendel.Core
open Pendel.IO
open Pendel.Report

let private print terminal (settings: Settings) (evaluation: Evaluation) =
    let diagnosis = Diagnosis.ofEvaluation settings evaluation
    Terminal.print terminal (Text.frames evaluation.Frames)
    Terminal.print terminal ("" :: Outliers.text diagnosis)
    Terminal.print terminal ("" :: Text.model evaluation)

    Terminal.print terminal ("" :: Text.residuals evaluation.Residuals @ Text.completeness [ evaluation ])

    Terminal.warn terminal diagnosis.Warnings

/// Simulates a data set from a structure, thickness by a scan; writes the results where `--out` says so.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let structurePath, dataPath = Inputs.paths files
    let settings = EffectiveSettings.ofOptions Settings.standard options
    Inputs.refuseRefined settings
    let threads = EffectiveSettings.threads options
    let quiet, force = options.ContainsKey "quiet", options.ContainsKey "force"
    let inputs = Inputs.read settings structurePath dataPath

    options.TryFind "out"
    |> Option.iter (fun folder -> ResultFolder.Claim(folder, force))

    if not quiet then
        Terminal.warn terminal inputs.Warnings

    let evaluation =
        Inputs.guard inputs.Name (fun () ->
            ProgressView.run terminal quiet (fun monitor ->
                Simulate.run monitor settings threads inputs.Crystal inputs.Experiment))

    if not quiet then
        print terminal settings evaluation

    let keep folder =
        let run =
            Inputs.record "simulate" settings threads inputs watch.Elapsed.TotalSeconds

        let written = Results.ofSimulation run evaluation
        let kept = Results.keep terminal folder force written

        if not quiet then
            kept
            |> Option.iter (fun place -> terminal.Out.WriteLine(Results.place place written))

        kept

    let out = options.TryFind "out"

    if Option.bind keep out <> out then
        ExitCode.Data
    else
        ExitCode.Done
