/// `pendel absolute`: both hands of a structure refined against a data set, and which of them it is.
module Pendel.Cli.AbsoluteCommand

open System.Diagnostics
open System.IO
open Pendel.Crystallography
open Pendel.Core
open Pendel.IO
open Pendel.Report
open Pendel.Report.AbsoluteResult

/// The opposite hand of a structure.
///
/// Raises `DataException` naming the file where the structure is its own inverse.
let private oppositeOf path (crystal: Crystal) =
    if Enantiomorph.IsItself crystal then
        let message =
            $"the structure ({crystal.SpaceGroup}) is centrosymmetric: it is its own inverse, so there is no hand to determine"

        raise (DataException(path, message))

    Enantiomorph.Of crystal

/// Refines one hand and writes its results to a folder of its own; the outcome, and whether they are there.
let private refine terminal options settings folder (inputs: Inputs.Inputs) hand crystal =
    let quiet = Map.containsKey "quiet" options
    let watch = Stopwatch.StartNew()
    let threads = EffectiveSettings.threads options

    if not quiet then
        terminal.Error.WriteLine $"hand {key hand}:"

    let outcome =
        Inputs.guard inputs.Name (fun () ->
            ProgressView.run terminal quiet (fun monitor ->
                Refine.run monitor settings threads crystal inputs.Experiment))

    let run =
        Inputs.record "absolute" settings threads inputs watch.Elapsed.TotalSeconds

    let written =
        Outcomes.ofOne outcome
        |> Results.ofRefinement run (List.zip inputs.DataPaths inputs.Experiments)

    let own = Path.Combine(folder, key hand)
    outcome, Results.keep terminal own (options.ContainsKey "force") written = Some own

let private finish terminal (options: Map<string, string>) settings seconds folder inputs (result: Result) =
    let threads = EffectiveSettings.threads options

    let text =
        AbsoluteResult.json (Inputs.record "absolute" settings threads inputs seconds) result

    // the folder holds those of the hands by now, so it is not empty
    let kept = Results.keep terminal folder true [ ResultFile("absolute.json", text) ]

    if options.ContainsKey "json" then
        terminal.Out.Write text
    elif kept.IsNone || not (options.ContainsKey "quiet") then
        Terminal.print terminal (AbsoluteResult.text result)

        kept
        |> Option.iter (fun place ->
            terminal.Out.WriteLine
                $"written to {place}: absolute.json; each hand's results are in {folder}, in given and inverted")

    kept = Some folder

/// Refines both hands, compares them and writes all results.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let structurePath, dataPath = Inputs.paths files
    let settings = EffectiveSettings.ofOptions Settings.standard options
    let folder = options["out"]
    let inputs = Inputs.read settings structurePath dataPath
    let opposite = oppositeOf structurePath inputs.Crystal
    ResultFolder.Claim(folder, options.ContainsKey "force")

    if not (options.ContainsKey "quiet") then
        Terminal.warn terminal inputs.Warnings

    let refine = refine terminal options settings folder inputs

    let interrupted areKept =
        if areKept then
            terminal.Error.WriteLine $"interrupted: {folder} holds the best state so far, without an answer"
            ExitCode.Interrupted
        else
            ExitCode.Data

    let given, isGivenKept = refine AbsoluteStructure.Given inputs.Crystal

    if given.Interrupted then
        interrupted isGivenKept
    else
        let inverted, isInvertedKept = refine AbsoluteStructure.Inverted opposite

        if inverted.Interrupted then
            interrupted (isGivenKept && isInvertedKept)
        else
            let isAnswerKept =
                finish
                    terminal
                    options
                    settings
                    watch.Elapsed.TotalSeconds
                    folder
                    inputs
                    {
                        Given = given
                        Inverted = inverted
                        Test = AbsoluteStructure.compare given.Final.Reflections inverted.Final.Reflections
                        Instant =
                            Inputs.guard inputs.Name (fun () ->
                                AbsoluteStructure.instant
                                    settings
                                    (EffectiveSettings.threads options)
                                    inputs.Experiment
                                    given)
                    }

            if isGivenKept && isInvertedKept && isAnswerKept then
                ExitCode.Done
            else
                ExitCode.Data
