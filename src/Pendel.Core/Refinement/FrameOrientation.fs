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

/// Turns away from the present orientation from which searches of a precession start, which has no map, rad.
let private turns =
    [|
        Vector3(0.25, 0.0, 0.0)
        Vector3(-0.25, 0.0, 0.0)
        Vector3(0.0, 0.25, 0.0)
        Vector3(0.0, -0.25, 0.0)
    |]
    |> Array.map (fun degrees -> Angle.Radians 1.0 * degrees)

let private isPrecession (problem: Problem) =
    problem.Geometry.Geometry = CollectionGeometry.Precession

/// Starts of each frame's searches beside its present orientation.
let private startCount problem =
    if isPrecession problem then turns.Length else minima

/// Searches of a thorough stage: from the present orientations and from the other starts.
let stepCount problem = startCount problem + 1

/// Linearisations of one least-squares fit.
let private iterations = 8

let private priorOf (settings: Settings) (state: State) (plan: FramePlan) : FrameFit.Prior =
    {
        Rotation = Angle.Radians settings.OrientationPrior
        Bound = Angle.Radians settings.OrientationBound
        Origin = plan.Correction
        Drift = Problem.driftOf state plan.Frame.Id
    }

/// Applies a function to the residuals, the prior and the present state of every frame that counts; results by frame id.
let private perScored (problem: Problem) (stage: Stage) (state: State) compute =
    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    ForwardModel.perFrame stage.Model (fun workspace i ->
        let plan, rows = stage.Model.Plan.Frames[i], stage.Model.Rows[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored rows ->
            let evaluate = FrameFit.residuals stage.Model table workspace i

            let here =
                {
                    Thickness = t
                    Rotation = Vector3.Zero
                }

            Some(plan.Frame.Id, compute i evaluate (priorOf problem.Settings state plan) here)
        | _ -> None)
    |> Array.choose id
    |> Map.ofArray

/// The correction of each frame after a search with a frame-wise method, by id.
let private search (problem: Problem) (stage: Stage) (state: State) method =
    perScored problem stage state (fun i evaluate prior here ->
        let found: FrameState = method evaluate prior here
        stage.Model.Plan.Frames[i].Correction + found.Rotation)

/// Information of each planned frame, by id.
let private information (stage: Stage) : Map<int, float> =
    Seq.map2
        (fun (plan: FramePlan) rows -> plan.Frame.Id, Residual.information rows)
        stage.Model.Plan.Frames
        stage.Model.Rows
    |> Map.ofSeq

/// The objective of each frame at corrections, on the rows that they select, with the information lost against a reference.
let private objectives (problem: Problem) reference (state: State) (corrections: Map<int, Vector3>) frames =
    let stage = Problem.plan problem { state with Corrections = corrections } frames

    perScored problem stage state (fun i evaluate prior here ->
        let plan, own = stage.Model.Plan.Frames[i], Residual.information stage.Model.Rows[i]
        let before = reference |> Map.tryFind plan.Frame.Id |> Option.defaultValue own
        FrameFit.objective evaluate prior here * max 1.0 (before / own))

/// A state with the objectives of its frames.
type private Stand =
    {
        State: State
        Objectives: Map<int, float>
    }

/// Least squares of the given frames from proposed orientations; kept where they lower the objective.
let private attempt (problem: Problem) reference method (stand: Stand) (from: Map<int, Vector3>) =
    let frames =
        problem.Experiment.Frames
        |> Seq.filter (fun f -> from.ContainsKey f.Id)
        |> ImmutableArray.CreateRange

    let stage = Problem.plan problem { stand.State with Corrections = from } frames

    let found = search problem stage stand.State method
    let own = objectives problem reference stand.State found frames

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

let private present (problem: Problem) (state: State) =
    problem.Experiment.Frames
    |> Seq.map (fun f -> f.Id, correctionOf state f)
    |> Map.ofSeq

/// Other orientations from which the search of each frame starts, the most promising first.
let private starts (problem: Problem) reference (state: State) =
    if isPrecession problem then
        present problem state |> Map.map (fun _ here -> turns |> Array.map ((+) here))
    else
        OrientationMap.minima problem reference state problem.Experiment.Frames

/// Refines the orientations of all frames at the present structure and thickness.
///
/// - `thorough`: search from the minima of the maps, too
let run (monitor: Monitor) (problem: Problem) thorough (state: State) : State =
    let all = problem.Experiment.Frames
    let reference = information (Problem.plan problem state all)

    let method =
        match problem.Settings.Orientation with
        | NelderMead -> FrameFit.nelderMead
        | Hexagonal -> FrameFit.hexagonal
        | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

    let step number stand from =
        monitor.Stop.ThrowIfCancellationRequested()
        let next = attempt problem reference method stand from
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))
        next

    let start =
        {
            State = state
            Objectives = objectives problem reference state (present problem state) all
        }

    let refined = step 1 start (present problem state)

    if thorough then
        let starts = starts problem reference state

        let ranked rank =
            starts
            |> Map.filter (fun _ found -> found.Length > rank)
            |> Map.map (fun _ found -> found[rank])

        let searched =
            [ 0 .. startCount problem - 1 ]
            |> List.fold (fun stand rank -> step (rank + 2) stand (ranked rank)) refined

        searched.State
    else
        refined.State
