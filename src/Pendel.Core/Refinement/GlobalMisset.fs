/// One rotation of the crystal on the goniometer for all frames: Gauss–Newton on R_misset.
///
/// A misset δ turns frame f by R_x(α)R_y(β)δ, so its normal equations are the sum of the frames' own, turned back.
module Pendel.Core.GlobalMisset

open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Gauss–Newton steps.
let private steps = 3

let private goniometer (frame: VirtualFrame) =
    Matrix3.RotationX(Angle.Radians frame.Alpha)
    * Matrix3.RotationY(Angle.Radians frame.Beta)

/// Normal matrix, gradient and value of Σ_f (wR_f/u)² at a state.
let private normalEquations (problem: Problem) (stage: Stage) (state: State) =
    let table =
        ForwardModel.tableOf (Problem.potential problem stage (dsharp.tensor state.Structure))

    let frame workspace i =
        let plan = stage.Model.Plan.Frames[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored stage.Model.Rows[i] ->
            let evaluate = FrameFit.residuals stage.Model table workspace i

            let r =
                evaluate
                    {
                        Thickness = t
                        Rotation = Vector3.Zero
                    }

            let turn = goniometer plan.Frame

            let column axis =
                let above =
                    evaluate
                        {
                            Thickness = t
                            Rotation = FrameFit.angleStep * turn.Column axis
                        }

                Array.map2 (fun a here -> (a - here) / FrameFit.angleStep) above r

            let j = Matrix<float>.Build.DenseOfColumnArrays(Array.init 3 column)
            let residual = Vector<float>.Build.DenseOfArray r

            Some(
                struct (j.TransposeThisAndMultiply j, j.TransposeThisAndMultiply residual, residual.DotProduct residual)
            )
        | _ -> None

    let zero =
        struct (Matrix<float>.Build.Dense(3, 3), Vector<float>.Build.Dense 3, 0.0)

    ForwardModel.perFrame stage.Model frame
    |> Array.choose id
    |> Array.fold (fun (struct (n, g, v)) (struct (a, b, c)) -> struct (n + a, g + b, v + c)) zero

/// Refines R_misset; the best of the steps is kept, the start included.
let run (monitor: Monitor) (problem: Problem) (state: State) : State =
    monitor.Report(Started(StageName.GlobalMisset, steps))

    let rec iterate number (best: State, bestValue) (state: State) =
        monitor.Stop.ThrowIfCancellationRequested()
        let stage = Problem.plan problem state problem.Experiment.Frames
        let struct (normal, gradient, value) = normalEquations problem stage state

        let kept =
            if value < bestValue then
                (state, value)
            else
                (best, bestValue)

        if number > 0 then
            monitor.Report(Advanced(StageName.GlobalMisset, number, None))

        if number = steps || value > bestValue then
            fst kept
        else
            let shift = -normal.Solve gradient
            let misset = state.Misset + Vector3(shift[0], shift[1], shift[2])
            iterate (number + 1) kept { state with Misset = misset }

    iterate 0 (state, infinity) state
