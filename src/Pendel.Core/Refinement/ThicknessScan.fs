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

/// The same in ln wR_I: equal to `roughness` at wR_I = 7 %.
let private relativeRoughness = 130.0

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
/// each distribution takes every thickness up to its own with the share of the distribution that is nearest to it.
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

        let shares =
            thicknesses
            |> Array.map (fun t -> Array.init (min fine.Length (int (t / usualStep) + 2)) (share t))

        fun atThicknesses ->
            let calculated = atThicknesses fine

            shares
            |> Array.map (fun own ->
                Array.init calculated[0].Length (fun g ->
                    let mutable sum = 0.0

                    for j in 0 .. own.Length - 1 do
                        sum <- sum + own[j] * calculated[j][g]

                    sum))

/// Why a data set has no frame to work with.
let nothingScored =
    "after selection no frame has three reflections, one of them above its noise; expected observed reflections within \
     scored-gmax, rsg and dsg"

/// Scans the frames of a stage in the orientations of its plan.
///
/// Raises `ArgumentException` if no frame of the stage counts, `OperationCanceledException` if it is interrupted.
let scan (monitor: Monitor) (problem: Problem) (stage: Stage) (q: float array) : Scan =
    let thicknesses = grid problem.Settings
    let model = stage.Model

    let table =
        ForwardModel.tableOf model (Problem.potential problem stage (dsharp.tensor q))

    let average =
        averaging (Settings.thicknessDistribution problem.Settings) thicknesses

    let frame workspace i =
        let plan, rows = model.Plan.Frames[i], model.Rows[i]

        if Residual.isScored rows then
            average (FrameModel.atThicknesses workspace model.Plan.WaveNumber model.Precision table plan Vector3.Zero)
            |> Array.map (fun calculated -> float (Residual.wR rows (dsharp.tensor calculated)))
            |> fun wR -> Some(plan.Frame.Id, wR)
        else
            None

    let scanned =
        Monitor.overFrames monitor model.Rows.Length frame
        |> ForwardModel.perFrame model
        |> Array.choose id

    if scanned.Length = 0 then
        raise (System.ArgumentException nothingScored)

    {
        Thicknesses = thicknesses
        WR = Map.ofArray scanned
    }

/// The path of least cost: for each frame its place in the grid.
///
/// - `roughness`: change of thickness between neighbouring frames that costs 1, Å
/// - `costs`: frames × thicknesses
let path roughness (thicknesses: float array) (costs: float array array) =
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
let private places (settings: Settings) roughness thicknesses (costs: float array array) =
    match settings.ThicknessModel with
    | ThicknessChoice.Constant -> costs |> Array.map (fun cost -> Array.IndexOf(cost, Array.min cost))
    | _ -> path roughness thicknesses costs

/// Frames of a scan in the order of the data: their ids and their wR_I at each thickness.
let private inOrder (problem: Problem) (scan: Scan) =
    [|
        for f in problem.Experiment.Frames do
            match Map.tryFind f.Id scan.WR with
            | Some wR -> f.Id, wR
            | None -> ()
    |]
    |> Array.unzip

/// Mean wR_I on the path.
let private agreement (problem: Problem) (scan: Scan) =
    let _, wR = inOrder problem scan

    Array.map2 Array.item (places problem.Settings roughness scan.Thicknesses wR) wR
    |> Array.average

/// Scans all offsets from the start that agrees best without one: each frame's thickness and offset become part of the state, the
/// median offset its misset.
///
/// - `starts`: at least one
/// - `offsets`: about the rocking axis, degrees; one is 0
let run (monitor: Monitor) (problem: Problem) (starts: State list) (offsets: float array) : State =
    monitor.Report(Started(StageName.ThicknessScan, starts.Length + offsets.Length - 1))

    let scanAt (state: State) step offset =
        let tilted =
            { state with
                Misset = Vector3(Angle.Radians offset, 0.0, 0.0)
            }

        let result =
            scan monitor problem (Problem.plan problem tilted problem.Experiment.Frames) state.Structure

        monitor.Report(Advanced(StageName.ThicknessScan, step, None))
        result

    let struct (start, unturned) =
        starts
        |> List.mapi (fun i state -> struct (state, scanAt state (i + 1) 0.0))
        |> List.minBy (fun (struct (_, scan)) -> agreement problem scan)

    let turned =
        offsets
        |> Array.filter ((<>) 0.0)
        |> Array.mapi (fun i offset -> offset, scanAt start (starts.Length + i + 1) offset)
        |> Map.ofArray

    let scans =
        offsets
        |> Array.map (fun offset -> Map.tryFind offset turned |> Option.defaultValue unturned)

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

    let places = places problem.Settings roughness thicknesses costs
    let chosen = Array.map2 (fun id place -> offsets[bestOffset id place]) ids places
    let misset = (Array.sort chosen)[chosen.Length / 2]

    { start with
        Misset = Vector3(Angle.Radians misset, 0.0, 0.0)
        Thickness = Array.map2 (fun id place -> id, thicknesses[place]) ids places |> Map.ofArray
        Corrections =
            Array.map2
                (fun id o -> id, Problem.driftOf start id + Vector3(Angle.Radians(o - misset), 0.0, 0.0))
                ids
                chosen
            |> Map.ofArray
    }

/// The thickness curve at the present orientations.
///
/// - `place`: wR_I of each frame at each thickness → thickness of each frame
let private curve place monitor (problem: Problem) (stage: Stage) (state: State) : State =
    let found = scan monitor problem stage state.Structure
    let ids, wR = inOrder problem found
    let thickness: float array = place found.Thicknesses wR

    { state with
        Thickness = Array.zip ids thickness |> Map.ofArray
    }

/// The thickness curve at the present orientations: the path of least Σ wR_I.
let atPresent monitor (problem: Problem) (stage: Stage) (state: State) : State =
    let place (thicknesses: float array) costs =
        places problem.Settings roughness thicknesses costs
        |> Array.map (fun i -> thicknesses[i])

    curve place monitor problem stage state

/// The thickness between the points of the grid at which the parabola through a minimum of wR_I² has its own.
let private between (thicknesses: float array) (wR: float array) i =
    let isMinimum = 0 < i && i < wR.Length - 1 && wR[i] < wR[i - 1] && wR[i] < wR[i + 1]

    if isMinimum then
        let before, here, after = wR[i - 1] ** 2.0, wR[i] ** 2.0, wR[i + 1] ** 2.0
        let share = 0.5 * (before - after) / (before - 2.0 * here + after)
        thicknesses[i] + share * (thicknesses[i + 1] - thicknesses[i])
    else
        thicknesses[i]

/// The same where the orientations are exact, so that noise alone keeps the frames from their own minima: the path of least
/// Σ ln wR_I, on which a frame with little noise keeps its thickness and one with much noise follows its neighbours, then the
/// minimum between the points of the grid. (With orientations in error a frame that agrees by chance would win too much.)
let atExactOrientations monitor (problem: Problem) (stage: Stage) (state: State) : State =
    let place (thicknesses: float array) (wR: float array array) =
        wR
        |> Array.map (Array.map log)
        |> places problem.Settings relativeRoughness thicknesses
        |> Array.map2 (between thicknesses) wR

    curve place monitor problem stage state
