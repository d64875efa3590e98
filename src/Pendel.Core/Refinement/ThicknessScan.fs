/// Joint coarse scan of thickness and scan-axis offset.
///
/// wR_I(t) of a frame has a minimum for every Pendellösung fringe, so no local search may start it. For each offset about
/// the rocking axis all thicknesses follow from one propagation. The thickness curve is the path over the frames that
/// minimises Σ_f wR_f(t_f) + Σ ((t_{f+1} − t_f)/roughness)², each frame at its best offset, by dynamic programming.
module Pendel.Core.ThicknessScan

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.Problem

/// Usual step of a thickness grid, Å: a small part of the shortest fringe in use.
let private usualStep = 10.0

/// Step of the scan's grid, Å: the paper's for one thickness of all frames.
let private gridStep =
    function
    | ThicknessChoice.Constant -> 2.0
    | _ -> usualStep

/// Change of thickness between neighbouring frames that costs 1 in wR_I, Å.
let private roughness = 500.0

/// Offset that costs 1 in wR_I, degrees.
let private offsetRoughness = 2.0

/// wR_I of each frame (by id) at each thickness; frames that no mean counts are absent.
type Scan =
    {
        Thicknesses: float array
        WR: Map<int, float array>
    }

/// The thicknesses of the settings' range, Å; one thickness for kinematical intensities.
let grid (settings: Settings) =
    let range = settings.ThicknessMax - settings.ThicknessMin
    let steps = int (Math.Ceiling(range / gridStep settings.ThicknessModel))

    match settings.ThicknessModel with
    | ThicknessChoice.Kinematical -> [| ThicknessModel.KinematicalThickness |]
    | _ -> Array.init (steps + 1) (fun i -> settings.ThicknessMin + range * float i / float steps)

/// From intensities at any thicknesses to those of a distribution with each thickness of a grid. All share a finer grid, of which
/// each distribution takes every thickness with the share of the distribution that is nearest to it.
let private averaging
    distribution
    (thicknesses: float array)
    : (float array -> float array array) -> float array array =
    match distribution with
    | Plate -> fun atThicknesses -> atThicknesses thicknesses
    | shape ->
        let count = int (Math.Ceiling(Array.last thicknesses / usualStep))
        let fine = Array.init (count + 1) (fun j -> usualStep * float j)

        let share t j =
            let below offset =
                ThicknessDistribution.cumulative shape ((fine[j] + offset * usualStep) / t)

            below 0.5 - (if j = 0 then 0.0 else below -0.5)

        let shares = thicknesses |> Array.map (fun t -> Array.init fine.Length (share t))

        fun atThicknesses ->
            let calculated = atThicknesses fine

            shares
            |> Array.map (fun own ->
                Array.init calculated[0].Length (fun g ->
                    let mutable sum = 0.0

                    for j in 0 .. fine.Length - 1 do
                        sum <- sum + own[j] * calculated[j][g]

                    sum))

let private nothingScored =
    "after selection no frame has three reflections, one of them above its noise; expected observed reflections within \
     scored-gmax, rsg and dsg"

/// Scans the frames of a stage in the orientations of its plan.
///
/// Raises `ArgumentException` if no frame of the stage counts.
let scan (problem: Problem) (stage: Stage) (q: float array) : Scan =
    let thicknesses = grid problem.Settings
    let model = stage.Model

    let table =
        ForwardModel.tableOf model (Problem.potential problem stage (dsharp.tensor q))

    let average = averaging problem.Settings.ThicknessDistribution thicknesses

    let frame workspace i =
        let plan, rows = model.Plan.Frames[i], model.Rows[i]

        if Residual.isScored rows then
            average (FrameModel.atThicknesses workspace model.Plan.WaveNumber model.Precision table plan Vector3.Zero)
            |> Array.map (fun calculated -> float (Residual.wR rows (dsharp.tensor calculated)))
            |> fun wR -> Some(plan.Frame.Id, wR)
        else
            None

    let scanned = ForwardModel.perFrame model frame |> Array.choose id

    if scanned.Length = 0 then
        raise (System.ArgumentException nothingScored)

    {
        Thicknesses = thicknesses
        WR = Map.ofArray scanned
    }

/// The path of least cost: for each frame its place in the grid.
///
/// - `costs`: frames × thicknesses
let path (thicknesses: float array) (costs: float array array) =
    let places = [| 0 .. thicknesses.Length - 1 |]

    let penalty i j =
        ((thicknesses[i] - thicknesses[j]) / roughness) ** 2.0

    let advance (total: float array, steps) (cost: float array) =
        let from =
            places
            |> Array.map (fun j -> places |> Array.minBy (fun i -> total[i] + penalty i j))

        places |> Array.map (fun j -> total[from[j]] + penalty from[j] j + cost[j]), from :: steps

    let total, steps = costs |> Array.tail |> Array.fold advance (costs[0], [])
    let last = places |> Array.minBy (fun i -> total[i])

    steps
    |> List.scan (fun place (from: int array) -> from[place]) last
    |> List.rev
    |> List.toArray

/// The place of each frame in the grid: the path, or each frame's own minimum where the model takes their mean.
let private places (settings: Settings) thicknesses (costs: float array array) =
    match settings.ThicknessModel with
    | ThicknessChoice.Constant -> costs |> Array.map (fun cost -> Array.IndexOf(cost, Array.min cost))
    | _ -> path thicknesses costs

/// Scans all offsets: each frame's thickness and offset become part of the state, the median offset its misset.
///
/// - `offsets`: about the rocking axis, degrees
let run (monitor: Monitor) (problem: Problem) (state: State) (offsets: float array) : State =
    monitor.Report(Started(StageName.ThicknessScan, offsets.Length))

    let scanAt step offset =
        monitor.Stop.ThrowIfCancellationRequested()

        let tilted =
            { state with
                Misset = Vector3(Angle.Radians offset, 0.0, 0.0)
            }

        let result =
            scan problem (Problem.plan problem tilted problem.Experiment.Frames) state.Structure

        monitor.Report(Advanced(StageName.ThicknessScan, step + 1, None))
        result

    let scans = offsets |> Array.mapi scanAt

    let ids =
        [|
            for f in problem.Experiment.Frames do
                if scans |> Array.forall (fun s -> s.WR.ContainsKey f.Id) then
                    f.Id
        |]

    if ids.Length = 0 then
        raise (System.ArgumentException nothingScored)

    let cost o = (offsets[o] / offsetRoughness) ** 2.0

    let bestOffset id j =
        [| 0 .. offsets.Length - 1 |]
        |> Array.minBy (fun o -> scans[o].WR[id][j] + cost o)

    let thicknesses = scans[0].Thicknesses

    let costs =
        ids
        |> Array.map (fun id ->
            Array.init thicknesses.Length (fun j -> let o = bestOffset id j in scans[o].WR[id][j] + cost o))

    let places = places problem.Settings thicknesses costs
    let chosen = Array.map2 (fun id place -> offsets[bestOffset id place]) ids places
    let misset = (Array.sort chosen)[chosen.Length / 2]

    { state with
        Misset = Vector3(Angle.Radians misset, 0.0, 0.0)
        Thickness = Array.map2 (fun id place -> id, thicknesses[place]) ids places |> Map.ofArray
        Corrections =
            Array.map2
                (fun id o -> id, Problem.driftOf state id + Vector3(Angle.Radians(o - misset), 0.0, 0.0))
                ids
                chosen
            |> Map.ofArray
    }

/// The minimum of wR_I² downhill from a place of the grid, by the parabola through three points of the grid; a place at the
/// end of the grid stays. The path decides which fringe is meant, and pulls neighbours together; the data decide the rest.
let private minimum (thicknesses: float array) (wR: float array) place =
    let last = wR.Length - 1

    let rec descend i =
        let lower =
            [ i - 1; i + 1 ] |> List.filter (fun j -> 0 <= j && j <= last && wR[j] < wR[i])

        if lower.IsEmpty then
            i
        else
            descend (List.minBy (fun j -> wR[j]) lower)

    let i = descend place

    if i = 0 || i = last then
        thicknesses[i]
    else
        let before, here, after = wR[i - 1] ** 2.0, wR[i] ** 2.0, wR[i + 1] ** 2.0
        let curvature = before - 2.0 * here + after
        let step = thicknesses[i + 1] - thicknesses[i]

        thicknesses[i]
        + step
          * (if curvature > 0.0 then
                 0.5 * (before - after) / curvature
             else
                 0.0)

/// The thickness curve at the present orientations: on the path of least cost, each frame at its own minimum.
let atPresent (problem: Problem) (stage: Stage) (state: State) : State =
    let found = scan problem stage state.Structure

    let ids =
        [|
            for f in problem.Experiment.Frames do
                if found.WR.ContainsKey f.Id then
                    f.Id
        |]

    let places =
        places problem.Settings found.Thicknesses (ids |> Array.map (fun id -> found.WR[id]))

    { state with
        Thickness =
            Array.map2 (fun id place -> id, minimum found.Thicknesses found.WR[id] place) ids places
            |> Map.ofArray
    }
