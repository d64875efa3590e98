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

/// Gauss–Newton steps at most.
let private steps = 3

/// Share of the objective below which a gain is the last one.
let private gain = 1e-3

let private goniometer (frame: VirtualFrame) =
    Matrix3.RotationX(Angle.Radians frame.Alpha)
    * Matrix3.RotationY(Angle.Radians frame.Beta)

/// Largest misset, rad: orientation matrices of indexed data are right to a small part of it.
let private farthest = Angle.Radians 2.0

/// What one frame says of the misset: the normal equations of (wR_F/u)².
type private Share =
    {
        Id: int
        Normal: Matrix<float>
        Gradient: Vector<float>
        Value: float
    }

/// The shares of the scored frames at a state, on the rows that it selects.
let private shares (monitor: Monitor) (problem: Problem) (state: State) : Share array =
    let stage = Problem.plan problem state problem.Experiment.Frames

    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let frame workspace i =
        let plan = stage.Model.Plan.Frames[i]

        match Map.tryFind plan.Frame.Id state.Thickness with
        | Some t when Residual.isScored stage.Model.Rows[i] ->
            let evaluate =
                FrameFit.residuals OrientationResidual.Amplitudes stage.Model table workspace i

            let turn = goniometer plan.Frame
            let turned axis = FrameFit.angleStep * turn.Column axis
            let all = evaluate t (Array.append [| Vector3.Zero |] (Array.init 3 turned))
            let r = all[0]

            let j =
                all[1..]
                |> Array.map (Array.map2 (fun here above -> (above - here) / FrameFit.angleStep) r)
                |> Matrix<float>.Build.DenseOfColumnArrays

            let residual = Vector<float>.Build.DenseOfArray r

            Some
                {
                    Id = plan.Frame.Id
                    Normal = j.TransposeThisAndMultiply j
                    Gradient = j.TransposeThisAndMultiply residual
                    Value = residual.DotProduct residual
                }
        | _ -> None

    Monitor.overFrames monitor stage.Model.Rows.Length frame
    |> ForwardModel.perFrame stage.Model
    |> Array.choose id

/// Σ_f (wR_F/u)²; infinite where a frame of the start has lost its rows.
let private value (start: Share array) (shares: Share array) =
    let found = shares |> Array.map _.Id |> Set.ofArray

    if start |> Array.forall (fun s -> found.Contains s.Id) then
        shares |> Array.sumBy _.Value
    else
        infinity

/// The Gauss–Newton step, None where the frames do not fix one.
let private step (shares: Share array) =
    let normal = shares |> Array.map _.Normal |> Array.reduce (+)
    let gradient = shares |> Array.map _.Gradient |> Array.reduce (+)
    let shift = -normal.Solve gradient

    if Seq.forall System.Double.IsFinite shift then
        Some(Vector3(shift[0], shift[1], shift[2]))
    else
        None

/// Refines R_misset: Gauss–Newton steps within 2° of the file's orientation, halved until the residual falls; the start is kept
/// if none does.
let run (monitor: Monitor) (problem: Problem) (state: State) : State =
    monitor.Report(Started(StageName.GlobalMisset, steps))
    let start = shares monitor problem state

    let rec shorten (state: State) least (shift: Vector3) remaining =
        let next =
            { state with
                Misset = state.Misset + shift
            }

        let found =
            if next.Misset.Length > farthest then
                [||]
            else
                shares monitor problem next

        let reached = value start found

        if reached < least then Some(next, found, reached)
        elif remaining = 0 then None
        else shorten state least (0.5 * shift) (remaining - 1)

    let rec iterate number state found least =
        if number > steps then
            state
        else
            let shortened = step found |> Option.bind (fun shift -> shorten state least shift 3)

            monitor.Report(Advanced(StageName.GlobalMisset, number, None))

            match shortened with
            | Some(next, _, reached) when least - reached < gain * least -> next
            | Some(next, found, reached) -> iterate (number + 1) next found reached
            | None -> state

    if start.Length = 0 then
        state
    else
        iterate 1 state start (value start start)
