/// Orientation of each frame: least squares from its present orientation and from the best points of a grid around it.
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

/// Orientations about the present one at which a search may start: a grid in ω_x and ω_y, rad.
let private grid =
    let spacing, radius = 0.2, 0.8

    [
        for i in -4 .. 4 do
            for j in -4 .. 4 do
                let x, y = spacing * float i, spacing * float j

                if (i, j) <> (0, 0) && x * x + y * y <= radius * radius then
                    Angle.Radians 1.0 * Vector3(x, y, 0.0)
    ]

/// Points of the grid from which a frame is searched.
let private starts = 3

/// Searches of a thorough stage: from the present orientations, from the best points of the grid, and once more.
let stepCount = starts + 2

/// Linearisations of one least-squares fit.
let private iterations = 8

let private correctionOf (state: State) (frame: VirtualFrame) =
    state.Corrections |> Map.tryFind frame.Id |> Option.defaultValue Vector3.Zero

let private priorOf (settings: Settings) (plan: FramePlan) thickness : FrameFit.Prior =
    {
        Rotation = Angle.Radians settings.OrientationPrior
        Bound = Angle.Radians settings.OrientationBound
        Origin = plan.Correction
        Thickness = thickness
        ThicknessSu = 0.0
        Range = struct (settings.ThicknessMin, settings.ThicknessMax)
    }

/// Frames of a stage that can be fitted, with their place in the plan.
let private places (stage: Stage) =
    [|
        for i in Problem.scoredFrames stage -> stage.Model.Plan.Frames[i].Frame.Id, i
    |]
    |> Map.ofArray

/// The correction of each frame after a search with a frame-wise method, by id.
let private search (problem: Problem) (stage: Stage) (state: State) method =
    let table =
        ForwardModel.tableOf (Problem.potential problem stage (dsharp.tensor state.Structure))

    ForwardModel.perFrame stage.Model (fun workspace i ->
        let plan = stage.Model.Plan.Frames[i]
        let thickness = state.Thickness |> Map.tryFind plan.Frame.Id

        match thickness with
        | Some t when Residual.isScored stage.Model.Rows[i] ->
            let evaluate = FrameFit.residuals stage.Model table workspace i

            let found: FrameState =
                method
                    evaluate
                    (priorOf problem.Settings plan t)
                    {
                        Thickness = t
                        Rotation = Vector3.Zero
                    }

            Some(plan.Frame.Id, plan.Correction + found.Rotation)
        | _ -> None)
    |> Array.choose id
    |> Map.ofArray

/// The objective of each frame on the rows and beams of a stage, for corrections that may differ from its plan's.
let private objectives (problem: Problem) (stage: Stage) (state: State) (corrections: Map<int, Vector3>) =
    let table =
        ForwardModel.tableOf (Problem.potential problem stage (dsharp.tensor state.Structure))

    ForwardModel.perFrame stage.Model (fun workspace i ->
        let plan = stage.Model.Plan.Frames[i]
        let id = plan.Frame.Id

        match Map.tryFind id corrections, Map.tryFind id state.Thickness with
        | Some correction, Some t when Residual.isScored stage.Model.Rows[i] ->
            let rotated =
                {
                    Thickness = t
                    Rotation = correction - plan.Correction
                }

            Some(
                id,
                FrameFit.objective
                    (FrameFit.residuals stage.Model table workspace i)
                    (priorOf problem.Settings plan t)
                    rotated
            )
        | _ -> None)
    |> Array.choose id
    |> Map.ofArray

/// Σw²I_o² of each frame's rows: what the data of the frame can say.
let private information (stage: Stage) : Map<int, float> =
    stage.Model.Plan.Frames
    |> Seq.mapi (fun i plan ->
        let rows = stage.Model.Rows[i]
        plan.Frame.Id, Array.fold2 (fun sum w o -> sum + (w * o) ** 2.0) 0.0 rows.Weight rows.Intensity)
    |> Map.ofSeq

/// The objective of proposed corrections on the rows that they select; information lost since the stage began counts
/// against them, so that pushing misfitting rows out is no gain.
let private ownObjectives (problem: Problem) reference (state: State) (proposed: Map<int, Vector3>) frames =
    let after = Problem.plan problem { state with Corrections = proposed } frames
    let own = information after

    objectives problem after state proposed
    |> Map.map (fun id value -> value * max 1.0 (Map.find id reference / own[id]))

let private present (state: State) (frames: VirtualFrame seq) =
    frames |> Seq.map (fun f -> f.Id, correctionOf state f) |> Map.ofSeq

/// Least squares of the given frames from proposed orientations; kept where they lower the objective.
let private attempt (problem: Problem) reference method (frames: ImmutableArray<VirtualFrame>) (state: State) from =
    let stage = Problem.plan problem { state with Corrections = from } frames
    let found = search problem stage state method
    let old = ownObjectives problem reference state (present state frames) frames
    let own = ownObjectives problem reference state found frames

    let keep corrections id correction =
        match Map.tryFind id old, Map.tryFind id own with
        | Some o, Some n when n < o -> Map.add id correction corrections
        | _ -> corrections

    { state with
        Corrections = Map.fold keep state.Corrections found
    }

/// The best points of the grid for each of the given frames, best first.
let private bestStarts (problem: Problem) reference (frames: ImmutableArray<VirtualFrame>) (state: State) =
    let here = present state frames

    let values =
        grid
        |> List.map (fun shift ->
            let moved = here |> Map.map (fun _ c -> c + shift)
            moved, ownObjectives problem reference state moved frames)

    here
    |> Map.map (fun id _ ->
        values
        |> List.choose (fun (moved, value) -> value |> Map.tryFind id |> Option.map (fun v -> v, moved[id]))
        |> List.sortBy fst
        |> List.map snd)

/// The half of the frames that agrees worse.
let private worseHalf (problem: Problem) (state: State) (frames: ImmutableArray<VirtualFrame>) =
    let values =
        objectives problem (Problem.plan problem state frames) state (present state frames)

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

    let method =
        match problem.Settings.Orientation with
        | NelderMead -> FrameFit.nelderMead
        | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

    let step number frames state from =
        monitor.Stop.ThrowIfCancellationRequested()
        let next = attempt problem reference method frames state from
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))
        next

    let refined = step 1 all state (present state all)

    if thorough then
        let poor = worseHalf problem refined all
        let points = bestStarts problem reference poor refined

        let fromPoint state k =
            let from =
                present refined poor
                |> Map.map (fun id here -> List.tryItem k points[id] |> Option.defaultValue here)

            step (k + 2) poor state from

        let searched = [ 0 .. starts - 1 ] |> List.fold fromPoint refined
        step stepCount all searched (present searched all)
    else
        refined
