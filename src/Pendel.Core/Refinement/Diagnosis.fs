/// Frames and measurements that disagree far more than the others, with the likely cause, and what the data do not support.
///
/// *Far more*: above the median by a number of robust standard deviations, 1.4826 × the median absolute deviation. Causes are
/// guesses by rules that look at one thing each; the first that holds is named.
module Pendel.Core.Diagnosis

open Pendel.Crystallography
open Pendel.Diffraction

/// Why a frame may disagree.
type FrameCause =
    /// Fewer than 10 scored rows or 5 observed ones.
    | FewReflections
    /// Half of the frames have twice its median I/σ and more.
    | Weak
    /// |ω_f| at nine tenths of its bound or more.
    | OrientationFarOff
    /// At an end of the range.
    | ThicknessAtBound
    /// Scale off the median of its neighbours by a factor of 2.
    | ScaleOff
    /// One row makes more than half of Σw²(I_o − cI_c)².
    | OneReflection of MillerIndex
    /// None of these.
    | Spread

/// A frame that disagrees, or that wR_mean leaves out.
type FrameOutlier =
    {
        Frame: FrameResult
        Cause: FrameCause
    }

/// Why a measurement may disagree.
type MeasurementCause =
    /// All its frames are outliers.
    | OutlyingFrames
    /// It agrees in other frames.
    | OneFrame of int
    /// RSg above 0.8 in all its frames.
    | EndOfRange
    /// I_o above c I_c.
    | TooStrong
    /// I_o below c I_c.
    | TooWeak

/// A measurement that disagrees.
type MeasurementOutlier =
    {
        Measurement: Observation
        /// Frames in which it is scored.
        Frames: int array
        /// c I_c, mean over its rows.
        Calculated: float
        /// Root mean square over its rows of w(√I_o − √(c I_c)).
        Misfit: float
        Cause: MeasurementCause
    }

type Diagnosis =
    {
        /// Limit of wR_I; None where there are too few frames to tell.
        FrameLimit: float option
        /// By falling wR_I, those left out of wR_mean last.
        Frames: FrameOutlier array
        /// By falling misfit.
        Measurements: MeasurementOutlier array
        /// What the data do not support.
        Warnings: string list
    }

/// Robust standard deviations above the median from which a frame and a measurement are outliers.
let private frameDeviations, measurementDeviations = 3.0, 6.0

/// Fewest frames, or measurements, of which one may be an outlier.
let private fewest = 5

let private median (values: float array) =
    let sorted = Array.sort values
    0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2])

let private limit deviations (values: float array) =
    if values.Length < fewest then
        None
    else
        let middle = median values
        let spread = 1.4826 * median (values |> Array.map (fun v -> abs (v - middle)))
        Some(middle + deviations * spread)

let private isAtBound (settings: Settings) (frame: FrameResult) =
    let margin = 0.01 * (settings.ThicknessMax - settings.ThicknessMin)

    settings.ThicknessModel <> ThicknessChoice.Kinematical
    && (frame.Thickness < settings.ThicknessMin + margin
        || frame.Thickness > settings.ThicknessMax - margin)

let private significance (rows: ReflectionResult array) =
    rows
    |> Array.filter (fun r -> r.Row.Observation.Su > 0.0)
    |> Array.map (fun r -> r.Row.Observation.Intensity / r.Row.Observation.Su)
    |> fun values -> if values.Length = 0 then 0.0 else median values

/// Scale of each frame over the median of those of its five neighbours on each side, by id.
let private relativeScales (frames: FrameResult array) =
    let ordered = frames |> Array.sortBy _.Alpha

    ordered
    |> Array.mapi (fun i f ->
        let near = ordered[max 0 (i - 5) .. min (ordered.Length - 1) (i + 5)]
        f.Id, f.Scale / median (near |> Array.map _.Scale))
    |> Map.ofArray

/// The row that makes more than half of Σw²(I_o − cI_c)² of a frame.
let private dominant (rows: ReflectionResult array) =
    let misfit (r: ReflectionResult) =
        (r.Weight * (r.Row.Observation.Intensity - r.Calculated)) ** 2.0

    let half = 0.5 * Array.sumBy misfit rows

    rows
    |> Array.tryFind (fun r -> misfit r > half)
    |> Option.map _.Row.Observation.Hkl

let private frameCause (settings: Settings) (scales: Map<int, float>) typical (frame: FrameResult) rows =
    let bound = Angle.Radians settings.OrientationBound

    if frame.RowCount < 10 || frame.ObservedCount < 5 then
        FewReflections
    elif frame.Correction.Length >= 0.9 * bound then
        OrientationFarOff
    elif isAtBound settings frame then
        ThicknessAtBound
    elif scales[frame.Id] > 2.0 || scales[frame.Id] < 0.5 then
        ScaleOff
    elif significance rows < 0.5 * typical then
        Weak
    else
        dominant rows |> Option.map OneReflection |> Option.defaultValue Spread

let private frames (settings: Settings) (evaluation: Evaluation) limit (rows: Map<int, ReflectionResult array>) =
    let scales = relativeScales evaluation.Frames

    let typical =
        if rows.IsEmpty then
            0.0
        else
            rows |> Map.values |> Seq.map significance |> Seq.toArray |> median

    [|
        for f in evaluation.Frames do
            let isFar =
                match f.WR, limit with
                | Some wR, Some limit -> wR > limit
                | None, _ -> true
                | Some _, None -> false

            if isFar then
                {
                    Frame = f
                    Cause = frameCause settings scales typical f (rows |> Map.tryFind f.Id |> Option.defaultValue [||])
                }
    |]
    |> Array.sortBy (fun o -> o.Frame.WR |> Option.map (~-) |> Option.defaultValue 0.0)

let private misfit (r: ReflectionResult) =
    let amplitude i = sqrt (max i 0.0)
    r.Weight * (amplitude r.Row.Observation.Intensity - amplitude r.Calculated)

/// RSg beyond which amplitudes follow every error of the orientation.
let private endOfRange = 0.8

let private measurementCause outlying limit (rows: ReflectionResult array) =
    let far = rows |> Array.filter (fun r -> abs (misfit r) > limit)

    if rows |> Array.forall (fun r -> Set.contains r.FrameId outlying) then
        OutlyingFrames
    elif rows.Length > 1 && far.Length = 1 then
        OneFrame far[0].FrameId
    elif rows |> Array.forall (fun r -> r.Row.Rsg > endOfRange) then
        EndOfRange
    elif Array.sumBy misfit rows > 0.0 then
        TooStrong
    else
        TooWeak

let private measurements outlying (rows: ReflectionResult array) =
    let grouped =
        rows
        |> Array.groupBy _.Row.Observation
        |> Array.map (fun (m, repeated) -> m, repeated, sqrt (repeated |> Array.averageBy (fun r -> misfit r ** 2.0)))

    match grouped |> Array.map (fun (_, _, size) -> size) |> limit measurementDeviations with
    | None -> [||]
    | Some limit ->
        grouped
        |> Array.filter (fun (_, _, size) -> size > limit)
        |> Array.map (fun (m, repeated, size) ->
            {
                Measurement = m
                Frames = repeated |> Array.map _.FrameId
                Calculated = repeated |> Array.averageBy _.Calculated
                Misfit = size
                Cause = measurementCause outlying limit repeated
            })
        |> Array.sortByDescending _.Misfit

/// Share of the unique reflections below which a warning says so.
let private leastCompleteness = 0.5

/// Refined occupancies that no site can have.
let private impossibleOccupancies (settings: Settings) (evaluation: Evaluation) =
    let refined = settings.Occupancies |> List.collect Occupancies.labels

    [
        for site in evaluation.Crystal.Sites do
            if
                List.contains site.Label refined
                && not (0.0 <= site.Occupancy && site.Occupancy <= 1.0)
            then
                System.FormattableString.Invariant
                    $"the occupancy of {site.Label} is {site.Occupancy:``0.000####``}; from 0 to 1 is expected"
    ]

/// R_free over R_work from which a warning says so.
let private largestRatio = 2.0

/// Held-out measurements that there are not, or that agree far worse than the others.
let private overfitting (settings: Settings) (validation: Validation) =
    let free, work = validation.HeldOut.WR, validation.Working.WR

    [
        if validation.HeldOut.MeasurementCount = 0 then
            System.FormattableString.Invariant $"free, {settings.Free}, holds out no measurement: there is no R_free"
        elif free > largestRatio * work then
            System.FormattableString.Invariant
                $"wR of the held-out measurements is {free / work:F1} times that of the others: orientations, thickness or structure fit noise"
    ]

/// What all data together do not support.
///
/// - `r`: residuals over all data sets
let unsupported (settings: Settings) (evaluations: Evaluation list) (r: Residuals) =
    let completeness = Completeness.ofEvaluations evaluations

    [
        if r.ParameterCount >= r.UniqueMeasurementCount then
            $"{r.ParameterCount} parameters for {r.UniqueMeasurementCount} independent measurements: the data do not support the model"

        if completeness.Share < leastCompleteness then
            System.FormattableString.Invariant
                $"only {completeness.Measured} of {completeness.Unique} symmetry-unique reflections up to {completeness.GMax:F2} Å⁻¹ are measured: what lies along the missing directions is poorly determined"

        yield! r.Validation |> Option.map (overfitting settings) |> Option.defaultValue []
        yield! impossibleOccupancies settings evaluations.Head
    ]

/// "frame" or "frames", and their ids.
let private named (frames: FrameResult array) =
    (if frames.Length = 1 then "frame" else "frames"), frames |> Seq.map _.Id |> FrameIds.toText

let private thicknessAtBound (settings: Settings) (frames: FrameResult array) =
    let atBound = frames |> Array.filter (isAtBound settings)

    [
        if atBound.Length > 0 then
            let frames, ids = named atBound

            System.FormattableString.Invariant
                $"the thickness of {frames} {ids} lies at an end of thickness-range, {settings.ThicknessMin}..{settings.ThicknessMax} Å: widen it, or mistrust the {frames}"
    ]

/// ΔS·t beyond which |F| is off by two per cent and more (CONVENTIONS, Rocking): one thickness averages nothing out.
let private coarsestStep (settings: Settings) =
    match Settings.thicknessDistribution settings with
    | Plate -> 1.75
    | _ -> 2.5

/// Frames whose rocking curves have too few steps.
let private undersampled (settings: Settings) (frames: FrameResult array) =
    [
        match settings.Tilts with
        | Count n ->
            let tooFew = frames |> Array.filter (fun f -> f.TiltStep > coarsestStep settings)

            if tooFew.Length > 0 then
                let frames, ids = named tooFew
                let most = tooFew |> Seq.map _.SufficientTilts |> Seq.max

                $"{n} tilts are too few for {frames} {ids}, whose thickness asks for up to {most}: |F| may be off by two per cent and more; --tilts auto takes what is needed"
        | Sufficient -> ()
    ]

/// Looks at the working rows of one of several data sets, which together support the model or not (`unsupported`).
let ofOneAmong (settings: Settings) (evaluation: Evaluation) : Diagnosis =
    let rows = evaluation.Reflections |> Array.filter (fun r -> not r.IsFree)
    let byFrame = rows |> Array.groupBy _.FrameId |> Map.ofArray
    let limit = evaluation.Frames |> Array.choose _.WR |> limit frameDeviations
    let frames = frames settings evaluation limit byFrame
    let outlying = frames |> Array.map _.Frame.Id |> set

    {
        FrameLimit = limit
        Frames = frames
        Measurements = measurements outlying rows
        Warnings =
            thicknessAtBound settings evaluation.Frames
            @ undersampled settings evaluation.Frames
    }

/// Looks at the working rows of the only data set.
let ofEvaluation (settings: Settings) (evaluation: Evaluation) : Diagnosis =
    let found = ofOneAmong settings evaluation

    { found with
        Warnings = unsupported settings [ evaluation ] evaluation.Residuals @ found.Warnings
    }
