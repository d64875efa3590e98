/// Integrated intensities of one frame and their adjoint: potential, thickness and orientation → I_g → cotangents.
///
/// For each arc A' = diag(w)·U + diag(2K S w), w = M² (CONVENTIONS, Structure matrix);
/// I_g = Σ_k weight_k |ψ_g(k)|² over the tilts of all arcs. A beam that an arc lacks contributes nothing there.
module Pendel.Core.FrameModel

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels

/// Potential coefficients on the data set's support list: real and imaginary parts, Å⁻².
[<Struct>]
type PotentialTable = { Re: float array; Im: float array }

/// What varies for one frame in a refinement.
[<Struct>]
type FrameState =
    {
        /// t, Å.
        Thickness: float
        /// Rotation vector on top of the plan's correction, rad, ω-free axes.
        Rotation: Vector3
    }

/// Cotangents of one frame's inputs.
type FrameCotangent =
    {
        /// ∂/∂Re U and ∂/∂Im U on the frame's support.
        Potential: PotentialTable
        /// ∂/∂t, Å⁻¹.
        Thickness: float
        /// ∂/∂ω, rad⁻¹.
        Rotation: Vector3
        /// Of each tilt: ∂/∂weight, and ∂/∂z for the third row z of its rotation.
        Tilts: struct (float * Vector3) array
    }

/// The arrays of one arc; they grow and are used again.
type internal ArcScratch(first: ArcScratch option) =
    let fitted (values: float array) n =
        if values.Length = n then values else Array.zeroCreate n

    member val Propagator: Propagator = Propagator(sharing = (first |> Option.map _.Propagator |> Option.toObj))
    member val Re = Array.empty<float> with get, set
    member val Im = Array.empty<float> with get, set
    member val Diagonal = Array.empty<float> with get, set
    member val Intensity = Array.empty<float> with get, set

    member scratch.Fit(arc: Arc) =
        let n = arc.Beams.Length
        scratch.Re <- fitted scratch.Re (n * n)
        scratch.Im <- fitted scratch.Im (n * n)
        scratch.Diagonal <- fitted scratch.Diagonal (n * arc.TiltCount)
        scratch.Intensity <- fitted scratch.Intensity (n * arc.TiltCount)

/// Scratch of one thread. It keeps what the adjoint needs of the last frame that was propagated.
type Workspace() =
    let arcs = ResizeArray<ArcScratch>()

    member internal _.Arc i =
        while arcs.Count <= i do
            arcs.Add(ArcScratch(Seq.tryHead arcs))

        arcs[i]

/// Stops the calculation by the name of the frame if a number is not finite.
let requireFinite what (plan: FramePlan) values =
    if not (Array.forall Double.IsFinite values) then
        raise (NumericalException $"{what} of frame {plan.Frame.Id} is not finite")

let private gatherSupport (plan: FramePlan) (table: PotentialTable) =
    let re = Array.init plan.Support.Length (fun i -> table.Re[plan.Support[i]])
    let im = Array.init plan.Support.Length (fun i -> table.Im[plan.Support[i]])
    requireFinite "the potential" plan re
    requireFinite "the potential" plan im
    { Re = re; Im = im }

/// d = 2K S_g w_g of an arc, S × N, for a rotation on top of the plan's orientation.
let private fillDiagonal (plan: FramePlan) (arc: Arc) waveNumber rotation (diagonal: float array) =
    let correction = Matrix3.Rotation rotation
    let n = arc.Beams.Length

    for s in 0 .. arc.TiltCount - 1 do
        let row = (plan.Tilts[arc.FirstTilt + s].Rotation * correction).Row 2

        for i in 0 .. n - 1 do
            let g = arc.G[i]
            let excitation = row.Dot g - g.Dot g / (2.0 * waveNumber)
            diagonal[s * n + i] <- 2.0 * waveNumber * excitation * arc.FluxWeight[s * n + i]

/// The matrix of an arc from its scratch; the spans live as long as the call they are passed to.
let inline private matrixOf (arc: Arc) (scratch: ArcScratch) waveNumber =
    ArcMatrix(
        arc.Beams.Length,
        arc.TiltCount,
        ReadOnlySpan scratch.Re,
        ReadOnlySpan scratch.Im,
        ReadOnlySpan scratch.Diagonal,
        arc.FluxWeight.AsSpan(),
        waveNumber,
        true
    )

/// U_0 is part of K, so the matrix has none of it.
let private clearDiagonal n (matrix: float array) =
    for i in 0 .. n - 1 do
        matrix[i * n + i] <- 0.0

let private prepare (plan: FramePlan) waveNumber rotation (support: PotentialTable) (arc: Arc) (scratch: ArcScratch) =
    scratch.Fit arc
    PotentialGather.Gather(support.Re, support.Im, arc.Difference.AsSpan(), scratch.Re, scratch.Im)
    clearDiagonal arc.Beams.Length scratch.Re
    clearDiagonal arc.Beams.Length scratch.Im
    fillDiagonal plan arc waveNumber rotation scratch.Diagonal

/// Visits the scored beams of an arc at each tilt: place in S × N, place among the scored reflections, weight of the tilt.
let inline private forScored (plan: FramePlan) (arc: Arc) ([<InlineIfLambda>] visit: int -> int -> float -> unit) =
    let n = arc.Beams.Length

    for g in 0 .. n - 1 do
        let reflection = arc.Scored[g]

        if reflection >= 0 then
            for s in 0 .. arc.TiltCount - 1 do
                visit (s * n + g) reflection plan.Tilts[arc.FirstTilt + s].Weight

/// Places of the scored beams of an arc.
let private scoredBeams (arc: Arc) =
    [|
        for g in 0 .. arc.Beams.Length - 1 do
            if arc.Scored[g] >= 0 then
                g
    |]

/// Intensities of an arc, averaged over the thicknesses of the plan.
let private forward (plan: FramePlan) (arc: Arc) (matrix: inref<ArcMatrix>) thickness precision (scratch: ArcScratch) =
    let shares = plan.Thicknesses

    if shares.Length = 1 then
        scratch.Propagator.Forward(&matrix, thickness * shares[0].Relative, precision, scratch.Intensity)
    else
        let thicknesses = Array.init shares.Length (fun j -> thickness * shares[j].Relative)
        let weights = Array.init shares.Length (fun j -> shares[j].Weight)

        scratch.Propagator.ForwardMany(&matrix, thicknesses, weights, scoredBeams arc, precision, scratch.Intensity)

/// Intensities in one arithmetic, and the largest bound of an amplitude's error over the arcs.
let private propagate
    (workspace: Workspace)
    waveNumber
    (precision: Precision)
    (table: PotentialTable)
    (plan: FramePlan)
    (state: FrameState)
    =
    let support = gatherSupport plan table
    let result = Array.zeroCreate<float> plan.Scored.Length
    let mutable error = 0.0

    for i in 0 .. plan.Arcs.Length - 1 do
        let arc, scratch = plan.Arcs[i], workspace.Arc i
        prepare plan waveNumber state.Rotation support arc scratch
        let matrix = matrixOf arc scratch waveNumber
        forward plan arc &matrix state.Thickness precision scratch
        error <- max error scratch.Propagator.AmplitudeError
        let intensity = scratch.Intensity

        forScored plan arc (fun place reflection weight ->
            result[reflection] <- result[reflection] + weight * intensity[place])

    struct (result, error)

/// I_c of the scored reflections of a frame, fractions of the incident beam.
///
/// - `precision`: arithmetic of the recurrence; automatic takes single where the bound of its error suffices for the frame
/// - result: one value for each scored reflection
let intensities
    (workspace: Workspace)
    waveNumber
    (precision: PrecisionChoice)
    (table: PotentialTable)
    (plan: FramePlan)
    (state: FrameState)
    =
    let propagate precision =
        propagate workspace waveNumber precision table plan state

    let struct (result, error) =
        propagate (
            if precision = PrecisionChoice.Double then
                Precision.Double
            else
                Precision.Single
        )

    let suffices =
        precision <> Automatic
        || result.Length = 0
        || PrecisionBound.Suffices(error, Array.max result, Array.min result)

    if suffices then
        result
    else
        let struct (exact, _) = propagate Precision.Double
        exact

/// The adjoint of the last `intensities` of this workspace, with the same frame and state.
///
/// - `cotangent`: ∂L/∂I_c for each scored reflection
let adjoint (workspace: Workspace) waveNumber (plan: FramePlan) (state: FrameState) (cotangent: float array) =
    let re = Array.zeroCreate<float> plan.Support.Length
    let im = Array.zeroCreate<float> plan.Support.Length
    let mutable thickness = 0.0
    let mutable rotation = Vector3.Zero
    let tilts = Array.create plan.Tilts.Length (struct (0.0, Vector3.Zero))
    let weightBar = Array.zeroCreate<float> plan.Tilts.Length
    let correction = Matrix3.Rotation state.Rotation
    // the derivative of the propagation is that by its largest thickness
    let largest = plan.Thicknesses |> Seq.map _.Relative |> Seq.max

    let derivatives =
        Array.init 3 (fun i -> RotationVector.Derivative(state.Rotation, i))

    for i in 0 .. plan.Arcs.Length - 1 do
        let arc, scratch = plan.Arcs[i], workspace.Arc i
        let n = arc.Beams.Length
        let matrix = matrixOf arc scratch waveNumber
        let bar = scratch.Intensity

        forScored plan arc (fun place reflection _ ->
            let tilt = arc.FirstTilt + place / n
            weightBar[tilt] <- weightBar[tilt] + cotangent[reflection] * bar[place])

        Array.Clear bar
        forScored plan arc (fun place reflection weight -> bar[place] <- weight * cotangent[reflection])

        let matrixRe, matrixIm =
            Array.zeroCreate<float>(n * n), Array.zeroCreate<float>(n * n)

        let diagonal = Array.zeroCreate<float>(n * arc.TiltCount)

        thickness <-
            thickness
            + largest
              * scratch.Propagator.Adjoint(&matrix, scratch.Intensity, matrixRe, matrixIm, diagonal)

        clearDiagonal n matrixRe
        clearDiagonal n matrixIm
        PotentialGather.ScatterAdd(matrixRe, matrixIm, arc.Difference.AsSpan(), re, im)

        for s in 0 .. arc.TiltCount - 1 do
            let row i =
                (plan.Tilts[arc.FirstTilt + s].Rotation * derivatives[i]).Row 2

            let row0, row1, row2 = row 0, row 1, row 2
            // Σ_g d̄_g ∂d_g/∂S_g g: the excitation error is linear in g
            let mutable moment = Vector3.Zero

            for g in 0 .. n - 1 do
                let weight = 2.0 * waveNumber * arc.FluxWeight[s * n + g] * diagonal[s * n + g]
                moment <- moment + weight * arc.G[g]

            rotation <- rotation + Vector3(row0.Dot moment, row1.Dot moment, row2.Dot moment)
            let tilt = arc.FirstTilt + s
            tilts[tilt] <- struct (weightBar[tilt], correction * moment)

    {
        Potential = { Re = re; Im = im }
        Thickness = thickness
        Rotation = rotation
        Tilts = tilts
    }

/// I_c of the scored reflections at many thicknesses from one propagation: thickness by thickness. In single precision
/// unless double is asked for: it serves searches, whose results are evaluated anew.
let atThicknesses
    (workspace: Workspace)
    waveNumber
    (precision: PrecisionChoice)
    (table: PotentialTable)
    (plan: FramePlan)
    rotation
    (thicknesses: float array)
    =
    let arithmetic =
        if precision = PrecisionChoice.Double then
            Precision.Double
        else
            Precision.Single

    let support = gatherSupport plan table

    let result =
        Array.init thicknesses.Length (fun _ -> Array.zeroCreate<float> plan.Scored.Length)

    for i in 0 .. plan.Arcs.Length - 1 do
        let arc, scratch = plan.Arcs[i], workspace.Arc i
        prepare plan waveNumber rotation support arc scratch
        let matrix = matrixOf arc scratch waveNumber

        let beams = scoredBeams arc

        let weights =
            Array.init arc.TiltCount (fun s -> plan.Tilts[arc.FirstTilt + s].Weight)

        let sums = Array.zeroCreate<float>(thicknesses.Length * beams.Length)
        scratch.Propagator.AtThicknesses(&matrix, thicknesses, beams, weights, arithmetic, sums)

        for t in 0 .. thicknesses.Length - 1 do
            for b in 0 .. beams.Length - 1 do
                let reflection = arc.Scored[beams[b]]
                result[t][reflection] <- result[t][reflection] + sums[t * beams.Length + b]

    result
