/// Curves of the apparent thickness for synthetic data: α (degrees) → t (Å).
///
/// Over the frames' angles each curve spans the whole range, except the constant, which lies in its middle:
/// sine: one period, m + h sin 2π(u − ½), u = 0 … 1 over the angles;
/// smooth: three cosines of one half, one and one and a half periods with random amplitudes and phases;
/// bowl: t_min (1 + p (1/cos α − 1)), a plate of thickness t_min for p = 1 and a rod or sphere for p = 0.
module Pendel.Core.ThicknessProfile

open System

type Profile =
    | Constant
    | Sine
    | Smooth
    | Bowl
    /// (α, t) by rising α, straight lines between them.
    | Table of (float * float) array

/// Frames beyond this angle see a plate edge on, degrees.
let private steepest = 85.0

let private angleRange (angles: float array) = Array.min angles, Array.max angles

/// u(α): 0 at the first angle, 1 at the last.
let private share angles =
    let low, high = angleRange angles
    fun alpha -> if high > low then (alpha - low) / (high - low) else 0.5

/// The curve moved and stretched so that it spans low … high over the angles.
let private spanning (low, high) (angles: float array) (curve: float -> float) =
    let least, most = angleRange (Array.map curve angles)

    fun alpha ->
        if most > least then
            low + (high - low) * (curve alpha - least) / (most - least)
        else
            0.5 * (low + high)

let private smooth (seed: int) angles =
    let random = Random seed
    let u = share angles

    let waves =
        [
            for periods in [ 0.5; 1.0; 1.5 ] -> periods, random.NextDouble(), random.NextDouble()
        ]

    fun alpha ->
        waves
        |> List.sumBy (fun (periods, amplitude, phase) -> amplitude * cos (2.0 * Math.PI * (periods * u alpha + phase)))

let private bowl angles =
    let tilt = Array.map abs angles |> Array.max

    if tilt > steepest then
        invalidArg
            (nameof angles)
            $"a frame is tilted by {tilt}°; the profile of a plate is meant for up to {steepest}°"

    fun alpha -> 1.0 / cos (alpha * Math.PI / 180.0)

let private interpolate (points: (float * float) array) alpha =
    let first, last = fst points[0], fst (Array.last points)

    if alpha < first || alpha > last then
        invalidArg (nameof points) $"the thickness is given from {first} to {last}°, and a frame lies at {alpha}°"

    if points.Length = 1 then
        snd points[0]
    else
        let after =
            points
            |> Array.findIndexBack (fun (a, _) -> a <= alpha)
            |> min (points.Length - 2)

        let (a, t), (b, s) = points[after], points[after + 1]
        t + (s - t) * (alpha - a) / (b - a)

/// The curve of a profile.
///
/// - `range`: least and largest thickness, Å; a table has its own
/// - `angles`: of the frames, degrees
///
/// Raises `ArgumentException` if an angle lies outside the table or is too steep for a plate.
let create profile (low, high) seed (angles: float array) : float -> float =
    match profile with
    | Constant -> fun _ -> 0.5 * (low + high)
    | Sine ->
        let u = share angles
        fun alpha -> 0.5 * (low + high) + 0.5 * (high - low) * sin (2.0 * Math.PI * (u alpha - 0.5))
    | Smooth -> spanning (low, high) angles (smooth seed angles)
    | Bowl -> spanning (low, high) angles (bowl angles)
    | Table points -> interpolate points
