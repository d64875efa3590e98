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

/// Minima of a frame's map from which searches start.
[<Literal>]
let private candidates = 3

/// Farthest turn from the present orientation on the map, degrees.
[<Literal>]
let private radius = 0.75

/// Searches of a thorough stage: from the present orientations, from the minima of the map, and once more.
let stepCount = candidates + 3

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

/// Information of each planned frame, by id.
let private information (stage: Stage) : Map<int, float> =
    Seq.map2
        (fun (plan: FramePlan) rows -> plan.Frame.Id, Residual.information rows)
        stage.Model.Plan.Frames
        stage.Model.Rows
    |> Map.ofSeq

/// (wR/u)² and the prior's penalty of each frame at corrections, on the rows that they select.
let private misfits (problem: Problem) (state: State) (corrections: Map<int, Vector3>) frames =
    let stage = Problem.plan problem { state with Corrections = corrections } frames
    let information = information stage

    perScored problem stage state (fun plan evaluate prior t ->
        let here = { Thickness = t; Rotation = Vector3.Zero }

        Some
            {|
                Misfit = FrameFit.misfit evaluate here
                Penalty = FrameFit.penalty prior here
                Information = information[plan.Frame.Id]
            |})

/// The objective of each frame at corrections, on the rows that they select.
let private objectives problem (complete: Map<int, FrameFit.Completeness>) state corrections frames =
    misfits problem state corrections frames
    |> Map.map (fun id m ->
        match Map.tryFind id complete with
        | Some c -> FrameFit.charged c m.Information m.Misfit + m.Penalty
        | None -> m.Misfit + m.Penalty)

let private present (state: State) (frames: VirtualFrame seq) =
    frames |> Seq.map (fun f -> f.Id, correctionOf state f) |> Map.ofSeq

/// Least squares of the given frames from proposed orientations; kept where they lower the objective.
let private attempt (problem: Problem) complete method (frames: ImmutableArray<VirtualFrame>) (state: State) from =
    let stage = Problem.plan problem { state with Corrections = from } frames
    let found = search problem stage state method
    let old = objectives problem complete state (present state frames) frames
    let own = objectives problem complete state found frames

    let keep corrections id correction =
        match Map.tryFind id old, Map.tryFind id own with
        | Some o, Some n when n < o -> Map.add id correction corrections
        | _ -> corrections

    { state with
        Corrections = Map.fold keep state.Corrections found
    }

/// What each frame can say: the information of the rows that the file's orientations select, and the median misfit at present.
let private completeness (problem: Problem) (state: State) frames : Map<int, FrameFit.Completeness> =
    let stated = information (Problem.plan problem { state with Corrections = state.Drift } frames)
    let misfits = misfits problem state (present state frames) frames |> Map.values |> Seq.map _.Misfit |> Seq.sort |> Seq.toArray

    stated
    |> Map.map (fun _ information ->
        {
            Information = information
            Typical = misfits[misfits.Length / 2]
        })

/// Refines the orientations of all frames at the present structure and thickness.
///
/// - `thorough`: search from the best minima of the maps
let run (monitor: Monitor) (problem: Problem) thorough (state: State) : State =
    let all = problem.Experiment.Frames
    let complete = completeness problem state all

    let method =
        match problem.Settings.Orientation with
        | NelderMead -> FrameFit.nelderMead
        | Hexagonal -> FrameFit.hexagonal
        | _ -> fun evaluate prior -> FrameFit.fit evaluate prior iterations

    let step number frames state from =
        monitor.Stop.ThrowIfCancellationRequested()
        let next = attempt problem complete method frames state from
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))
        next

    if thorough then
        let w = System.Diagnostics.Stopwatch.StartNew()
        let minima =
            OrientationMap.minima problem complete (Angle.Radians radius) state all
        eprintfn "map %f s" w.Elapsed.TotalSeconds

        let from state rank =
            let starts =
                minima |> Map.filter (fun _ found -> found.Length > rank) |> Map.map (fun _ found -> snd found[rank])

            let frames = all |> Seq.filter (fun f -> starts.ContainsKey f.Id) |> ImmutableArray.CreateRange
            step (rank + 1) frames state starts

        let refined = step 1 all state (present state all)
        eprintfn "first %f s" w.Elapsed.TotalSeconds
        let searched = List.fold from refined [ 0 .. candidates - 1 ]
        eprintfn "all %f s" w.Elapsed.TotalSeconds
        step stepCount all searched (present searched all)
    else
        step 1 all state (present state all)
