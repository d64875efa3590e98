/// Residuals of amplitudes whose sum of squares a few wrong measurements do not decide.
///
/// r = w(F_o − sF_c) becomes ±√ρ(r) with Cauchy's ρ(r) = k² ln(1 + r²/k²), which is r² where |r| ≪ k, and s is the scale that
/// minimises Σρ. Source: Holland & Welsch (1977), doi 10.1080/03610927708827533.
module Pendel.Core.RobustResidual

open System
open MathNet.Numerics.Statistics

/// Rounds of reweighting, which fix the scale to about 10⁻⁶ where most rows agree.
let private rounds = 8

/// s from the scale of least absolute differences, by rounds of least squares with the weights w²/(1 + r²/k²).
let private scale k (weight: float array) (observed: float array) (amplitude: float array) =
    let refine s =
        let mutable ofObserved = 0.0
        let mutable ofCalculated = 0.0

        for i in 0 .. amplitude.Length - 1 do
            let w, o, f = weight[i], observed[i], amplitude[i]
            let x = w * (o - s * f) / k
            let weight = w * w / (1.0 + x * x)
            ofObserved <- ofObserved + weight * o * f
            ofCalculated <- ofCalculated + weight * f * f

        if ofCalculated > 0.0 then
            ofObserved / ofCalculated
        else
            0.0

    Seq.fold (fun s _ -> refine s) (Residual.weightedMedian observed amplitude) (seq { 1..rounds })

/// The residuals of a frame, dimensionless.
///
/// - `k`: threshold, in units of r
/// - `weight`, `observed`: w and F_o of its rows
/// - `calculated`: I_c of these
let residuals k (weight: float array) (observed: float array) (calculated: float array) : float array =
    let amplitude = Residual.amplitudesOn 1.0 calculated
    let s = scale k weight observed amplitude

    Array.map3
        (fun w o f ->
            let x = w * (o - s * f) / k
            Math.CopySign(k * sqrt (log (1.0 + x * x)), x))
        weight
        observed
        amplitude

/// Robust standard deviations from which a row counts as an outlier.
let private farOff = 5.0

/// k for rows whose residuals r have these sizes: five robust standard deviations (1.4826 × the median), none below the
/// measurements' own.
let threshold (sizes: float seq) =
    if Seq.isEmpty sizes then
        farOff
    else
        farOff * max 1.0 (1.4826 * sizes.Median())
