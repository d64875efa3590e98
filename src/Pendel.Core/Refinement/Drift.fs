/// The smooth drift of the goniometer's tilt β over the frames.
///
/// β of a data set is found frame by frame and scatters; the crystal does not. A robust local line through β over the
/// neighbouring frames (weights tricube × bisquare) replaces it; what a frame then needs is a small correction of its own.
/// Source of the smoother: Cleveland (1979), doi 10.1080/01621459.1979.10481038.
module Pendel.Core.Drift

open Pendel.Crystallography
open Pendel.Diffraction

/// Neighbours on each side that enter the line of a frame.
let private reach = 8

/// Rounds of bisquare reweighting.
let private rounds = 4

let private tricube x = (1.0 - abs x ** 3.0) ** 3.0

let private bisquare x =
    if abs x < 1.0 then (1.0 - x * x) ** 2.0 else 0.0

/// The weighted line through points (x, y): its value at 0 and its slope.
let private line (x: float array) (y: float array) (w: float array) =
    let mean values =
        Array.fold2 (fun sum w v -> sum + w * v) 0.0 w values / Array.sum w

    let mx, my = mean x, mean y
    let sxx = Array.fold2 (fun sum w x -> sum + w * (x - mx) ** 2.0) 0.0 w x

    let sxy =
        Array.fold2 (fun sum w (x, y) -> sum + w * (x - mx) * (y - my)) 0.0 w (Array.zip x y)

    let slope = if sxx > 0.0 then sxy / sxx else 0.0
    struct (my - slope * mx, slope)

/// Values of a sequence on the robust local lines through their neighbours.
let smooth (values: float array) =
    let at i =
        let first, last = max 0 (i - reach), min (values.Length - 1) (i + reach)
        let x = [| for j in first..last -> float (j - i) |]
        let y = values[first..last]
        let near = x |> Array.map (fun x -> tricube (x / float (reach + 1)))

        let reweight weights _ =
            let struct (value, slope) = line x y weights
            let misfit = Array.map2 (fun x y -> y - value - slope * x) x y
            let median = (misfit |> Array.map abs |> Array.sort)[misfit.Length / 2]
            Array.map2 (fun n r -> n * bisquare (r / (6.0 * median + 1e-9))) near misfit

        let struct (value, _) = List.fold reweight near [ 1..rounds ] |> line x y
        value

    Array.init values.Length at

/// The rotation of each frame (by id) that brings its β onto the smooth curve: R_x(α)·R_y(Δβ)·R_x(−α), rad.
let corrections (experiment: Experiment) =
    let frames = experiment.Frames |> Seq.sortBy _.Alpha |> Seq.toArray
    let smoothed = frames |> Array.map _.Beta |> smooth

    Array.map2
        (fun (frame: VirtualFrame) beta ->
            let axis = (Matrix3.RotationX(Angle.Radians frame.Alpha)).Column 1
            frame.Id, Angle.Radians(beta - frame.Beta) * axis)
        frames
        smoothed
    |> Map.ofArray
