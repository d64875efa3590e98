/// Orientation of each frame: least squares from its present orientation and from the minima of a map around it.
///
/// A proposed orientation is kept if it lowers the objective on the rows that it selects, else half of the way to it, and so on.
/// That alone would reward pushing misfitting rows out of the frame, so information lost since the stage began (Σw²F_o²) counts
/// against it.
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

/// A minimum of a map this many times above the least objective of its frame so far is no start.
let private hopeless = 2.0

/// Objective up to which a minimum of a map is a start in any case: a wR_F of 3 %, which its steps alone may cost, without a prior.
let private promising = 9.0

/// Linearisations of one least-squares fit.
let private iterations = 8

/// Halvings of a step that does not lower the objective on the rows that it selects.
let private halvings = 3

/// What all searches of a stage share.
type private Search =
    {
        Monitor: Monitor
        Problem: Problem
        Measure: OrientationResidual.Measure
        /// Information of each frame at the start of the stage, by id.
        Reference: Map<int, float>
    }

/// Applies a function to the residuals, the prior and the present state of every frame that counts; results by frame id.
let private perScored (search: Search) (stage: Stage) (state: State) compute =
    let problem = search.Problem

    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let frame workspace i =
        let plan, rows = stage.Model.Plan.Frames[i], stage.Model.Rows[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored rows ->
            let evaluate = FrameFit.residuals search.Measure stage.Model table workspace i

            let here =
                {
                    Thickness = t
                    Rotation = Vector3.Zero
                }

            Some(plan.Frame.Id, compute i evaluate (FrameFit.priorOf problem.Settings state plan) here)
        | _ -> None

    Monitor.overFrames search.Monitor stage.Model.Rows.Length frame
    |> ForwardModel.perFrame stage.Model
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

/// The threshold of outliers at a state: that of the observed rows of all frames, by a search on amplitudes.
let private threshold search (stage: Stage) (state: State) =
    perScored search stage state (fun i evaluate _ here ->
        let rows = stage.Model.Rows[i]
        let unit = OrientationResidual.unit rows

        evaluate here.Thickness [| here.Rotation |]
        |> Array.head
        |> Array.mapi (fun row r -> if rows.Observed[row] then Some(abs (unit * r)) else None)
        |> Array.choose id)
    |> Map.values
    |> Seq.concat
    |> RobustResidual.threshold

/// Corrections of frames, rad, and the objectives that they have, by id.
type Stand =
    {
        Corrections: Map<int, Vector3>
        Objectives: Map<int, float>
    }

let private standing (stand: Stand) id =
    stand.Corrections |> Map.tryFind id |> Option.defaultValue Vector3.Zero

/// Corrections nearer than this are the same, rad: a rocking curve is about 10⁻³ rad wide.
let private same = 1e-4

/// The proposed corrections where they lower the objective; where they do not, half of the way there, and so on, unless they are
/// the start of the way or what stands.
///
/// - `objectives`: of frames at corrections, by id
/// - `starts`: where the ways begin, by id
/// - `halvings`: of a way at most
let rec keepLower objectives (starts: Map<int, Vector3>) halvings (stand: Stand) (proposed: Map<int, Vector3>) : Stand =
    let found: Map<int, float> = objectives proposed

    let isLower id =
        match Map.tryFind id stand.Objectives, Map.tryFind id found with
        | Some before, Some now -> now < before
        | _ -> false

    let kept, rest = proposed |> Map.partition (fun id _ -> isLower id)

    let next =
        {
            Corrections = Map.fold (fun all id correction -> Map.add id correction all) stand.Corrections kept
            Objectives = Map.fold (fun all id _ -> Map.add id found[id] all) stand.Objectives kept
        }

    let isNew id (correction: Vector3) =
        (correction - starts[id]).Length > same
        && (correction - standing stand id).Length > same

    let moving = rest |> Map.filter isNew

    if halvings = 0 || moving.IsEmpty then
        next
    else
        moving
        |> Map.map (fun id correction -> 0.5 * (starts[id] + correction))
        |> keepLower objectives starts (halvings - 1) next

/// Least squares of the frames of a stage from the orientations of its plan; kept, whole or in part, where they lower the objective.
let private attempt search state method (stand: Stand) (stage: Stage) =
    let start (plan: FramePlan) =
        let prior = FrameFit.priorOf search.Problem.Settings state plan

        let inside =
            FrameFit.inside
                prior
                {
                    Thickness = 0.0
                    Rotation = Vector3.Zero
                }

        plan.Frame.Id, plan.Correction + inside.Rotation

    let starts = stage.Model.Plan.Frames |> Seq.map start |> Map.ofSeq

    corrections search stage state method
    |> keepLower (planAt search.Problem state >> objectives search state) starts halvings stand

/// The minima of each frame's map, the best first: corrections with the map's objectives, by id.
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
        OrientationMap.minima search.Monitor search.Measure problem search.Reference state frames

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

    let ofAmplitudes =
        {
            Monitor = monitor
            Problem = problem
            Measure = OrientationResidual.Amplitudes
            Reference = information present
        }

    let search =
        { ofAmplitudes with
            Measure =
                match problem.Settings.Orientation with
                | Robust -> OrientationResidual.RobustAmplitudes(threshold ofAmplitudes present state)
                | Intensities -> OrientationResidual.Intensities problem.Settings.Loss
                | _ -> OrientationResidual.Amplitudes
        }

    let report number =
        monitor.Report(Advanced(StageName.FrameOrientation, number, None))

    let step number stand stage =
        let next = attempt search state (methodOf problem.Settings) stand stage
        report number
        next

    let start =
        {
            Corrections = state.Corrections
            Objectives = objectives search state present
        }

    let refined = step 1 start present

    let reached =
        if thorough then
            let found = starts search ((+) 1 >> report) state

            let ofRank rank (stand: Stand) (id, minimaOfFrame) =
                // one within a step of the map is what stands
                let isFar correction =
                    (correction - standing stand id).Length > OrientationMap.spacing

                match Array.tryItem rank minimaOfFrame, Map.tryFind id stand.Objectives with
                | Some(struct (correction, value)), Some best when
                    value < max promising (hopeless * best) && isFar correction
                    ->
                    Some(id, correction)
                | _ -> None

            let fromMinima (stand: Stand) rank =
                let number = stepCount problem - minima + rank + 1

                let corrections = found |> Map.toSeq |> Seq.choose (ofRank rank stand) |> Map.ofSeq

                if corrections.IsEmpty then
                    report number
                    stand
                else
                    corrections |> planAt problem state |> step number stand

            List.fold fromMinima refined [ 0 .. minima - 1 ]
        else
            refined

    { state with
        Corrections = reached.Corrections
    }
