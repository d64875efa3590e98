/// `pendel demo`: synthesises data of a known structure, displaces it and refines it back.
module Pendel.Cli.DemoCommand

open System.Diagnostics
open Pendel.Core
open Pendel.Report

/// Largest component of the displacement of an atom, Å.
[<Literal>]
let private Displacement = 0.1

/// Strongest intensity, counts.
[<Literal>]
let private DynamicRange = 1e6

/// The orientations of synthetic data are exact, so only structure and thickness are refined.
let private settings =
    { Settings.standard with
        Orientation = Fixed
        Cycles = 3
        LearningRate = 0.1
        NetworkLearningRate = 2e-4
        Epochs = 30
        ThicknessDistribution = Plate
    }

/// Synthesises, displaces, refines, and prints the truth beside the result.
///
/// Raises `UsageException` and `NumericalException`.
let run (terminal: Terminal) (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let settings = EffectiveSettings.ofOptions settings options
    let threads = EffectiveSettings.threads options
    let quiet = options.ContainsKey "quiet"
    let truth = DemoExperiment.truth ()

    let data =
        Synthesis.run
            settings
            threads
            settings.Seed
            DynamicRange
            DemoExperiment.thickness
            truth
            (DemoExperiment.geometry truth)

    let start = Synthesis.displace settings.Seed Displacement truth

    let outcome =
        ProgressView.run terminal quiet (fun monitor -> Refine.run monitor settings threads start data)

    if not quiet then
        [
            Comparison.sites truth start outcome.Final.Crystal
            Comparison.thickness DemoExperiment.thickness outcome.Final.Frames
            Text.refinement outcome
            Text.residuals outcome.Final.Residuals
            [ System.FormattableString.Invariant($"{watch.Elapsed.TotalSeconds:F1} s") ]
        ]
        |> List.iter (fun lines -> Terminal.print terminal (lines @ [ "" ]))

    if outcome.Interrupted then
        ExitCode.Interrupted
    else
        ExitCode.Done
