/// What the model says of every frame and row at a state, and the residuals.
module Pendel.Core.Evaluate

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Parameters of the goodness of fit, of those that the settings refine: structure, three angles and the misset, mosaicities; the
/// scales; and the thickness as one per frame or the model's parameters, whichever is less, none where the model is held.
let private parameterCount (problem: Problem) (state: State) frames =
    let settings = problem.Settings

    let angles = if settings.Orientation = Fixed then 0 else 3 * frames + 3

    let thickness =
        match state.ThicknessParameters with
        | Some _ when problem.ThicknessModel.LearningRate = 0.0 -> 0
        | Some parameters -> min frames parameters.Length
        | None -> frames

    let structure = if settings.Epochs = 0 then 0 else problem.Structure.Count

    structure + frames + angles + thickness + MosaicityStage.count settings

/// √(Σ w²(F_o − F_c)² / (N − P)) over independent measurements: a repeated one counts once, by its mean.
let private goodnessOfFit parameters (rows: (Observation * float) array) =
    let independent =
        rows |> Array.groupBy fst |> Array.map (fun (_, g) -> g |> Array.averageBy snd)

    if independent.Length > parameters then
        Some(sqrt (Array.sum independent / float (independent.Length - parameters)))
    else
        None

let private frameResult (plan: FramePlan) (rows: Residual.Rows) thickness spread (calculated: float array) =
    {
        Id = plan.Frame.Id
        Alpha = plan.Frame.Alpha
        RowCount = plan.Scored.Length
        ObservedCount = rows.Observed |> Array.filter id |> Array.length
        WR =
            if Residual.isScored rows then
                Some(float (Residual.wR rows (dsharp.tensor calculated)))
            else
                None
        RObs = Residual.rObserved rows calculated
        Thickness = thickness
        ThicknessSpread = spread
        Correction = plan.Correction
        Scale = Residual.scale rows calculated
    }

/// σ of the thickness of frames, Å, where it is sampled.
let private spreads (problem: Problem) (state: State) (plans: FramePlan array) =
    match problem.ThicknessModel.Spread, state.ThicknessParameters with
    | Some spread, Some parameters ->
        (spread.At (plans |> Array.map _.Frame.Alpha) (dsharp.tensor parameters)).toArray1D<float>()
        |> Array.map Some
    | _ -> Array.create plans.Length None

let private reflectionResults isFree id (frame: FreeRows.FrameRows) =
    frame.Scored
    |> Seq.mapi (fun i row ->
        {
            FrameId = id
            Row = row
            Calculated = frame.Scale * frame.Calculated[i]
            Weight = frame.Rows.Weight[i]
            IsObserved = frame.Rows.Observed[i]
            IsFree = isFree
        })
    |> Seq.toArray

let private misfits (rows: Residual.Rows) (plan: FramePlan) (calculated: float array) =
    let amplitudes = Residual.scaledAmplitudes rows calculated

    Array.init amplitudes.Length (fun i ->
        plan.Scored[i].Observation, (rows.Weight[i] * (rows.JanaAmplitude[i] - amplitudes[i])) ** 2.0)

/// Measurements of a frame above 3σ.
let private observed (plan: FramePlan) (rows: Residual.Rows) _ =
    plan.Scored
    |> Seq.map _.Observation
    |> Seq.indexed
    |> Seq.filter (fun (i, _) -> rows.Observed[i])
    |> Seq.map snd
    |> Seq.toArray

/// The held-out rows of the frames that count, by frame id.
///
/// - `hand`: the potential of a stage → that of the hand in question
/// - `working`: the working rows by frame id
let private heldOutRows hand (problem: Problem) (stage: Stage) (state: State) (working: Map<int, FreeRows.FrameRows>) =
    match Problem.planHeldOut problem stage state with
    | None -> Map.empty
    | Some heldOut ->
        let plans = heldOut.Model.Plan.Frames

        let states =
            [|
                for plan in plans ->
                    {
                        Thickness = state.Thickness[plan.Frame.Id]
                        Rotation = Vector3.Zero
                    }
            |]

        let potential =
            Problem.potential problem heldOut (dsharp.tensor state.Structure)
            |> hand heldOut

        ForwardModel.intensities heldOut.Model potential states
        |> Array.mapi (fun i calculated ->
            let id = plans[i].Frame.Id
            id, FreeRows.heldOut working[id] plans[i] heldOut.Model.Rows[i] calculated)
        |> Map.ofArray

let private validation (problem: Problem) (working: Map<int, FreeRows.FrameRows>) heldOut : Validation option =
    if problem.HeldOut.IsEmpty then
        None
    else
        let counting = working |> Map.filter (fun _ f -> Residual.isScored f.Rows)

        Some
            {
                Working = counting.Values |> Seq.toArray |> FreeRows.agreement
                HeldOut =
                    (heldOut: Map<int, FreeRows.FrameRows>).Values
                    |> Seq.toArray
                    |> FreeRows.agreement
            }

let private meanOf values =
    if Array.isEmpty values then nan else Array.average values

let private evaluate hand (problem: Problem) (stage: Stage) (state: State) : Evaluation =
    let potential =
        Problem.potential problem stage (dsharp.tensor state.Structure) |> hand stage

    let thickness (plan: FramePlan) =
        state.Thickness |> Map.tryFind plan.Frame.Id

    let plans = stage.Model.Plan.Frames |> Seq.toArray

    let kept =
        [|
            for i in 0 .. plans.Length - 1 do
                if (thickness plans[i]).IsSome then
                    i
        |]

    let states =
        plans
        |> Array.map (fun plan ->
            {
                Thickness = thickness plan |> Option.defaultValue 0.0
                Rotation = Vector3.Zero
            })

    let all = ForwardModel.intensities stage.Model potential states

    let over f =
        kept |> Array.map (fun i -> f plans[i] stage.Model.Rows[i] all[i])

    let spreads = spreads problem state plans

    let frames =
        kept
        |> Array.map (fun i -> frameResult plans[i] stage.Model.Rows[i] states[i].Thickness spreads[i] all[i])

    let working =
        over (fun plan rows calculated -> plan.Frame.Id, FreeRows.working plan rows calculated)

    let heldOut = heldOutRows hand problem stage state (Map.ofArray working)
    let wR, rObs = frames |> Array.choose _.WR, frames |> Array.choose _.RObs

    let misfits =
        over (fun plan rows calculated -> misfits rows plan calculated) |> Array.concat

    let parameters = parameterCount problem state frames.Length

    let structure = problem.Structure

    {
        Crystal = StructureModel.toCrystal structure state.Structure
        Riding = set [ for r in structure.Riding -> structure.Start.Sites[r.Hydrogen].Label ]
        Restraints =
            dsharp.tensor state.Structure
            |> StructureModel.evaluate structure
            |> Restraints.results problem.Restraints
        Geometry = problem.Geometry
        Mosaicity = state.Mosaicity
        Residuals =
            {
                WRMean = meanOf wR
                RObsMean = meanOf rObs
                FramesLeftOutOfWR = problem.Experiment.Frames.Length - wR.Length
                FramesLeftOutOfRObs = problem.Experiment.Frames.Length - rObs.Length
                Pooled = Residual.pooled (over (fun _ rows calculated -> rows, calculated))
                GoodnessOfFit = goodnessOfFit parameters misfits
                ObservedCount = frames |> Array.sumBy _.ObservedCount
                RowCount = frames |> Array.sumBy _.RowCount
                UniqueMeasurementCount = misfits |> Array.distinctBy fst |> Array.length
                UniqueObservedCount = over observed |> Array.concat |> Array.distinct |> Array.length
                ParameterCount = parameters
                Validation = validation problem (Map.ofArray working) heldOut
            }
        Frames = frames
        Reflections =
            working
            |> Array.collect (fun (id, rows) ->
                let free = heldOut |> Map.tryFind id |> Option.toArray
                Array.append (reflectionResults false id rows) (free |> Array.collect (reflectionResults true id)))
    }

/// Evaluates a state on the rows of a stage. A frame without a thickness is left out.
///
/// Raises `NumericalException` naming the frame if an intensity is not finite.
let at (problem: Problem) (stage: Stage) (state: State) : Evaluation =
    evaluate (fun _ u -> u) problem stage state

/// The same for the opposite hand of the structure, all else being as it is; the crystal of the result stays that of the state.
let atOppositeHand (problem: Problem) (stage: Stage) (state: State) : Evaluation =
    evaluate (fun (s: Stage) -> OppositeHand.potential s.Potential.Kind s.Potential.Support) problem stage state
