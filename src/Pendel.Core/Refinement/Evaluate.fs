/// What the model says of every frame and row at a state, and the residuals.
module Pendel.Core.Evaluate

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem
open Pendel.Core.DataSet

/// What is calculated for a data set.
type private Calculated =
    {
        DataSet: DataSet
        Frames: FrameResult array
        /// Working rows of the frames that have a thickness, with the frame's id.
        Working: (int * FreeRows.FrameRows) array
        /// Held-out rows of the frames that count, by frame id.
        HeldOut: Map<int, FreeRows.FrameRows>
    }

/// Parameters of the goodness of fit that a data set has of its own, of those that the settings refine: two tilts and the
/// misset, mosaicities; the scales; and the thickness as one per frame or the model's parameters, whichever is less, none where the
/// model is held.
let private ownParameters (calculated: Calculated) =
    let problem, frames = calculated.DataSet.Problem, calculated.Frames.Length
    let settings = problem.Settings

    let angles =
        if settings.Orientation = Fixed then
            0
        else
            FrameFit.axes.Length * frames + 3

    let thickness =
        match calculated.DataSet.State.ThicknessParameters with
        | Some _ when problem.ThicknessModel.LearningRate = 0.0 -> 0
        | Some parameters -> min frames parameters.Length
        | None -> frames

    frames + angles + thickness + MosaicityStage.count settings

/// Those of the structure.
let private structureParameters (problem: Problem) =
    if problem.Settings.Epochs = 0 then
        0
    else
        problem.Structure.Count

/// √(Σ w²(F_o − F_c)² / (N − P)) over independent measurements of each data set: a repeated one counts once, by its mean.
let private goodnessOfFit parameters (dataSets: (Observation * float) array array) =
    let independent =
        dataSets
        |> Array.collect (Array.groupBy fst >> Array.map (fun (_, g) -> g |> Array.averageBy snd))

    if independent.Length > parameters then
        Some(sqrt (Array.sum independent / float (independent.Length - parameters)))
    else
        None

/// Largest |g| of the scored rows of a frame, Å⁻¹.
let private largestG (problem: Problem) (plan: FramePlan) =
    plan.Scored
    |> Seq.map (fun r -> problem.Experiment.Cell.ReciprocalLength r.Observation.Hkl)
    |> Seq.fold max 0.0

let private frameResult
    problem
    state
    (plan: FramePlan)
    (rows: Residual.Rows)
    thickness
    spread
    (calculated: float array)
    =
    let gMax = largestG problem plan

    let fringes =
        RockingCurve.Fringes(plan.SemiAngle, gMax, thickness, problem.Geometry.Geometry)

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
        TiltCount = plan.Tilts |> Seq.filter (fun t -> t.Misorientation = 0.0) |> Seq.length
        TiltStep = fringes / float (Problem.curve problem state plan.Frame).Count
        SufficientTilts = Problem.sufficientTilts problem state gMax thickness plan.Frame
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

/// Squared misfits of the working rows, by measurement.
let private misfits (calculated: Calculated) =
    calculated.Working
    |> Array.collect (fun (_, f) ->
        let amplitudes = Residual.scaledAmplitudes f.Rows f.Calculated

        f.Scored
        |> Seq.mapi (fun i row ->
            row.Observation, (f.Rows.Weight[i] * (f.Rows.JanaAmplitude[i] - amplitudes[i])) ** 2.0)
        |> Seq.toArray)

/// Measurements above 3σ in the working rows.
let private observed (calculated: Calculated) =
    [|
        for _, f in calculated.Working do
            for row, isObserved in Seq.zip f.Scored f.Rows.Observed do
                if isObserved then
                    row.Observation
    |]

/// The held-out rows of the frames that count, by frame id.
///
/// - `hand`: the potential of a stage → that of the hand in question
/// - `working`: the working rows by frame id
let private heldOutRows hand (dataSet: DataSet) (working: Map<int, FreeRows.FrameRows>) =
    let problem, state = dataSet.Problem, dataSet.State

    match Problem.planHeldOut problem dataSet.Stage state with
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

/// Held-out beside working rows, where any data set holds some out.
let private validation (dataSets: Calculated array) : Validation option =
    if dataSets |> Array.forall _.DataSet.Problem.HeldOut.IsEmpty then
        None
    else
        let counting (c: Calculated) =
            c.Working |> Map.ofArray |> Map.filter (fun _ f -> Residual.isScored f.Rows)

        let rows (frames: Map<int, FreeRows.FrameRows>) = frames |> Map.values |> Seq.toArray

        Some
            {
                Working = dataSets |> Array.map (counting >> rows) |> FreeRows.agreement
                HeldOut = dataSets |> Array.map (_.HeldOut >> rows) |> FreeRows.agreement
            }

let private meanOf values =
    if Array.isEmpty values then nan else Array.average values

/// Residuals over all frames and rows of data sets of one structure.
let private residuals (dataSets: Calculated array) =
    let frames = dataSets |> Array.collect _.Frames
    let wR, rObs = frames |> Array.choose _.WR, frames |> Array.choose _.RObs
    let inData = dataSets |> Array.sumBy _.DataSet.Problem.Experiment.Frames.Length
    let misfits = dataSets |> Array.map misfits

    let parameters =
        structureParameters dataSets[0].DataSet.Problem
        + Array.sumBy ownParameters dataSets

    {
        WRMean = meanOf wR
        RObsMean = meanOf rObs
        FramesLeftOutOfWR = inData - wR.Length
        FramesLeftOutOfRObs = inData - rObs.Length
        Pooled =
            dataSets
            |> Array.collect _.Working
            |> Array.map (fun (_, f) -> f.Rows, f.Calculated)
            |> Residual.pooled
        GoodnessOfFit = goodnessOfFit parameters misfits
        ObservedCount = frames |> Array.sumBy _.ObservedCount
        RowCount = frames |> Array.sumBy _.RowCount
        UniqueMeasurementCount = misfits |> Array.sumBy (Array.distinctBy fst >> Array.length)
        UniqueObservedCount = dataSets |> Array.sumBy (observed >> Array.distinct >> Array.length)
        ParameterCount = parameters
        Validation = validation dataSets
    }

/// Intensities of the rows of a data set, those of a frame without a thickness left out.
let private calculate hand (dataSet: DataSet) : Calculated =
    let stage, state = dataSet.Stage, dataSet.State

    let potential =
        Problem.potential dataSet.Problem stage (dsharp.tensor state.Structure)
        |> hand stage

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
    let spreads = spreads dataSet.Problem state plans

    let working =
        kept
        |> Array.map (fun i -> plans[i].Frame.Id, FreeRows.working plans[i] stage.Model.Rows[i] all[i])

    {
        DataSet = dataSet
        Frames =
            kept
            |> Array.map (fun i ->
                frameResult dataSet.Problem state plans[i] stage.Model.Rows[i] states[i].Thickness spreads[i] all[i])
        Working = working
        HeldOut = working |> Map.ofArray |> heldOutRows hand dataSet
    }

let private evaluation (calculated: Calculated) : Evaluation =
    let problem, state = calculated.DataSet.Problem, calculated.DataSet.State
    let structure = problem.Structure

    {
        Crystal = StructureModel.toCrystal structure state.Structure
        Riding = set [ for r in structure.Riding -> structure.Start.Sites[r.Hydrogen].Label ]
        Restraints =
            dsharp.tensor state.Structure
            |> StructureModel.evaluate structure
            |> Restraints.results problem.Restraints
        Geometry = problem.Geometry
        RsgLimit = problem.Settings.Selection.RsgLimit problem.Geometry.Geometry
        Mosaicity = state.Mosaicity
        Residuals = residuals [| calculated |]
        Frames = calculated.Frames
        Reflections =
            calculated.Working
            |> Array.collect (fun (id, rows) ->
                let free = calculated.HeldOut |> Map.tryFind id |> Option.toArray
                Array.append (reflectionResults false id rows) (free |> Array.collect (reflectionResults true id)))
    }

/// A data set in units of its median frame scale, whatever the unit of its file: parts of the incident beam, by which the rows of
/// several data sets compare.
let private inBeamUnits (calculated: Calculated) =
    let scales =
        calculated.Working
        |> Array.map (fun (_, f) -> f.Scale)
        |> Array.filter (fun c -> c > 0.0)
        |> Array.sort

    if scales.Length = 0 then
        calculated
    else
        let unit = scales[scales.Length / 2]

        { calculated with
            Working = calculated.Working |> Array.map (fun (id, f) -> id, FreeRows.inUnits unit f)
            HeldOut = calculated.HeldOut |> Map.map (fun _ f -> FreeRows.inUnits unit f)
        }

let private evaluate hand (dataSets: DataSet array) : Evaluations =
    let calculated = dataSets |> DataSet.each (fun _ -> calculate hand)
    let each = calculated |> Array.map evaluation

    {
        Each = each
        Residuals =
            match each with
            | [| one |] -> one.Residuals
            | _ -> calculated |> Array.map inBeamUnits |> residuals
    }

/// Evaluates data sets of one structure. A frame without a thickness is left out.
///
/// Raises `NumericalException` naming the frame if an intensity is not finite.
let all (dataSets: DataSet array) : Evaluations = evaluate (fun _ u -> u) dataSets

let private one problem stage state =
    [|
        {
            Problem = problem
            Stage = stage
            State = state
        }
    |]

/// Evaluates a state on the rows of a stage. A frame without a thickness is left out.
///
/// Raises `NumericalException` naming the frame if an intensity is not finite.
let at (problem: Problem) (stage: Stage) (state: State) : Evaluation =
    (one problem stage state |> all).Each[0]

/// The same for the opposite hand of the structure, all else being as it is; the crystal of the result stays that of the state.
let atOppositeHand (problem: Problem) (stage: Stage) (state: State) : Evaluation =
    let inverted =
        one problem stage state
        |> evaluate (fun s -> OppositeHand.potential s.Potential.Kind s.Potential.Support)

    inverted.Each[0]
