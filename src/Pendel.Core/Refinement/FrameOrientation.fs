/// Orientation of each frame: least squares from several starts, accepted only if both the rows that were scored before
/// and the rows that are scored after agree better.
///
/// Scoring an orientation on the rows that it selects itself would reward it for pushing misfitting rows out.
module Pendel.Core.FrameOrientation

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Where the searches of a frame start, degrees from its present orientation.
let private starts =
    [
        Vector3.Zero
        Vector3(0.2, 0.0, 0.0)
        Vector3(-0.2, 0.0, 0.0)
        Vector3(0.0, 0.25, 0.0)
        Vector3(0.0, -0.25, 0.0)
        Vector3(0.5, 0.0, 0.0)
        Vector3(-0.5, 0.0, 0.0)
        Vector3(0.0, 0.5, 0.0)
        Vector3(0.0, -0.5, 0.0)
    ]
    |> List.map (fun v -> Angle.Radians 1.0 * v)

/// Most searches of one stage: all starts, then twice from the present orientations.
let stepCount = starts.Length + 2

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
let private information (stage: Stage) =
    stage.Model.Plan.Frames
    |> Seq.mapi (fun i plan ->
        let rows = stage.Model.Rows[i]
        plan.Frame.Id, Array.fold2 (fun sum w o -> sum + (w * o) ** 2.0) 0.0 rows.Weight rows.Intensity)
    |> Map.ofSeq

/// Those of the proposed corrections that lower the objective on the rows they select, information lost counted against them.
let private accept (problem: Problem) (before: Stage) (state: State) (proposed: Map<int, Vector3>) frames =
    let after = Problem.plan problem { state with Corrections = proposed } frames
    let present = frames |> Seq.map (fun f -> f.Id, correctionOf state f) |> Map.ofSeq

    let old, own =
        objectives problem before state present, objectives problem after state proposed

    let oldInformation, ownInformation = information before, information after

    let better id =
        match Map.tryFind id old, Map.tryFind id own with
        | Some o, Some n -> n * max 1.0 (oldInformation[id] / ownInformation[id]) < o
        | _ -> false

    let corrections =
        proposed
        |> Map.fold (fun all id c -> if better id then Map.add id c all else all) state.Corrections

    { state with Corrections = corrections }

/// One search of the given frames from a start away from their present orientations.
let private attempt (problem: Problem) method (frames: ImmutableArray<VirtualFrame>) (state: State) start =
    let moved =
        frames |> Seq.map (fun f -> f.Id, correctionOf state f + start) |> Map.ofSeq

    let before = Problem.plan problem state frames

    let from =
        if start = Vector3.Zero then
            before
        else
            Problem.plan problem { state with Corrections = moved } frames

    accept problem before state (search problem from state method) frames

/// wR_I of each frame at a state, on its own rows.
let private residuals (problem: Problem) (state: State) frames =
    let stage = Problem.plan problem state frames

    let loose =
        { problem with
            Settings =
                { problem.Settings with
                    OrientationPrior = 1e9
                }
        }

    let present = frames |> Seq.map (fun f -> f.Id, correctionOf state f) |> Map.ofSeq

    objectives loose stage state present
    |> Map.map (fun _ square -> Residual.Instability * sqrt square)

/// The half of the frames that agrees worst.
let private worseHalf (problem: Problem) (state: State) (frames: ImmutableArray<VirtualFrame>) =
    let wR = residuals problem state frames
    let sorted = wR |> Map.values |> Seq.sort |> Seq.toArray
    let median = sorted[sorted.Length / 2]

    frames
    |> Seq.filter (fun f -> wR |> Map.tryFind f.Id |> Option.exists (fun w -> w > median))
    |> ImmutableArray.CreateRange

/// Refines the orientations of all frames at the present structure and thickness.
///
/// - `thorough`: also start away from the present orientations, where the agreement is below the median
let run (monitor: Monitor) (problem: Problem) thorough (state: State) : State =
    let method =
        match problem.Settings.Orientation with
        | NelderMead -> FrameFit.nelderMead
        | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

    let step (state, number) start =
        monitor.Stop.ThrowIfCancellationRequested()

        let frames =
            if start = Vector3.Zero then
                problem.Experiment.Frames
            else
                worseHalf problem state problem.Experiment.Frames

        let next = attempt problem method frames state start
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))
        next, number + 1

    let chosen =
        if thorough then
            starts @ [ Vector3.Zero ]
        else
            [ Vector3.Zero ]

    chosen |> List.fold step (state, 1) |> fst
