/// A refinement from files to result: thickness scan, global misset, frame orientations, mosaicity, joint refinement.
///
/// Several data sets of one structure take turns in all stages but the joint refinement, which refines the structure against all.
module Pendel.Core.Refine

open System
open System.Diagnostics
open Pendel.Core.Problem
open Pendel.Core.DataSet
open Pendel.Core.Checkpoint

/// Offsets about the scan axis that the first stage tries, degrees.
let private offsets (settings: Settings) =
    match settings.Orientation with
    | Fixed -> [| 0.0 |]
    | _ -> [| for i in -2 .. 2 -> 0.2 * float i |]

/// What the steps leave behind.
type private Record =
    {
        Checkpoint: Checkpoint
        /// At the states that they left.
        Evaluation: Lazy<Evaluations>
        Interrupted: bool
    }

/// Data sets at states, with the rows and beams of others.
let private planned (problems: Problem array) (planned: State array) (states: State array) =
    Array.zip3 planned problems states
    |> DataSet.each (fun _ (planned, problem, state) -> DataSet.at planned problem state)

let private evaluate problems states =
    Evaluate.all (planned problems states states)

/// The evaluation that belongs to a checkpoint: on the rows of the last joint refinement where that is the last step.
let private evaluation problems (checkpoint: Checkpoint) =
    let rows = checkpoint.Planned |> Option.defaultValue checkpoint.States
    Evaluate.all (planned problems rows checkpoint.States)

/// Seconds that the next step took before it was interrupted.
let private secondsBefore (checkpoint: Checkpoint) =
    checkpoint.Unfinished |> Option.map _.Seconds |> Option.defaultValue 0.0

/// The record with the seconds of its last stage.
let private timed stage seconds (record: Record) =
    { record with
        Checkpoint =
            { record.Checkpoint with
                Seconds = (stage, seconds) :: record.Checkpoint.Seconds
            }
    }

/// Runs one step unless an interruption came before; an interrupted step leaves the record as it was, or with its best state.
let private advance (monitor: Monitor) keep compute (record: Record) (step: Step) =
    if record.Interrupted then
        record
    else
        let watch = Stopwatch.StartNew()
        let before = secondsBefore record.Checkpoint
        let elapsed () = before + watch.Elapsed.TotalSeconds

        try
            let computed: Record = compute elapsed step record
            let residuals = computed.Evaluation.Value.Residuals
            let seconds = elapsed ()
            monitor.Report(Ended(step.Stage, residuals.WRMean, residuals.RObsMean, seconds))
            let next = timed step.Stage seconds computed

            if not next.Interrupted then
                keep next.Checkpoint

            next
        with :? OperationCanceledException ->
            { record with Interrupted = true }

/// Something of each data set, one after the other; several say whose turn it is.
let private inTurn (monitor: Monitor) compute (problems: Problem array) (states: State array) =
    let turn number =
        if problems.Length > 1 then
            monitor.Report(Turned number)

    let found =
        Array.zip problems states
        |> DataSet.each (fun i (problem, state) ->
            turn (Some(i + 1))
            compute problem state)

    turn None
    found

/// A step that changes the state of each data set alone; its residuals are those of the rows that the new states select.
let private moving monitor problems (compute: Problem -> State -> State) (step: Step) (record: Record) =
    let before = record.Checkpoint
    let states = inTurn monitor compute problems before.States
    let found = evaluate problems states
    let residuals = found.Residuals

    let entry =
        {
            Stage = step.Stage
            Cycle = step.Cycle
            Step = 1
            WRMean = residuals.WRMean
            RObsMean = Some residuals.RObsMean
            Validation = residuals.Validation
        }

    {
        Checkpoint =
            { before with
                Done = before.Done + 1
                Start = if before.Done = 0 then states else before.Start
                States = states
                Planned = None
                History = entry :: before.History
            }
        Evaluation = lazy found
        Interrupted = false
    }

/// The first stage: from the orientations of the file or from those with β on its smooth curve, whichever agrees better.
let private scan (monitor: Monitor) (problem: Problem) (state: State) =
    let drift = Drift.corrections problem.Experiment

    let drifted =
        { state with
            Corrections = drift
            Drift = drift
        }

    let starts =
        if
            problem.Settings.Orientation = Fixed
            || drift |> Map.forall (fun _ correction -> correction.Length = 0.0)
        then
            [ state ]
        else
            [ state; drifted ]

    ThicknessScan.run monitor problem starts (offsets problem.Settings)

/// The thickness curve found anew, and the model on it: a scan with a wrong structure is up to half a fringe off, and the
/// joint refinement moves the model little.
let private rescan find stiffness (problem: Problem) (state: State) =
    let stage = Problem.plan problem state problem.Experiment.Frames
    Joint.followAs stiffness problem (find problem stage state)

/// The same where orientations are refined.
let private rescanOriented monitor =
    rescan (ThicknessScan.atPresent monitor) ThicknessNN.Stiff

/// The same as a stage of its own, where orientations are not refined; the present curve stays where it agrees better.
let private rescanStage (monitor: Monitor) (problem: Problem) (state: State) =
    monitor.Report(Started(ThicknessScan, 1))

    let found =
        rescan (ThicknessScan.atExactOrientations monitor) ThicknessNN.AsSmoothAsTheCurve problem state

    monitor.Report(Advanced(ThicknessScan, 1, None))

    let agreement state =
        (evaluate [| problem |] [| state |]).Residuals.WRMean

    if agreement found < agreement state then found else state

/// Orientation of each frame, with the thickness curve found anew before (from the second cycle on) and after.
let private orient (monitor: Monitor) (problem: Problem) cycle (state: State) =
    monitor.Report(Started(FrameOrientation, FrameOrientation.stepCount problem))

    let first =
        if cycle = 1 then
            Joint.follow problem state
        else
            rescanOriented monitor problem state

    let thorough = FrameOrientation.run monitor problem true first

    if cycle = 1 then
        thorough
        |> rescanOriented monitor problem
        |> FrameOrientation.run monitor problem false
    else
        thorough

/// The history of a joint refinement, the last entry first.
let private losses cycle (result: Joint.Result) (residuals: Residuals) =
    result.Losses
    |> Array.mapi (fun step loss ->
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
        })
    |> Array.rev
    |> Array.toList

/// A state whose thickness model follows the scan.
let private following problem (state: State) =
    if state.ThicknessParameters.IsSome then
        state
    else
        Joint.follow problem state

let private joint (monitor: Monitor) keep (problems: Problem array) elapsed (step: Step) (record: Record) =
    let before = record.Checkpoint
    let started = Array.map2 following problems before.States
    let dataSets = planned problems started started

    let keepStanding standing =
        keep
            { before with
                Unfinished =
                    Some
                        {
                            Optimiser = standing
                            Seconds = elapsed ()
                        }
            }

    let result =
        Joint.runFrom
            keepStanding
            (before.Unfinished |> Option.map _.Optimiser)
            (Joint.pace problems[0].Settings step.Cycle)
            monitor
            dataSets

    let final =
        Array.map2 (fun (d: DataSet) state -> { d with State = state }) dataSets result.States
        |> Evaluate.all

    {
        Checkpoint =
            { before with
                Done = before.Done + 1
                States = result.States
                Planned = Some started
                BestStep = result.BestEpoch
                History = losses step.Cycle result final.Residuals @ before.History
                Unfinished = None
            }
        Evaluation = lazy final
        Interrupted = result.IsStopped
    }

/// What a step does.
let private compute monitor keep problems elapsed (step: Step) =
    let moving stage = moving monitor problems stage step

    match step.Stage with
    | ThicknessScan when step.Cycle = 1 -> moving (scan monitor)
    | ThicknessScan -> moving (rescanStage monitor)
    | GlobalMisset -> moving (GlobalMisset.run monitor)
    | FrameOrientation -> moving (fun problem -> orient monitor problem step.Cycle)
    | MosaicityRefinement -> moving (MosaicityStage.run monitor)
    | JointRefinement -> joint monitor keep problems elapsed step
    | StandardUncertainties
    | SampledFrames -> invalidOp $"{step.Stage} is no step of a refinement"

/// Before any step.
let private nothingYet problems initial =
    {
        Checkpoint =
            {
                Done = 0
                Start = initial
                States = initial
                Planned = None
                BestStep = 0
                History = []
                Seconds = []
                Unfinished = None
            }
        Evaluation = lazy evaluate problems initial
        Interrupted = false
    }

/// After the first step, without which there is no result.
let private scanned advance (record: Record) first : Record =
    let scanned = advance record first

    if scanned.Interrupted then
        raise (OperationCanceledException "interrupted before the first thickness scan ended: there is no result yet")

    scanned

/// Standard uncertainties of the structure that the last joint refinement reached, and the record after them.
let private uncertainties (monitor: Monitor) (problems: Problem array) (record: Record) =
    let reached = record.Checkpoint

    match reached.Planned with
    | Some rows when
        not record.Interrupted
        && problems[0].Settings.Epochs > 0
        && reached.States[0].Structure.Length > 0
        ->
        let watch = Stopwatch.StartNew()

        let found, isInterrupted =
            planned problems rows reached.States
            |> StandardUncertainty.unlessInterrupted monitor

        let ended =
            { record with
                Interrupted = isInterrupted
            }

        found, timed StandardUncertainties watch.Elapsed.TotalSeconds ended
    | _ -> None, record

/// What the steps say of the start and of what they reached.
let private outcomes (problems: Problem array) (start: Evaluations) uncertainties (record: Record) : Outcomes =
    let reached, final = record.Checkpoint, record.Evaluation.Value

    let outcome i (problem: Problem) =
        {
            Start = start.Each[i]
            Final = final.Each[i]
            Uncertainties = uncertainties
            Misset = reached.States[i].Misset
            Strain = problem.Orientation.Strain
            History = reached.History |> List.rev |> List.toArray
            BestStep = reached.BestStep
            Seconds = reached.Seconds |> List.rev |> List.toArray
            Interrupted = record.Interrupted
        }

    {
        Each = problems |> Array.mapi outcome
        Start = start.Residuals
        Final = final.Residuals
    }

/// Refines a structure against data sets from a checkpoint, or from its start; ends in the same bits either way.
///
/// - `keep`: receives a checkpoint after each step and every few epochs of Adam; called from one thread
///
/// Raises what `runSeveral` raises, and `ArgumentException` for a checkpoint of another refinement.
let runFrom keep (earlier: Checkpoint option) (monitor: Monitor) settings threads crystal experiments : Outcomes =
    let problems, initial = DataSet.create settings threads crystal experiments
    let advance = advance monitor keep (compute monitor keep problems)
    let steps = Checkpoint.steps settings

    let first =
        match earlier with
        | None -> scanned advance (nothingYet problems initial) steps.Head
        | Some checkpoint ->
            Checkpoint.requireFit problems checkpoint

            {
                Checkpoint = checkpoint
                Evaluation = lazy evaluation problems checkpoint
                Interrupted = false
            }

    let start =
        match earlier with
        | None -> first.Evaluation.Value
        | Some checkpoint -> evaluate problems checkpoint.Start

    let reached = steps |> List.skip first.Checkpoint.Done |> List.fold advance first
    let uncertainties, ended = uncertainties monitor problems reached
    outcomes problems start uncertainties ended

/// Refines a structure against data sets, at least one, each of a crystal of its own.
///
/// Raises `ArgumentException` if nothing can be scored, an ADP is not positive definite or frames of several data sets are
/// excluded, `NumericalException` if an intensity is not finite, `OperationCanceledException` if it is interrupted before there
/// is any result.
let runSeveral monitor settings threads crystal experiments =
    runFrom ignore None monitor settings threads crystal experiments

/// Refines a structure against a data set. Raises as `runSeveral`.
let run monitor settings threads crystal experiment =
    (runSeveral monitor settings threads crystal [ experiment ]).Each[0]
