/// Orientation of each frame: least squares from its present orientation and from turns away from it.
///
/// A proposed orientation is kept if it lowers the objective on the rows that it selects. That alone would reward pushing
/// misfitting rows out of the frame, so information lost since the stage began (Σw²I_o²) counts against it.
module Pendel.Core.FrameOrientation

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Turns away from the present orientation at which a search may start, rad.
let private starts =
    [
        Vector3(0.2, 0.0, 0.0)
        Vector3(-0.2, 0.0, 0.0)
        Vector3(0.0, 0.25, 0.0)
        Vector3(0.0, -0.25, 0.0)
        Vector3(0.5, 0.0, 0.0)
        Vector3(-0.5, 0.0, 0.0)
        Vector3(0.0, 0.5, 0.0)
        Vector3(0.0, -0.5, 0.0)
    ]
    |> List.map (fun degrees -> Angle.Radians 1.0 * degrees)

/// Searches of a thorough stage: from the present orientations, from each turn away, and once more.
let stepCount = starts.Length + 2

/// Linearisations of one least-squares fit.
let private iterations = 8

let private priorOf (settings: Settings) (state: State) (plan: FramePlan) : FrameFit.Prior =
    {
        Rotation = Angle.Radians settings.OrientationPrior
        Bound = Angle.Radians settings.OrientationBound
        Origin = plan.Correction
        Drift = Problem.driftOf state plan.Frame.Id
    }

/// Applies a function to the residuals, the prior and the thickness of every frame that counts; results by frame id.
let private perScored (problem: Problem) (stage: Stage) (state: State) compute =
    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    ForwardModel.perFrame stage.Model (fun workspace i ->
        let plan = stage.Model.Plan.Frames[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored stage.Model.Rows[i] ->
            let evaluate = FrameFit.residuals stage.Model table workspace i

            compute plan evaluate (priorOf problem.Settings state plan) t
            |> Option.map (fun r -> plan.Frame.Id, r)
        | _ -> None)
    |> Array.choose id
    |> Map.ofArray

/// The correction of each frame after a search with a frame-wise method, by id.
let private search (problem: Problem) (stage: Stage) (state: State) method =
    perScored problem stage state (fun plan evaluate prior t ->
        let found: FrameState =
            method
                evaluate
                prior
                {
                    Thickness = t
                    Rotation = Vector3.Zero
                }

        Some(plan.Correction + found.Rotation))

/// The objective of each frame on the rows and beams of a stage, for corrections that may differ from its plan's.
let private objectives (problem: Problem) (stage: Stage) (state: State) (corrections: Map<int, Vector3>) =
    perScored problem stage state (fun plan evaluate prior t ->
        Map.tryFind plan.Frame.Id corrections
        |> Option.map (fun correction ->
            FrameFit.objective
                evaluate
                prior
                {
                    Thickness = t
                    Rotation = correction - plan.Correction
                }))

/// Information of each planned frame, by id.
let private information (stage: Stage) : Map<int, float> =
    Seq.map2
        (fun (plan: FramePlan) rows -> plan.Frame.Id, Residual.information rows)
        stage.Model.Plan.Frames
        stage.Model.Rows
    |> Map.ofSeq

/// How well a frame agrees on the rows that its orientation selects.
[<Struct>]
type private Agreement =
    {
        Objective: float
        /// The objective, times the information lost since the stage began, so that pushing misfitting rows out is no gain.
        Penalised: float
    }

/// The agreement of proposed corrections on the rows that they select.
let private agreement (problem: Problem) reference (state: State) (proposed: Map<int, Vector3>) frames =
    let after = Problem.plan problem { state with Corrections = proposed } frames
    let own = information after

    objectives problem after state proposed
    |> Map.map (fun id value ->
        let before = reference |> Map.tryFind id |> Option.defaultValue own[id]

        {
            Objective = value
            Penalised = value * max 1.0 (before / own[id])
        })

let private present (state: State) (frames: VirtualFrame seq) =
    frames |> Seq.map (fun f -> f.Id, correctionOf state f) |> Map.ofSeq

/// A state with the agreement of its frames.
type private Stand =
    {
        State: State
        Agreement: Map<int, Agreement>
    }

/// Least squares of the given frames from proposed orientations; kept where they lower the objective.
let private attempt (problem: Problem) reference method (frames: ImmutableArray<VirtualFrame>) (stand: Stand) from =
    let state = stand.State
    let stage = Problem.plan problem { state with Corrections = from } frames
    let found = search problem stage state method
    let own = agreement problem reference state found frames

    let keep (stand: Stand) id correction =
        match Map.tryFind id stand.Agreement, Map.tryFind id own with
        | Some o, Some n when n.Penalised < o.Penalised ->
            {
                State =
                    { stand.State with
                        Corrections = Map.add id correction stand.State.Corrections
                    }
                Agreement = Map.add id n stand.Agreement
            }
        | _ -> stand

    Map.fold keep stand found

/// The half of the frames that agrees worse.
let private worseHalf (stand: Stand) (frames: ImmutableArray<VirtualFrame>) =
    let values = stand.Agreement |> Map.map (fun _ a -> a.Objective)
    let sorted = values |> Map.values |> Seq.sort |> Seq.toArray
    let median = sorted[sorted.Length / 2]

    frames
    |> Seq.filter (fun f -> values |> Map.tryFind f.Id |> Option.exists (fun v -> v >= median))
    |> ImmutableArray.CreateRange

/// Refines the orientations of all frames at the present structure and thickness.
///
/// - `thorough`: also search away from the present orientations, for the half of the frames that agrees worse
let run (monitor: Monitor) (problem: Problem) thorough (state: State) : State =
    let all = problem.Experiment.Frames
    let reference = information (Problem.plan problem state all)

    let start =
        {
            State = state
            Agreement = agreement problem reference state (present state all) all
        }

    let method =
        match problem.Settings.Orientation with
        | NelderMead -> FrameFit.nelderMead
        | Hexagonal -> FrameFit.hexagonal
        | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

    let step number frames stand from =
        monitor.Stop.ThrowIfCancellationRequested()
        let next = attempt problem reference method frames stand from
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))
        next

    let refined = step 1 all start (present state all)

    let away (stand, number) turn =
        let poor = worseHalf stand all
        let from = present stand.State poor |> Map.map (fun _ here -> here + turn)
        step number poor stand from, number + 1

    if thorough then
        let searched, number = starts |> List.fold away (refined, 2)
        (step number all searched (present searched.State all)).State
    else
        refined.State
