/// Refines the widths of the mosaic blocks' distribution: mean wR_I of the frames by a quasi-Newton search with gradients.
///
/// Beams, rows, orientations and the range of the tilts are those of the state at its start. The width about the rocking axis acts by
/// the weights of the tilts, that perpendicular to it by their orientations.
module Pendel.Core.MosaicityStage

open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Most steps of the search.
[<Literal>]
let iterations = 20

/// Unit of the search, degrees, and its bounds.
let private unit, least, most = 0.1, 0.01, 1.0

/// Which widths a problem refines.
let private free (settings: Settings) =
    [| settings.Mosaicity = Refined; settings.MosaicityAlong = Refined |]

/// How many widths are refined.
let count (settings: Settings) =
    free settings |> Array.filter id |> Array.length

let private ofArray (values: float array) : Rocking.Mosaicity =
    {
        Perpendicular = values[0]
        Along = values[1]
    }

/// wR_I of one frame and its derivatives by the two widths, rad⁻¹.
let private frameLoss (problem: Problem) (stage: Stage) (state: State) table mosaicity workspace i =
    let model = stage.Model
    let rows = model.Rows[i]

    let curve =
        { Problem.curve problem state model.Plan.Frames[i].Frame with
            Mosaicity = mosaicity
        }

    let tilts = Rocking.tilts curve
    let plan = model.Plan.Frames[i].WithTilts tilts

    let k, t = model.Plan.WaveNumber, state.Thickness[plan.Frame.Id]

    let calculated =
        FrameModel.intensities workspace k model.Precision table plan [| t |] Vector3.Zero

    let value, gradient = dsharp.fgrad (Residual.wR rows) (dsharp.tensor calculated)

    let cotangent =
        FrameModel.adjoint workspace k model.Kind plan 1 Vector3.Zero (gradient.toArray1D<float>())

    let weightSlopes = Rocking.weightDerivatives curve tilts
    let slopes = Array.zeroCreate<float> 2

    for s in 0 .. tilts.Length - 1 do
        let struct (weight, row) = cotangent.Tilts[s]
        slopes[0] <- slopes[0] + row.Dot tilts[s].MosaicDerivative
        slopes[1] <- slopes[1] + weight * weightSlopes[s]

    struct (float value, slopes)

/// Mean wR_I over the frames that count and its derivatives by the widths (perpendicular, along), rad⁻¹, at the plan of a state.
///
/// Raises `NumericalException` naming the frame if an intensity is not finite.
let loss (problem: Problem) (stage: Stage) (state: State) : Rocking.Mosaicity -> struct (float * float array) =
    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let counts i =
        Residual.isScored stage.Model.Rows[i]
        && state.Thickness.ContainsKey stage.Model.Plan.Frames[i].Frame.Id

    fun mosaicity ->
        let frames =
            ForwardModel.perFrame stage.Model (fun workspace i ->
                if counts i then
                    Some(frameLoss problem stage state table mosaicity workspace i)
                else
                    None)
            |> Array.choose id

        let mean f = Array.averageBy f frames

        struct (mean (fun (struct (value, _)) -> value),
                [| for j in 0..1 -> mean (fun (struct (_, slopes: float array)) -> slopes[j]) |])

/// Refines the widths that the settings leave free; the best that was met is kept, the start included.
///
/// Raises `NumericalException` naming the frame if an intensity is not finite.
let run (monitor: Monitor) (problem: Problem) (state: State) : State =
    let stage = Problem.plan problem state problem.Experiment.Frames
    let loss = loss problem stage state
    let start = [| state.Mosaicity.Perpendicular; state.Mosaicity.Along |]

    let places =
        free problem.Settings |> Array.indexed |> Array.filter snd |> Array.map fst

    let scale = Angle.Radians unit
    let mutable best = struct (infinity, state.Mosaicity)
    let mutable calls = 0
    monitor.Report(Started(StageName.MosaicityRefinement, iterations))

    let evaluate (x: Vector<float>) =
        monitor.Stop.ThrowIfCancellationRequested()
        let all = Array.copy start
        places |> Array.iteri (fun j place -> all[place] <- scale * x[j])
        let mosaicity = ofArray all
        let struct (value, slopes) = loss mosaicity
        let struct (smallest, _) = best

        if value < smallest then
            best <- struct (value, mosaicity)

        calls <- calls + 1
        monitor.Report(Advanced(StageName.MosaicityRefinement, min calls iterations, Some value))
        struct (value, Vector<float>.Build.DenseOfArray(places |> Array.map (fun place -> scale * slopes[place])))

    let vector value =
        Vector<float>.Build.Dense(places.Length, (value: float))

    let objective = ObjectiveFunction.Gradient(fun x -> evaluate x)

    let first =
        // a file's width beyond the bounds starts at the nearer one
        Vector<float>
            .Build.DenseOfArray(
                places
                |> Array.map (fun place -> System.Math.Clamp(start[place] / scale, least / unit, most / unit))
            )

    try
        BfgsBMinimizer(1e-6, 1e-3, 1e-6, iterations)
            .FindMinimum(objective, vector (least / unit), vector (most / unit), first)
        |> ignore
    with :? OptimizationException ->
        () // the search ends where it is

    let struct (_, found) = best
    { state with Mosaicity = found }
