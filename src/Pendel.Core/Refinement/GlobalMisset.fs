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

/// Normal matrix, gradient and value of Σ_f (wR_F/u)² at a state.
let private normalEquations (problem: Problem) (stage: Stage) (state: State) =
    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let frame workspace i =
        let plan = stage.Model.Plan.Frames[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored stage.Model.Rows[i] ->
            let evaluate = FrameFit.residuals stage.Model table workspace i

            let turn = goniometer plan.Frame
            let turned axis = FrameFit.angleStep * turn.Column axis
            let all = evaluate t (Array.append [| Vector3.Zero |] (Array.init 3 turned))
            let r = all[0]

            let j =
                all[1..]
                |> Array.map (Array.map2 (fun here above -> (above - here) / FrameFit.angleStep) r)
                |> Matrix<float>.Build.DenseOfColumnArrays

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

/// Σ_f (wR_F/u)² over the frames at a state, on the rows it selects.
let private evaluate (problem: Problem) (state: State) =
    let stage = Problem.plan problem state problem.Experiment.Frames
    normalEquations problem stage state

/// Refines R_misset: Gauss–Newton steps, halved until the residual falls; the start is kept if none does.
let run (monitor: Monitor) (problem: Problem) (state: State) : State =
    monitor.Report(Started(StageName.GlobalMisset, steps))

    let rec shorten (state: State) value (shift: Vector3) remaining =
        monitor.Stop.ThrowIfCancellationRequested()

        let next =
            { state with
                Misset = state.Misset + shift
            }

        let struct (_, _, reached) as equations = evaluate problem next

        if reached < value then Some(next, equations)
        elif remaining = 0 then None
        else shorten state value (0.5 * shift) (remaining - 1)

    let rec iterate number state (struct (normal: Matrix<float>, gradient: Vector<float>, value)) =
        if number > steps then
            state
        else
            monitor.Report(Advanced(StageName.GlobalMisset, number, None))
            let shift = -normal.Solve gradient

            match shorten state value (Vector3(shift[0], shift[1], shift[2])) 3 with
            | Some(next, equations) -> iterate (number + 1) next equations
            | None -> state

    iterate 1 state (evaluate problem state)
