/// Least squares on one frame: residuals of amplitudes or intensities on their best scale against the orientation (two tilts).
///
/// Objective: (wR_F/u)², Σρ/(u²Σw²F_o²) or (wR/2u)², + |ω|²/σ_ω² with u = 0.01, the relative uncertainty in the weights
/// (CONVENTIONS, Orientation).
module Pendel.Core.FrameFit

open System
open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core.FrameModel

/// What a fit may change, and what is known before it.
type Prior =
    {
        /// Standard deviation of |ω|, rad.
        Rotation: float
        /// Largest |ω|, rad.
        Bound: float
        /// Correction of the plan, from which the state's rotation counts; the prior is on the sum.
        Origin: Vector3
        /// Expected value of the sum: the drift, rad. The bound is on the sum itself.
        Drift: Vector3
    }

/// The prior of a planned frame.
let priorOf (settings: Settings) (state: Problem.State) (plan: FramePlan) =
    {
        Rotation = Angle.Radians settings.OrientationPrior
        Bound = Angle.Radians settings.OrientationBound
        Origin = plan.Correction
        Drift = Problem.driftOf state plan.Frame.Id
    }

/// The objective of an orientation on the rows that it selects, times the information that it loses, so that pushing misfitting
/// rows out is no gain.
///
/// - `reference`: information that counts as complete
let charged reference information objective : float =
    objective * max 1.0 (reference / information)

/// Residuals of a frame as a function of its thickness and of any number of orientations, which are cheaper together: the squares
/// of each add up to the first term of the objective.
type Residuals = float -> Vector3 array -> float array array

/// The residuals of frame i of a model, by a measure.
let residuals measure (model: ForwardModel.ForwardModel) (table: PotentialTable) workspace i : Residuals =
    let ofIntensities = OrientationResidual.residuals measure model.Rows[i]

    fun thickness rotations ->
        FrameModel.intensitiesAt
            Search
            workspace
            model.Plan.WaveNumber
            model.Precision
            table
            model.Plan.Frames[i]
            thickness
            rotations
        |> Array.map ofIntensities

/// The residuals of the prior: three angles, of which no search changes the turn about the beam.
let private expectations (prior: Prior) (state: FrameState) =
    let total = prior.Origin + state.Rotation - prior.Drift

    [|
        total.X / prior.Rotation
        total.Y / prior.Rotation
        total.Z / prior.Rotation
    |]

let private square values = Array.sumBy (fun x -> x * x) values

/// |ω − drift|²/σ_ω² at a state.
let penalty (prior: Prior) (state: FrameState) = square (expectations prior state)

/// Values of the objective at states of one thickness.
let private objectives (evaluate: Residuals) (prior: Prior) (states: FrameState array) =
    evaluate states[0].Thickness (states |> Array.map _.Rotation)
    |> Array.map2 (fun state r -> square r + penalty prior state) states

/// Value of the objective.
let objective evaluate prior (state: FrameState) =
    objectives evaluate prior [| state |] |> Array.head

/// The nearest state inside the bound.
let inside (prior: Prior) (state: FrameState) =
    let total = prior.Origin + state.Rotation

    let shrink =
        if total.Length > prior.Bound then
            prior.Bound / total.Length
        else
            1.0

    { state with
        Rotation = shrink * total - prior.Origin
    }

/// Step of the differences in an angle, rad: a rocking curve is about 1/(t g) ≈ 10⁻³ rad wide.
[<Literal>]
let angleStep = 1e-5

/// Axes of the turns that are refined of a frame. One about the beam moves no reflection towards the Ewald sphere, and the rocking
/// axis by little: it stays.
let axes = [| Vector3(1.0, 0.0, 0.0); Vector3(0.0, 1.0, 0.0) |]

let private shifted (state: FrameState) (p: Vector<float>) =
    { state with
        Rotation = state.Rotation + p[0] * axes[0] + p[1] * axes[1]
    }

/// ∂/∂(ω_x, ω_y) of all residuals by forward differences.
let private jacobian (all: FrameState array -> float array array) (state: FrameState) (r: float array) =
    axes
    |> Array.map (fun axis ->
        { state with
            Rotation = state.Rotation + angleStep * axis
        })
    |> all
    |> Array.map (fun above -> Array.map2 (fun a here -> (a - here) / angleStep) above r)
    |> Matrix<float>.Build.DenseOfColumnArrays

/// Levenberg–Marquardt from a start: the best state that was met.
///
/// - `iterations`: linearisations at most
let fit (evaluate: Residuals) (prior: Prior) iterations (start: FrameState) : FrameState =
    let all (states: FrameState array) =
        evaluate start.Thickness (states |> Array.map _.Rotation)
        |> Array.map2 (fun state r -> Array.append r (expectations prior state)) states

    let one state = all [| state |] |> Array.head

    let rec attempt damping state (r: float array) (j: Matrix<float>) =
        let normal = j.TransposeThisAndMultiply j
        let gradient = j.TransposeThisAndMultiply(Vector<float>.Build.DenseOfArray r)

        let diagonal =
            Matrix<float>
                .Build.Diagonal(
                    axes.Length,
                    axes.Length,
                    (fun k -> if normal[k, k] > 0.0 then damping * normal[k, k] else 1.0)
                )

        let next = inside prior (shifted state (-(normal + diagonal).Solve gradient))
        let nextR = one next

        if square nextR < square r then
            Some(struct (damping, next, nextR))
        elif damping > 1e2 then
            None
        else
            attempt (10.0 * damping) state r j

    let rec iterate remaining damping state r =
        if remaining = 0 then
            state
        else
            match attempt damping state r (jacobian all state r) with
            | None -> state
            | Some(struct (_, next, nextR)) when square r - square nextR < 1e-3 * square r -> next
            | Some(struct (used, next, nextR)) -> iterate (remaining - 1) (max 1e-3 (used / 5.0)) next nextR

    let first = inside prior start
    iterate iterations 1e-2 first (one first)

/// First and least tilt of the hexagonal search, degrees.
let private hexagon = struct (0.3, 0.005)

/// Hexagonal search on the two tilts: ω = θ(cos φ, sin φ, 0) about the present orientation at
/// φ = 0, 60 … 300°; the best point becomes the centre where it is better, else θ is halved until it is below the least.
///
/// Source: Malik et al. (2025), arXiv 2508.05908.
let hexagonal (evaluate: Residuals) (prior: Prior) (start: FrameState) : FrameState =
    let struct (first, least) = hexagon

    let around centre tilt =
        [|
            for k in 0..5 ->
                let azimuth = float k * Math.PI / 3.0

                inside
                    prior
                    { centre with
                        Rotation = centre.Rotation + tilt * Vector3(cos azimuth, sin azimuth, 0.0)
                    }
        |]

    let rec search centre value tilt =
        if tilt < Angle.Radians least then
            centre
        else
            let struct (best, reached) =
                let states = around centre tilt

                objectives evaluate prior states
                |> Array.map2 (fun state value -> struct (state, value)) states
                |> Array.minBy (fun (struct (_, v)) -> v)

            if reached < value then
                search best reached tilt
            else
                search centre value (tilt / 2.0)

    let centre = inside prior start
    search centre (objective evaluate prior centre) (Angle.Radians first)

/// Nelder–Mead on the two tilts from the start, at its thickness: the best state that was met.
///
/// Raises nothing: a search that runs out of evaluations ends where it is.
let nelderMead (evaluate: Residuals) (prior: Prior) (start: FrameState) : FrameState =
    let state (v: Vector<float>) =
        inside
            prior
            { start with
                Rotation = Vector3(v[0], v[1], start.Rotation.Z)
            }

    let best = ref struct (infinity, inside prior start)

    let meet v =
        let met = state v
        let value = objective evaluate prior met
        let struct (least, _) = best.Value

        if value < least then
            best.Value <- struct (value, met)

        value

    let first =
        Vector<float>.Build.DenseOfArray [| start.Rotation.X; start.Rotation.Y |]

    let simplex = Vector<float>.Build.Dense(2, 1e-3)

    try
        MathNet.Numerics.Optimization.NelderMeadSimplex.Minimum(
            MathNet.Numerics.Optimization.ObjectiveFunction.Value meet,
            first,
            simplex,
            1e-6,
            200
        )
        |> ignore
    with :? MathNet.Numerics.Optimization.MaximumIterationsException ->
        ()

    let struct (_, found) = best.Value
    found
