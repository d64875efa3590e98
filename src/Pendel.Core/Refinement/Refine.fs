/// A refinement from files to result: thickness scan, global misset, frame orientations, mosaicity, joint refinement.
module Pendel.Core.Refine

open System
open System.Diagnostics
open Pendel.Core.Problem

/// Offsets about the scan axis that the first stage tries, degrees.
let private offsets (settings: Settings) =
    match settings.Orientation with
    | Fixed -> [| 0.0 |]
    | _ -> [| for i in -2 .. 2 -> 0.2 * float i |]

/// What the stages leave behind.
type private Record =
    {
        State: State
        /// Plan of the last joint refinement: final residuals are those of its rows.
        Rows: Stage option
        BestStep: int
        History: HistoryEntry list
        Seconds: (StageName * float) list
        Interrupted: bool
    }

let private evaluate (problem: Problem) (state: State) =
    Evaluate.at problem (Problem.plan problem state problem.Experiment.Frames) state

/// Runs one stage unless an interruption came before; an interrupted stage leaves the record as it was.
let private stage (monitor: Monitor) name (compute: Record -> Record * Residuals) (record: Record) =
    if record.Interrupted then
        record
    else
        let watch = Stopwatch.StartNew()

        try
            let next, residuals = compute record
            let seconds = watch.Elapsed.TotalSeconds
            monitor.Report(Ended(name, residuals.WRMean, residuals.RObsMean, seconds))

            { next with
                Seconds = (name, seconds) :: record.Seconds
            }
        with :? OperationCanceledException ->
            { record with Interrupted = true }

/// A stage that changes the state alone; its residuals are those of the rows that the new state selects.
let private moving (problem: Problem) name cycle (compute: State -> State) (record: Record) =
    let state = compute record.State
    let residuals = (evaluate problem state).Residuals

    let entry =
        {
            Stage = name
            Cycle = cycle
            Step = 1
            WRMean = residuals.WRMean
            RObsMean = Some residuals.RObsMean
            Validation = residuals.Validation
        }

    { record with
        State = state
        Rows = None
        History = entry :: record.History
    },
    residuals

/// The first stage: from the orientations of the file or from those with β on its smooth curve, whichever agrees better.
let private scan (monitor: Monitor) (problem: Problem) (state: State) =
    let drift = Drift.corrections problem.Experiment

    let drifted =
        { state with
            Corrections = drift
            Drift = drift
        }

    let agreement state =
        let stage = Problem.plan problem state problem.Experiment.Frames
        (Evaluate.at problem stage (ThicknessScan.atPresent problem stage state)).Residuals.WRMean

    let start =
        if problem.Settings.Orientation <> Fixed && agreement drifted < agreement state then
            drifted
        else
            state

    ThicknessScan.run monitor problem start (offsets problem.Settings)

/// The thickness curve found anew, and the model on it: a scan with a wrong structure is up to half a fringe off, and the
/// joint refinement moves the model little.
let private rescan find stiffness (problem: Problem) (state: State) =
    let stage = Problem.plan problem state problem.Experiment.Frames
    Joint.followAs stiffness problem (find problem stage state)

/// The same where orientations are refined.
let private rescanOriented = rescan ThicknessScan.atPresent ThicknessNN.Stiff

/// The same as a stage of its own, where orientations are not refined; the present curve stays where it agrees better.
let private rescanStage (monitor: Monitor) (problem: Problem) (state: State) =
    monitor.Report(Started(ThicknessScan, 1))

    let found =
        rescan ThicknessScan.atExactOrientations ThicknessNN.AsSmoothAsTheCurve problem state

    monitor.Report(Advanced(ThicknessScan, 1, None))

    let agreement state =
        (evaluate problem state).Residuals.WRMean

    if agreement found < agreement state then found else state

/// Orientation of each frame, with the thickness curve found anew before (from the second cycle on) and after.
let private orient (monitor: Monitor) (problem: Problem) cycle (state: State) =
    monitor.Report(Started(FrameOrientation, FrameOrientation.stepCount problem))

    let first =
        if cycle = 1 then
            Joint.follow problem state
        else
            rescanOriented problem state

    let thorough = FrameOrientation.run monitor problem true first

    if cycle = 1 then
        thorough |> rescanOriented problem |> FrameOrientation.run monitor problem false
    else
        thorough

/// Where only the thickness curve is found anew between rounds, each starts with a quarter of the rates of the one before, and
/// its curve is right to within half a step of the scan's grid; for L-BFGS rates are units, not steps. Where orientations are, a quarter of the epochs suffices before
/// they are searched again.
let private pace (settings: Settings) cycle : Joint.Pace =
    let whole = Joint.wholePace settings

    if
        settings.Orientation = Fixed
        && cycle > 1
        && settings.Optimiser = OptimiserChoice.Adam
    then
        { whole with
            Factor = 0.25 ** float (cycle - 1)
            Reach = 5.0
        }
    elif settings.Orientation <> Fixed && cycle < settings.Cycles then
        { whole with
            Epochs = min settings.Epochs (max 1 (settings.Epochs / 4))
        }
    else
        whole

let private joint (monitor: Monitor) (problem: Problem) cycle (record: Record) =
    let started =
        if record.State.ThicknessParameters.IsSome then
            record.State
        else
            Joint.follow problem record.State

    let rows = Problem.plan problem started problem.Experiment.Frames

    let result = Joint.runAt (pace problem.Settings cycle) monitor problem rows started

    let residuals = (Evaluate.at problem rows result.State).Residuals

    let entry step loss =
        {
            Stage = JointRefinement
            Cycle = cycle
            Step = step
            WRMean = loss
            RObsMean = None
            Validation =
                if step = result.BestEpoch then
                    residuals.Validation
                else
                    None
        }

    { record with
        State = result.State
        Rows = Some rows
        BestStep = result.BestEpoch
        History =
            (result.Losses |> Array.mapi entry |> Array.rev |> Array.toList)
            @ record.History
        Interrupted = monitor.Stop.IsCancellationRequested
    },
    residuals

/// Refines a structure against a data set.
///
/// Raises `ArgumentException` if nothing can be scored or an ADP is not positive definite, `NumericalException` if an
/// intensity is not finite, `OperationCanceledException` if it is interrupted before there is any result.
let run (monitor: Monitor) (settings: Settings) threads crystal experiment : Outcome =
    let problem, initial = Problem.create settings threads crystal experiment
    let stage name compute = stage monitor name compute

    let moving name cycle compute =
        stage name (moving problem name cycle compute)

    let scanned =
        {
            State = initial
            Rows = None
            BestStep = 0
            History = []
            Seconds = []
            Interrupted = false
        }
        |> moving ThicknessScan 1 (scan monitor problem)

    if scanned.Interrupted then
        raise (OperationCanceledException "interrupted before the first thickness scan ended: there is no result yet")

    let start = evaluate problem scanned.State

    let cycle (record: Record) number =
        let oriented =
            match settings.Orientation with
            | Fixed when number = 1 -> record
            | Fixed -> record |> moving ThicknessScan number (rescanStage monitor problem)
            | _ -> record |> moving FrameOrientation number (orient monitor problem number)

        let spread =
            if MosaicityStage.count settings = 0 then
                oriented
            else
                oriented
                |> moving MosaicityRefinement number (MosaicityStage.run monitor problem)

        spread |> stage JointRefinement (joint monitor problem number)

    let placed =
        match settings.Orientation with
        | Fixed -> scanned
        | _ -> scanned |> moving GlobalMisset 1 (GlobalMisset.run monitor problem)

    let record = List.fold cycle placed [ 1 .. settings.Cycles ]

    {
        Start = start
        Final =
            match record.Rows with
            | Some rows -> Evaluate.at problem rows record.State
            | None -> evaluate problem record.State
        Misset = record.State.Misset
        Strain = problem.Orientation.Strain
        History = record.History |> List.rev |> List.toArray
        BestStep = record.BestStep
        Seconds = record.Seconds |> List.rev |> List.toArray
        Interrupted = record.Interrupted
    }
