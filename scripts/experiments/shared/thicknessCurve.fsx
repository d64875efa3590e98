// How well refined thickness curves agree with that of the truth: numbers and a figure.
#load "../../load.fsx"
#load "figure.fsx"

open Pendel.Core

/// Correlation coefficient of two lists.
let correlation (a: float array) (b: float array) =
    let a, b =
        Array.map (fun x -> x - Array.average a) a, Array.map (fun x -> x - Array.average b) b

    let dot = Array.map2 (*) >> fun f x -> Array.sum (f x)
    dot a b / sqrt (dot a a * dot b b)

/// Root mean square of t/t_true − 1 over the frames.
///
/// - `truth`: α (degrees) → t (Å)
let rms truth (frames: FrameResult array) =
    frames
    |> Array.averageBy (fun f -> (f.Thickness / truth f.Alpha - 1.0) ** 2.0)
    |> sqrt

/// Correlation of the frames' thicknesses with the truth.
let correlationWith (truth: float -> float) (frames: FrameResult array) =
    correlation (frames |> Array.map _.Thickness) (frames |> Array.map (fun f -> truth f.Alpha))

let private panel y (series: Figure.Series list) : Figure.Panel =
    {
        X = Figure.axis "goniometer angle α / °"
        Y = y
        Series = series
    }

/// Thickness over the angle, the truth dashed, and below it the relative error.
///
/// - `refined`: name and frames of each refinement
let panels (truth: float -> float) (refined: (string * FrameResult array) list) =
    let alphas = snd refined.Head |> Array.map _.Alpha

    let curves (value: FrameResult -> float) (ofTruth: float -> float) =
        let found =
            refined
            |> List.map (fun (name, frames) ->
                Figure.series name Figure.Solid (frames |> Array.map (fun f -> f.Alpha, value f)))

        let expected =
            Figure.series "truth" Figure.Dashed (alphas |> Array.map (fun alpha -> alpha, ofTruth alpha))

        found @ [ expected ]

    [
        panel (Figure.axis "apparent thickness / Å") (curves _.Thickness truth)
        panel
            (Figure.axis "refined − truth / % of truth")
            (curves (fun f -> 100.0 * (f.Thickness / truth f.Alpha - 1.0)) (fun _ -> 0.0))
    ]

/// wR_I of the frames over the angle, in %, on a logarithmic scale; frames without one are left out.
///
/// - `evaluated`: name, stroke and frames of each evaluation
let residuals (evaluated: (string * Figure.Stroke * FrameResult array) list) =
    evaluated
    |> List.map (fun (name, stroke, frames) ->
        frames
        |> Array.choose (fun f -> f.WR |> Option.map (fun wR -> f.Alpha, 100.0 * wR))
        |> Figure.series name stroke)
    |> panel (Figure.logarithmic "wR_I of the frame / %")
