/// Residuals of observed and calculated intensities (CONVENTIONS, Residuals).
///
/// Amplitudes: F_o = √I_o, σ_F = σ/(2F_o), w = 1/√(σ_F² + (uF_o)²), u = 0.01. Weak rows (I_o < 0.01σ): I_o = 0 and
/// σ_F = 5√σ. σ = 0 is read as 1. Sources: Malik et al. (2025), arXiv 2508.05908; Klar et al. (2023).
module Pendel.Core.Residual

open System
open Pendel.Diffraction
open Pendel.Tensors

/// Instability factor u of the weights, –.
[<Literal>]
let Instability = 0.01

/// What the residual needs of the scored rows of a frame; arrays of one length, in the order of the plan.
type Rows =
    {
        /// I_o, 0 for weak rows.
        Intensity: float array
        /// w, the weight of an amplitude; unit of I^(−1/2).
        Weight: float array
        /// Measured above 3σ.
        Observed: bool array
        /// F_o of JANA's residuals: √I_o of every positive row.
        JanaAmplitude: float array
        /// I_o of wR2: as measured, negative ones too.
        Measured: float array
        /// w₂, the weight of an intensity in wR2; unit of 1/I.
        MeasuredWeight: float array
    }

let private su (o: Observation) = if o.Su = 0.0 then 1.0 else o.Su
let private isWeak (o: Observation) = o.Intensity < 0.01 * su o

let private weight (o: Observation) =
    let amplitude = if isWeak o then 0.0 else sqrt o.Intensity

    let sigma =
        if isWeak o then
            5.0 * sqrt (su o)
        else
            su o / (2.0 * amplitude)

    1.0 / sqrt (sigma * sigma + (Instability * amplitude) ** 2.0)

let private measuredWeight (o: Observation) =
    1.0 / sqrt (su o ** 2.0 + (2.0 * Instability * o.Intensity) ** 2.0)

/// The rows of a frame.
let rows (scored: ScoredReflection seq) =
    let observations = scored |> Seq.map _.Observation |> Seq.toArray

    {
        Intensity = observations |> Array.map (fun o -> if isWeak o then 0.0 else o.Intensity)
        Weight = observations |> Array.map weight
        Observed = observations |> Array.map (fun o -> o.Intensity > 3.0 * su o)
        JanaAmplitude = observations |> Array.map (fun o -> sqrt (max o.Intensity 0.0))
        Measured = observations |> Array.map _.Intensity
        MeasuredWeight = observations |> Array.map measuredWeight
    }

let private sumOf count term = Seq.sumBy term (seq { 0 .. count - 1 })

/// Σw²oc / Σw²c²: the factor of c that minimises Σw²(o − c)²; 0 where nothing is calculated.
let leastSquares (weight: float array) (observed: float array) (calculated: float array) =
    let weighted (a: float array) (b: float array) =
        sumOf a.Length (fun i -> weight[i] ** 2.0 * a[i] * b[i])

    let norm = weighted calculated calculated

    if norm > 0.0 then
        weighted observed calculated / norm
    else
        0.0

/// c = Σw²I_oI_c / Σw²I_c²: the scale of a frame that minimises wR_I; 0 where nothing is calculated.
let scale (rows: Rows) (calculated: float array) =
    leastSquares rows.Weight rows.Intensity calculated

/// True where the frame enters the means: at least three rows, and not all of them weak.
let isScored (rows: Rows) =
    rows.Intensity.Length >= 3 && Array.exists (fun i -> i > 0.0) rows.Intensity

/// Σw²o².
let norm (weight: float array) (observed: float array) =
    Array.fold2 (fun sum w o -> sum + (w * o) ** 2.0) 0.0 weight observed

/// Σw²F_o²: what the amplitudes of a frame can say.
let information (rows: Rows) = norm rows.Weight rows.JanaAmplitude

/// Added under the root of a residual, far below its rounding: a perfect fit then has the derivative 0, not 0/0.
let private perfect = 1e-300

/// √(Σw²(o − cI_c)² / Σw²o²) at the best scale. The scale is a constant of the derivative, since ∂/∂c = 0.
let private relative (weight: float array) (observed: float array) (calculated: Tensor) : Tensor =
    let c = leastSquares weight observed (calculated.primal.toArray1D<float>())
    let weights = dsharp.tensor weight
    let observed = weights * dsharp.tensor observed
    let difference = observed - weights * calculated * c
    sqrt ((difference * difference).sum() / (observed * observed).sum() + perfect)

/// The weights and the intensities that a loss compares.
let weighted loss (rows: Rows) =
    match loss with
    | LossChoice.WRI -> struct (rows.Weight, rows.Intensity)
    | LossChoice.WR2 -> struct (rows.MeasuredWeight, rows.Measured)

/// The residual of a frame that a loss is the mean of: wR_I or wR2.
///
/// - wR_I = √(Σw²(I_o − cI_c)² / Σw²I_o²) at the best scale
/// - wR2 = √(Σw₂²(I_o − cI_c)² / Σw₂²I_o²) at the best scale, w₂ = 1/√(σ² + (2uI_o)²), of intensities as measured: the amplitudes'
///   instability u carried over to intensities. Source of the form: Sheldrick (2015)
/// - `calculated`: I_c of the frame's rows
/// - result: a scalar
let ofLoss loss (rows: Rows) =
    let struct (weight, observed) = weighted loss rows
    relative weight observed

/// wR_I.
let wR = ofLoss LossChoice.WRI

/// The value c that minimises Σ|F_o − cF_c|: the median of F_o/F_c with weights F_c.
let weightedMedian (observed: float array) (calculated: float array) =
    let places =
        [|
            for i in 0 .. calculated.Length - 1 do
                if calculated[i] > 0.0 then
                    i
        |]

    let ratios = places |> Array.map (fun i -> observed[i] / calculated[i])
    let weights = places |> Array.map (Array.get calculated)
    System.Array.Sort(ratios, weights)
    let half = 0.5 * Array.sum weights

    let rec walk i sum =
        let sum = sum + weights[i]

        if sum >= half || i = ratios.Length - 1 then
            ratios[i]
        else
            walk (i + 1) sum

    if ratios.Length = 0 then 0.0 else walk 0 0.0

/// R_obs = Σ|F_o − cF_c| / ΣF_o over rows above 3σ, with its own best scale; None with fewer than two such rows.
let rObserved (rows: Rows) (calculated: float array) =
    let chosen =
        [|
            for i in 0 .. calculated.Length - 1 do
                if rows.Observed[i] then
                    i
        |]

    if chosen.Length < 2 then
        None
    else
        let observed = chosen |> Array.map (fun i -> sqrt rows.Intensity[i])
        let amplitude = chosen |> Array.map (fun i -> sqrt (max calculated[i] 0.0))
        let c = weightedMedian observed amplitude

        Some(
            Array.fold2 (fun sum o f -> sum + abs (o - c * f)) 0.0 observed amplitude
            / Array.sum observed
        )

/// JANA's residuals, pooled over frames: amplitudes, each frame on the scale that minimises wR_F.
type Pooled =
    {
        /// √(Σw²(F_o − F_c)² / Σw²F_o²) over all rows.
        WRFAll: float
        /// Σ|F_o − F_c| / ΣF_o over rows above 3σ.
        RFObs: float
        /// The same over all rows.
        RFAll: float
    }

/// F_c of a frame on a scale s: s √I_c.
let amplitudesOn (s: float) (calculated: float array) =
    calculated |> Array.map (fun i -> s * sqrt (max i 0.0))

/// s = Σw²F_oF_c / Σw²F_c²: JANA's scale of a frame, on amplitudes; 0 where nothing is calculated.
let amplitudeScale (rows: Rows) (calculated: float array) =
    amplitudesOn 1.0 calculated |> leastSquares rows.Weight rows.JanaAmplitude

/// F_c of a frame on JANA's scale.
let scaledAmplitudes (rows: Rows) (calculated: float array) =
    amplitudesOn (amplitudeScale rows calculated) calculated

/// Rows of a frame with what is calculated for them, on the scales of the frame.
type ScaledRows =
    {
        Rows: Rows
        /// How much each row counts: 1, or 1/m of a measurement that stands in m rows.
        Share: float array
        /// c I_c.
        Intensity: float array
        /// s F_c.
        Amplitude: float array
    }

/// JANA's residuals, pooled over rows.
let pooledRows (frames: ScaledRows array) =
    let sum term =
        frames
        |> Array.sumBy (fun f -> sumOf f.Amplitude.Length (fun i -> f.Share[i] * term f.Rows i f.Amplitude[i]))

    let squared (rows: Rows) i x = (rows.Weight[i] * x) ** 2.0
    let ifObserved (rows: Rows) i x = if rows.Observed[i] then x else 0.0

    {
        WRFAll =
            sqrt (
                sum (fun r i f -> squared r i (r.JanaAmplitude[i] - f))
                / sum (fun r i _ -> squared r i r.JanaAmplitude[i])
            )
        RFObs =
            sum (fun r i f -> ifObserved r i (abs (r.JanaAmplitude[i] - f)))
            / sum (fun r i _ -> ifObserved r i r.JanaAmplitude[i])
        RFAll =
            sum (fun r i f -> abs (r.JanaAmplitude[i] - f))
            / sum (fun r i _ -> r.JanaAmplitude[i])
    }

/// √(Σw²(I_o − cI_c)² / Σw²I_o²), pooled over rows.
let pooledWR (frames: ScaledRows array) =
    let sum term =
        frames
        |> Array.sumBy (fun f ->
            sumOf f.Intensity.Length (fun i -> f.Share[i] * (f.Rows.Weight[i] * term f.Rows i f.Intensity[i]) ** 2.0))

    sqrt (
        sum (fun r i calculated -> r.Intensity[i] - calculated)
        / sum (fun r i _ -> r.Intensity[i])
    )

/// The rows in units of `unit` in place of the data set's.
let inUnits (unit: float) (rows: Rows) =
    {
        Intensity = rows.Intensity |> Array.map (fun i -> i / unit)
        Weight = rows.Weight |> Array.map (fun w -> w * sqrt unit)
        Observed = rows.Observed
        JanaAmplitude = rows.JanaAmplitude |> Array.map (fun f -> f / sqrt unit)
        Measured = rows.Measured |> Array.map (fun i -> i / unit)
        MeasuredWeight = rows.MeasuredWeight |> Array.map ((*) unit)
    }

/// Rows of a frame, each counting once, on the scales that suit them best.
let onOwnScale (rows: Rows) (calculated: float array) =
    let c = scale rows calculated

    {
        Rows = rows
        Share = Array.create calculated.Length 1.0
        Intensity = calculated |> Array.map ((*) c)
        Amplitude = scaledAmplitudes rows calculated
    }

/// JANA's residuals of frames given as rows and calculated intensities, each on its own scale.
let pooled (frames: (Rows * float array) array) =
    frames
    |> Array.map (fun (rows, calculated) -> onOwnScale rows calculated)
    |> pooledRows
