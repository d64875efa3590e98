/// Orientation of each frame: least squares from its present orientation and from the minima of a map around it.
///
/// A proposed orientation is kept if it lowers the objective on the rows that it selects. That alone would reward pushing
/// misfitting rows out of the frame, so information lost since the stage began (Σw²F_o²) counts against it.
module Pendel.Core.FrameOrientation

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Minima of a frame's map from which searches start.
let private minima = 3

let private isPrecession (problem: Problem) =
    problem.Geometry.Geometry = CollectionGeometry.Precession

/// Searches of a thorough stage, from the present orientations and from the minima, and calculations of a precession's map.
let stepCount problem =
    1 + minima + (if isPrecession problem then OrientationMap.coneSteps else 0)

/// Linearisations of one least-squares fit.
let private iterations = 8

/// What all searches of a stage share.
type private Search =
    {
        Monitor: Monitor
        Problem: Problem
        /// Threshold of outliers, in units of w(F_o − sF_c), where residuals are robust.
        Threshold: float option
        /// Information of each frame at the start of the stage, by id.
        Reference: Map<int, float>
    }

/// Applies a function to the residuals, the prior and the present state of every frame that counts; results by frame id.
let private perScored (search: Search) (stage: Stage) (state: State) compute =
    let problem = search.Problem

    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    ForwardModel.perFrame stage.Model (fun workspace i ->
        search.Monitor.Stop.ThrowIfCancellationRequested()
        let plan, rows = stage.Model.Plan.Frames[i], stage.Model.Rows[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored rows ->
            let evaluate = FrameFit.residuals search.Threshold stage.Model table workspace i

            let here =
                {
                    Thickness = t
                    Rotation = Vector3.Zero
                }

            Some(plan.Frame.Id, compute i evaluate (FrameFit.priorOf problem.Settings state plan) here)
        | _ -> None)
    |> Array.choose id
    |> Map.ofArray

/// The correction of each frame after a search with a frame-wise method, by id.
let private corrections search (stage: Stage) (state: State) method =
    perScored search stage state (fun i evaluate prior here ->
        let found: FrameState = method evaluate prior here
        stage.Model.Plan.Frames[i].Correction + found.Rotation)

/// Information of each planned frame, by id.
let private information (stage: Stage) : Map<int, float> =
    Seq.map2
        (fun (plan: FramePlan) rows -> plan.Frame.Id, Residual.information rows)
        stage.Model.Plan.Frames
        stage.Model.Rows
    |> Map.ofSeq

/// The objective of each frame in the orientation of its plan, on the rows that this selects, with the information lost against
/// the reference.
let private objectives search (state: State) (stage: Stage) =
    perScored search stage state (fun i evaluate prior here ->
        let own = Residual.information stage.Model.Rows[i]

        let complete =
            search.Reference
            |> Map.tryFind stage.Model.Plan.Frames[i].Frame.Id
            |> Option.defaultValue own

        FrameFit.objective evaluate prior here |> FrameFit.charged complete own)

/// Plans the frames that have proposed corrections, in these.
let private planAt (problem: Problem) (state: State) (corrections: Map<int, Vector3>) =
    problem.Experiment.Frames
    |> Seq.filter (fun f -> corrections.ContainsKey f.Id)
    |> ImmutableArray.CreateRange
    |> Problem.plan problem { state with Corrections = corrections }

/// The threshold of outliers at a state: that of the observed rows of all frames, by a search without one.
let private threshold search (stage: Stage) (state: State) =
    perScored search stage state (fun i evaluate _ here ->
        let rows = stage.Model.Rows[i]
        let unit = FrameFit.unit rows

        evaluate here.Thickness [| here.Rotation |]
        |> Array.head
        |> Array.mapi (fun row r -> if rows.Observed[row] then Some(abs (unit * r)) else None)
        |> Array.choose id)
    |> Map.values
    |> Seq.concat
    |> RobustResidual.threshold

/// A state with the objectives of its frames.
type private Stand =
    {
        State: State
        Objectives: Map<int, float>
    }

/// Least squares of the frames of a stage from the orientations of its plan; kept where they lower the objective.
let private attempt search method (stand: Stand) (stage: Stage) =
    let found = corrections search stage stand.State method
    let own = objectives search stand.State (planAt search.Problem stand.State found)

    let keep (stand: Stand) id correction =
        match Map.tryFind id stand.Objectives, Map.tryFind id own with
        | Some o, Some n when n < o ->
            {
                State =
                    { stand.State with
                        Corrections = Map.add id correction stand.State.Corrections
                    }
                Objectives = Map.add id n stand.Objectives
            }
        | _ -> stand

    Map.fold keep stand found

/// The minima of each frame's map, the best first: corrections by id.
///
/// - `calculated`: receives how many calculations of a precession's map are done
let private starts search calculated (state: State) =
    let problem = search.Problem
    let frames = problem.Experiment.Frames

    if isPrecession problem then
        let objectivesIn i corrections =
            let found = corrections |> planAt problem state |> objectives search state
            calculated (i + 1)
            found

        frames
        |> Seq.map (fun f -> f.Id, correctionOf state f)
        |> Map.ofSeq
        |> OrientationMap.coneMinima objectivesIn problem.Settings
    else
        OrientationMap.minima search.Threshold problem search.Reference state frames

/// How least squares of a frame go.
let private methodOf (settings: Settings) =
    match settings.Orientation with
    | NelderMead -> FrameFit.nelderMead
    | Hexagonal -> FrameFit.hexagonal
    | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

/// Refines the orientations of all frames at the present structure and thickness.
///
/// - `thorough`: search from the minima of the maps, too
let run (monitor: Monitor) (problem: Problem) thorough (state: State) : State =
    let present = Problem.plan problem state problem.Experiment.Frames

    let squares =
        {
            Monitor = monitor
            Problem = problem
            Threshold = None
            Reference = information present
        }

    let search =
        if problem.Settings.Orientation = Robust then
            { squares with
                Threshold = Some(threshold squares present state)
            }
        else
            squares

    let report number =
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))

    let step number stand stage =
        let next = attempt search (methodOf problem.Settings) stand stage
        report number
        next

    let start =
        {
            State = state
            Objectives = objectives search state present
        }

    let refined = step 1 start present

    if thorough then
        let starts = starts search ((+) 1 >> report) state

        let ranked rank =
            starts
            |> Map.filter (fun _ found -> found.Length > rank)
            |> Map.map (fun _ found -> found[rank])

        let searched =
            [ 0 .. minima - 1 ]
            |> List.fold
                (fun stand rank ->
                    step (stepCount problem - minima + rank + 1) stand (ranked rank |> planAt problem stand.State))
                refined

        searched.State
    else
        refined.State
