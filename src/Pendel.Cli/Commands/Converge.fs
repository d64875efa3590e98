/// `pendel converge`: beams and orientations grown until the intensities of sampled frames stop changing.
module Pendel.Cli.ConvergeCommand

open System
open System.Diagnostics
open Pendel.Core
open Pendel.Core.FrameSample
open Pendel.Core.Convergence
open Pendel.IO
open Pendel.Report

/// Most frames of a sample, and most steps.
[<Literal>]
let private Most = 100000

/// Bytes.
let private megabyte = 1e6

/// The sample, the steps, each on a line as it is done, and what they find.
///
/// Raises `OperationCanceledException` if it is interrupted.
let private search terminal (options: Map<string, string>) settings (inputs: Inputs.Inputs) : ConvergenceResult.Result =
    let quiet, isTable =
        options.ContainsKey "quiet", not (options.ContainsKey "quiet" || options.ContainsKey "json")

    let count = OptionValues.count options "frames" 8 Most

    let thickness =
        if options.ContainsKey "thickness" then
            Some(OptionValues.positive options "thickness" 0.0 Settings.largestThickness)
        else
            None

    let limits =
        {
            Change = OptionValues.positive options "limit" 0.5 100.0 / 100.0
            Steps = OptionValues.count options "steps" 30 Most
        }

    let memory = megabyte * OptionValues.positive options "memory" 500.0 1e9

    let sample =
        ProgressView.run terminal quiet (fun monitor ->
            FrameSample.take
                monitor
                settings
                (EffectiveSettings.threads options)
                inputs.Crystal
                inputs.Experiment
                count
                thickness)

    let simulate size =
        ProgressView.passing terminal quiet (fun monitor -> FrameSample.simulate monitor memory sample size)

    let print line =
        if isTable then
            Terminal.print terminal [ line ]

    print ConvergenceResult.head

    {
        Sample = sample
        Limits = limits
        Found =
            Convergence.search
                limits
                simulate
                (Convergence.grow sample.TiltCount)
                (ConvergenceResult.line >> print)
                (sizeOf settings)
    }

/// A settings file for the path.
let private file path settings =
    ResultFile(Results.nameOf path, SettingsJson.write settings)

/// Grows beams and orientations, prints the steps and writes the settings that are found where `--out` says so.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let structurePath, dataPath = Inputs.paths files
    let settings = EffectiveSettings.ofOptions Settings.standard options
    Inputs.refuseRefined settings
    let quiet, force = options.ContainsKey "quiet", options.ContainsKey "force"
    let inputs = Inputs.read settings structurePath dataPath

    options.TryFind "out"
    |> Option.iter (fun path -> Results.refuseExisting path force [ file path settings ])

    if not quiet then
        Terminal.warn terminal inputs.Warnings

    let result =
        try
            Inputs.guard inputs.Name (fun () -> search terminal options settings inputs)
        with :? OperationCanceledException ->
            raise (
                OperationCanceledException "interrupted: a search for converged settings has no result before its end"
            )

    let found = withSize result.Found.Size settings

    options.TryFind "out"
    |> Option.iter (fun path -> Results.writeBeside path force [ file path found ])

    if options.ContainsKey "json" then
        let threads = EffectiveSettings.threads options

        Inputs.record "converge" found threads inputs watch.Elapsed.TotalSeconds
        |> fun run -> ConvergenceResult.json run result
        |> terminal.Out.Write
    elif not quiet then
        Terminal.print terminal ("" :: ConvergenceResult.text result)

        options.TryFind "out"
        |> Option.iter (fun path -> terminal.Out.WriteLine(Results.place (Results.folderOf path) [ file path found ]))

    if not quiet then
        Terminal.warn terminal (ConvergenceResult.shortfalls result)

    ExitCode.Done
