/// Intensities of a structure in the orientations of the data file, each frame at the best thickness of a scan.
module Pendel.Core.Simulate

open System
open Pendel.Core.Problem

/// The problem of a structure as it is: the settings of the refinement play no part.
///
/// Raises `ArgumentException` as `Problem.create`.
let problem (settings: Settings) threads crystal experiment =
    let asItIs =
        { settings with
            Orientation = Fixed
            Epochs = 0
            Occupancies = []
        }

    Problem.create asItIs threads crystal experiment

/// Simulates a data set; the settings of the refinement play no part.
///
/// Raises `ArgumentException` if nothing can be scored, `NumericalException` if an intensity is not finite,
/// `OperationCanceledException` if it is interrupted.
let run (monitor: Monitor) (settings: Settings) threads crystal experiment : Evaluation =
    let problem, initial = problem settings threads crystal experiment

    try
        let state = ThicknessScan.run monitor problem [ initial ] [| 0.0 |]

        let evaluation =
            Evaluate.at problem (Problem.plan problem state problem.Experiment.Frames) state

        monitor.Stop.ThrowIfCancellationRequested()
        evaluation
    with :? OperationCanceledException ->
        raise (OperationCanceledException "interrupted: a simulation has no result before its end")
