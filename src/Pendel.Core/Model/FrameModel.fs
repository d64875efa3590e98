/// Integrated intensities of one frame and their adjoint: potential, thickness and orientation → I_g → cotangents.
///
/// For each arc A' = diag(w)·U + diag(2K S w), w = M² (CONVENTIONS, Structure matrix);
/// I_g = Σ_k weight_k |ψ_g(k)|² over the tilts of all arcs. A beam that an arc lacks contributes nothing there.
module Pendel.Core.FrameModel

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Core.ArcModel
open Pendel.Core.Scratch

/// Potential coefficients on the data set's support list, Å⁻²; imaginary parts are empty where U is real.
[<Struct>]
type PotentialTable =
    {
        Kind: PotentialKind
        Re: float array
        Im: float array
    }

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
        Potential: Potential.Coefficients
        /// ∂/∂t of each sample of the thickness, Å⁻¹.
        Thickness: float array
        /// ∂/∂ω, rad⁻¹.
        Rotation: Vector3
        /// Of each tilt: ∂/∂weight, and ∂/∂z for the third row z of its rotation.
        Tilts: struct (float * Vector3) array
    }

/// Stops the calculation by the name of the frame if a number is not finite.
let requireFinite what (plan: FramePlan) values =
    if not (Array.forall Double.IsFinite values) then
        raise (NumericalException $"{what} of frame {plan.Frame.Id} is not finite")

/// Takes the frame's coefficients from the table into the workspace.
let private gatherSupport (workspace: Workspace) (plan: FramePlan) (table: PotentialTable) =
    let count = plan.Support.Length

    let take (source: float array) (target: float array) =
        if source.Length = 0 then
            target
        else
            let target = atLeast count target
            let mutable isFinite = true

            for i in 0 .. count - 1 do
                target[i] <- source[plan.Support[i]]
                isFinite <- isFinite && Double.IsFinite target[i]

            if not isFinite then
                requireFinite "the potential" plan target

            target

    workspace.Support <-
        {
            Re = take table.Re workspace.Support.Re
            Im = take table.Im workspace.Support.Im
        }

/// Results of arcs, and the largest of their errors.
let private withLargestError (ofArcs: struct ('T * float) array) =
    struct (ofArcs |> Array.map (fun (struct (result, _)) -> result),
            ofArcs |> Array.fold (fun largest (struct (_, error)) -> max largest error) 0.0)

/// Intensities in one arithmetic for each of some rotations, and the largest bound of an amplitude's error over the arcs.
let private propagate
    (workspace: Workspace)
    waveNumber
    (precision: Precision)
    (table: PotentialTable)
    (plan: FramePlan)
    samples
    (rotations: Vector3 array)
    sequel
    =
    gatherSupport workspace plan table
    let thicknesses = thicknesses plan samples
    let valueOnly = sequel = ValueOnly

    let ofArc own (arc: Arc) (scratch: ArcScratch) =
        prepare workspace plan waveNumber rotations table.Kind own arc scratch
        let matrix = matrixOf table.Kind arc rotations.Length scratch waveNumber

        forward arc &matrix thicknesses precision sequel scratch

        let intensity =
            if valueOnly then
                Array.sub scratch.Intensity 0 (rotations.Length * arc.FluxWeight.Length)
            else
                scratch.Intensity

        struct (intensity, scratch.Propagator.AmplitudeError)

    let struct (propagated, error) =
        workspace.PerArc(plan, not valueOnly, ofArc) |> withLargestError

    let results =
        Array.init rotations.Length (fun _ -> Array.zeroCreate<float> plan.Scored.Length)

    for i in 0 .. plan.Arcs.Length - 1 do
        let arc, intensity = plan.Arcs[i], propagated[i]

        for r in 0 .. rotations.Length - 1 do
            let result, first = results[r], r * arc.FluxWeight.Length

            forScored plan arc (fun place reflection weight ->
                result[reflection] <- result[reflection] + weight * intensity[first + place])

    struct (results, error)

/// What the rounding errors of single tilts become in their mean, relative: they are independent, so that
/// Σ (w_s δI_s)² with δI_s = 2ε√I_s comes to (2ε)² max(w) I.
let private errorOfMean (plan: FramePlan) =
    let mutable largest = 0.0

    for tilt in plan.Tilts do
        largest <- max largest tilt.Weight

    sqrt largest

/// Bound of an amplitude's error that searches bear, whose results are evaluated anew.
let private searchError = 1e-3

/// What a calculation gives, with the bound of an amplitude's error, in the arithmetic asked for. Automatic is single precision
/// where its result suffices.
let private inArithmetic choice suffices (calculate: Precision -> struct ('T * float)) =
    let exact () =
        let struct (result, _) = calculate Precision.Double
        result

    match choice with
    | PrecisionChoice.Double -> exact ()
    | Single ->
        let struct (result, _) = calculate Precision.Single
        result
    | Automatic ->
        let single =
            try
                ValueSome(calculate Precision.Single)
            with :? UnresolvedException ->
                ValueNone

        match single with
        | ValueSome(struct (result, error)) when suffices result error -> result
        | _ -> exact ()

/// The arcs of a frame in turns, as exact as a search bears.
let private searchPerArc
    (workspace: Workspace)
    plan
    choice
    (ofArc: Precision -> HandScratch -> Arc -> ArcScratch -> struct ('T * float))
    =
    inArithmetic choice (fun _ error -> error <= searchError) (fun arithmetic ->
        workspace.PerArc(plan, false, ofArc arithmetic) |> withLargestError)

/// How exact automatic intensities are.
type Need =
    /// By the bound for results.
    | Result
    /// As a search bears.
    | Search

let private suffices need (plan: FramePlan) (results: float array array) error =
    match need with
    | Search -> error <= searchError
    | Result ->
        plan.Scored.Length = 0
        || results
           |> Array.forall (fun result ->
               PrecisionBound.Suffices(error * errorOfMean plan, Array.max result, Array.min result))

/// I_c of the scored reflections of a frame, fractions of the incident beam.
///
/// - `samples`: t, Å; of several the intensities are averaged, which share one propagation
/// - `rotation`: rotation vector on top of the plan's correction, rad, ω-free axes
/// - `precision`: arithmetic of the recurrence; automatic takes single where the bound of its error suffices for the frame
/// - result: one value for each scored reflection
let intensities
    (workspace: Workspace)
    waveNumber
    (precision: PrecisionChoice)
    (table: PotentialTable)
    (plan: FramePlan)
    (samples: float array)
    rotation
    =
    let sequel =
        if samples.Length = 1 then
            OfOneThickness
        else
            OfEachThickness

    inArithmetic precision (suffices Result plan) (fun arithmetic ->
        propagate workspace waveNumber arithmetic table plan samples [| rotation |] sequel)
    |> Array.head

/// The same for each of some rotations of a frame at one thickness, which share all but the diagonal of their matrices; no
/// adjoint follows.
let intensitiesAt
    need
    (workspace: Workspace)
    waveNumber
    (precision: PrecisionChoice)
    (table: PotentialTable)
    (plan: FramePlan)
    thickness
    (rotations: Vector3 array)
    =
    inArithmetic precision (suffices need plan) (fun arithmetic ->
        propagate workspace waveNumber arithmetic table plan [| thickness |] rotations ValueOnly)

/// The sum of the arcs' cotangents on the frame's support, in the order of the arcs.
let private sumOfArcs length (parts: float array array) =
    let sum = Array.zeroCreate<float> length

    for part in parts do
        for i in 0 .. length - 1 do
            sum[i] <- sum[i] + part[i]

    sum

/// ∂/∂t of so many samples of a frame's thickness, from its arcs.
let private thicknessCotangents (plan: FramePlan) samples (arcs: ArcCotangent array) =
    let shares = plan.Thicknesses

    if samples = 1 then
        // the derivative of the propagation is that by its largest thickness
        [|
            (shares |> Seq.map _.Relative |> Seq.max) * (arcs |> Array.sumBy _.Thickness)
        |]
    else
        let ofSample j =
            Seq.sum (
                seq {
                    for k in 0 .. shares.Length - 1 ->
                        shares[k].Relative
                        * (arcs |> Array.sumBy _.EachThickness[j * shares.Length + k])
                }
            )

        Array.init samples ofSample

/// The adjoint of the last `intensities` of this workspace, with the same frame, samples, rotation and kind of potential.
///
/// - `samples`: how many
/// - `cotangent`: ∂L/∂I_c for each scored reflection
let adjoint
    (workspace: Workspace)
    waveNumber
    kind
    (plan: FramePlan)
    samples
    (rotation: Vector3)
    (cotangent: float array)
    =
    let each = if samples = 1 then 0 else samples * plan.Thicknesses.Length
    let arcs = workspace.PerArc(plan, true, pullArc each waveNumber plan kind cotangent)
    let moments = arcs |> Array.collect _.Moments
    let correction = Matrix3.Rotation rotation

    let rotationCotangent =
        let derivatives = Array.init 3 (fun i -> RotationVector.Derivative(rotation, i))

        let along i =
            Seq.fold2
                (fun sum (tilt: Tilt) moment -> sum + ((tilt.Rotation * derivatives[i]).Row 2).Dot moment)
                0.0
                plan.Tilts
                moments

        Vector3(along 0, along 1, along 2)

    let sum part length =
        arcs |> Array.map (fun a -> part a.Scratch) |> sumOfArcs length

    {
        Potential =
            {
                Re = sum _.SupportRe plan.Support.Length
                Im = sum _.SupportIm (imaginary kind plan.Support.Length)
            }
        Thickness = thicknessCotangents plan samples arcs
        Rotation = rotationCotangent
        Tilts =
            Array.map2
                (fun weight (moment: Vector3) -> struct (weight, correction * moment))
                (arcs |> Array.collect _.Weights)
                moments
    }

/// I_c of the scored reflections at many thicknesses from one propagation, thickness by thickness: for searches.
let atThicknesses
    (workspace: Workspace)
    waveNumber
    (precision: PrecisionChoice)
    (table: PotentialTable)
    (plan: FramePlan)
    rotation
    (thicknesses: float array)
    =
    gatherSupport workspace plan table

    let sumsOf arithmetic own (arc: Arc) (scratch: ArcScratch) =
        prepare workspace plan waveNumber [| rotation |] table.Kind own arc scratch
        let matrix = matrixOf table.Kind arc 1 scratch waveNumber
        let beams = arc.ScoredBeams

        let weights =
            Array.init arc.TiltCount (fun s -> plan.Tilts[arc.FirstTilt + s].Weight)

        let sums = Array.zeroCreate<float>(thicknesses.Length * beams.Length)
        scratch.Propagator.AtThicknesses(&matrix, thicknesses, beams.AsSpan(), weights, arithmetic, sums)
        struct (struct (beams, sums), scratch.Propagator.AmplitudeError)

    let ofArcs = searchPerArc workspace plan precision sumsOf

    let result =
        Array.init thicknesses.Length (fun _ -> Array.zeroCreate<float> plan.Scored.Length)

    for i in 0 .. plan.Arcs.Length - 1 do
        let struct (beams, sums) = ofArcs[i]

        for t in 0 .. thicknesses.Length - 1 do
            for b in 0 .. beams.Length - 1 do
                let reflection = plan.Arcs[i].Scored[beams[b]]
                result[t][reflection] <- result[t][reflection] + sums[t * beams.Length + b]

    result

/// The rocking curves of the scored reflections of a frame in its plan's orientation: I at each tilt, fractions of the incident
/// beam; 0 where a reflection is no beam. They serve searches.
///
/// - result: tilts × scored reflections
let rockingCurves (workspace: Workspace) waveNumber precision (table: PotentialTable) (plan: FramePlan) thickness =
    gatherSupport workspace plan table
    let thicknesses = thicknesses plan [| thickness |]

    let ofArc arithmetic own (arc: Arc) (scratch: ArcScratch) =
        prepare workspace plan waveNumber [| Vector3.Zero |] table.Kind own arc scratch
        let matrix = matrixOf table.Kind arc 1 scratch waveNumber
        forward arc &matrix thicknesses arithmetic ValueOnly scratch

        let curves =
            Array.init arc.TiltCount (fun s ->
                let intensity = Array.zeroCreate<float> plan.Scored.Length

                for g in arc.ScoredBeams do
                    intensity[arc.Scored[g]] <- scratch.Intensity[s * arc.Beams.Length + g]

                intensity)

        struct (curves, scratch.Propagator.AmplitudeError)

    searchPerArc workspace plan precision ofArc |> Array.concat
