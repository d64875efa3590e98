/// One arc of a frame: its matrix A' = diag(w)·U + diag(2K S w), w = M² (CONVENTIONS, Structure matrix), its propagation and the
/// adjoint of that.
module internal Pendel.Core.ArcModel

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Core.Scratch

/// d = 2K S_g w_g of an arc, R × S × N, for R rotations on top of the plan's orientation.
let fillDiagonal (plan: FramePlan) (arc: Arc) waveNumber (rotations: Vector3 array) (diagonal: float array) =
    let n = arc.Beams.Length
    let g = arc.G.AsSpan()
    let weight = arc.FluxWeight.AsSpan()

    for r in 0 .. rotations.Length - 1 do
        let correction = Matrix3.Rotation rotations[r]

        for s in 0 .. arc.TiltCount - 1 do
            let row = (plan.Tilts[arc.FirstTilt + s].Rotation * correction).Row 2
            let first = (r * arc.TiltCount + s) * n

            for i in 0 .. n - 1 do
                let excitation = row.Dot g[i] - g[i].Dot g[i] / (2.0 * waveNumber)
                diagonal[first + i] <- 2.0 * waveNumber * excitation * weight[s * n + i]

/// How many of n coefficients have an imaginary part.
let imaginary kind n =
    if kind = PotentialKind.Real then 0 else n

/// The matrix of an arc from its scratch, its tilts repeated for each of so many rotations; the spans live as long as the call
/// they are passed to.
let inline matrixOf kind (arc: Arc) rotations (scratch: ArcScratch) waveNumber =
    let size = arc.Beams.Length * arc.Beams.Length
    let tilts = rotations * arc.TiltCount

    ArcMatrix(
        arc.Beams.Length,
        tilts,
        ReadOnlySpan(scratch.Re, 0, size),
        ReadOnlySpan(scratch.Im, 0, imaginary kind size),
        ReadOnlySpan(scratch.Diagonal, 0, tilts * arc.Beams.Length),
        ReadOnlySpan(scratch.Weight, 0, tilts * arc.Beams.Length),
        waveNumber,
        kind <> PotentialKind.Absorptive
    )

/// U_0 is part of K, so the matrix has none of it; the mean absorption U′_0 stays.
let clearDiagonal kind n (re: float array) (im: float array) =
    for i in 0 .. n - 1 do
        re[i * n + i] <- 0.0

    if kind = PotentialKind.Hermitian then
        for i in 0 .. n - 1 do
            im[i * n + i] <- 0.0

/// Scratch of a hand for the places of an arc's beam differences.
let private scratchFor (arc: Arc) (own: HandScratch) =
    if not arc.Differences.IsKept && own.Places.Length < arc.Differences.Count then
        own.Places <- Array.zeroCreate arc.Differences.Count

    own.Places

/// Fills the scratch of an arc for rotations on top of the plan's orientation.
let prepare
    workspace
    (plan: FramePlan)
    waveNumber
    (rotations: Vector3 array)
    kind
    (own: HandScratch)
    (arc: Arc)
    (scratch: ArcScratch)
    =
    let n = arc.Beams.Length
    let support = (workspace: Workspace).Support
    let size, count = n * n, plan.Support.Length
    let once = n * arc.TiltCount
    let all = rotations.Length * once
    scratch.Re <- atLeast size scratch.Re
    scratch.Im <- atLeast (imaginary kind size) scratch.Im
    scratch.Diagonal <- atLeast all scratch.Diagonal
    scratch.Weight <- atLeast all scratch.Weight
    scratch.Intensity <- atLeast all scratch.Intensity

    PotentialGather.Gather(
        ReadOnlySpan(support.Re, 0, count),
        ReadOnlySpan(support.Im, 0, imaginary kind count),
        arc.Differences.Read(scratchFor arc own),
        Span(scratch.Re, 0, size),
        Span(scratch.Im, 0, imaginary kind size)
    )

    clearDiagonal kind n scratch.Re scratch.Im
    fillDiagonal plan arc waveNumber rotations scratch.Diagonal

    for r in 0 .. rotations.Length - 1 do
        arc.FluxWeight.CopyTo(0, scratch.Weight, r * once, once)

/// Visits the scored beams of an arc at each tilt: place in S × N, place among the scored reflections, weight of the tilt.
let inline forScored (plan: FramePlan) (arc: Arc) ([<InlineIfLambda>] visit: int -> int -> float -> unit) =
    let n = arc.Beams.Length

    for g in 0 .. n - 1 do
        let reflection = arc.Scored[g]

        if reflection >= 0 then
            for s in 0 .. arc.TiltCount - 1 do
                visit (s * n + g) reflection plan.Tilts[arc.FirstTilt + s].Weight

/// The thicknesses of a frame, Å, and their shares.
[<Struct>]
type Thicknesses =
    {
        Values: float array
        Shares: float array
    }

/// Those of a plan's distribution about each sample of the frame's thickness, sample by sample.
let thicknesses (plan: FramePlan) (samples: float array) =
    {
        Values =
            [|
                for t in samples do
                    for share in plan.Thicknesses -> t * share.Relative
            |]
        Shares =
            [|
                for _ in samples do
                    for share in plan.Thicknesses -> share.Weight / float samples.Length
            |]
    }

/// What follows on a forward pass.
type Sequel =
    /// Nothing: no adjoint.
    | ValueOnly
    /// The adjoint, with one thickness of the frame, whose distribution moves with it.
    | OfOneThickness
    /// The adjoint, with each of many thicknesses.
    | OfEachThickness

/// Intensities of an arc, averaged over thicknesses.
let forward (arc: Arc) (matrix: inref<ArcMatrix>) (thicknesses: Thicknesses) precision sequel (scratch: ArcScratch) =
    let valueOnly = sequel = ValueOnly
    let intensity = Span(scratch.Intensity, 0, matrix.Diagonal.Length)

    if thicknesses.Values.Length = 1 then
        scratch.Propagator.Forward(&matrix, thicknesses.Values[0], precision, intensity, valueOnly = valueOnly)
    else
        scratch.Propagator.ForwardMany(
            &matrix,
            thicknesses.Values,
            thicknesses.Shares,
            arc.ScoredBeams.AsSpan(),
            precision,
            intensity,
            valueOnly,
            (sequel = OfEachThickness)
        )

/// Σ_g d̄_g ∂d_g/∂S_g g of each tilt of an arc: the excitation error is linear in g.
let moments (arc: Arc) waveNumber (diagonal: float array) =
    let n = arc.Beams.Length

    Array.init arc.TiltCount (fun s ->
        let mutable moment = Vector3.Zero

        for g in 0 .. n - 1 do
            let weight = 2.0 * waveNumber * arc.FluxWeight[s * n + g] * diagonal[s * n + g]
            moment <- moment + weight * arc.G[g]

        moment)

/// ∂/∂weight of each tilt of an arc, from its intensities.
let weightCotangents plan (arc: Arc) (intensity: float array) (cotangent: float array) =
    let bar = Array.zeroCreate<float> arc.TiltCount

    forScored plan arc (fun place reflection _ ->
        let s = place / arc.Beams.Length
        bar[s] <- bar[s] + cotangent[reflection] * intensity[place])

    bar

/// What the adjoint of an arc gives besides the cotangents of the coefficients, which go to its scratch.
type ArcCotangent =
    {
        Scratch: ArcScratch
        /// ∂/∂t of the largest thickness, the others changing in proportion, Å⁻¹.
        Thickness: float
        /// ∂/∂t of each thickness, Å⁻¹; none where they were not asked for.
        EachThickness: float array
        /// ∂/∂weight of each tilt.
        Weights: float array
        /// `moments`.
        Moments: Vector3 array
    }

/// The adjoint of the last `forward` of an arc.
///
/// - `each`: of how many thicknesses the cotangents are wanted one by one; 0 if of none
/// - `cotangent`: ∂L/∂I_c for each scored reflection
let pullArc
    each
    waveNumber
    (plan: FramePlan)
    kind
    (cotangent: float array)
    (own: HandScratch)
    (arc: Arc)
    (scratch: ArcScratch)
    =
    let size, count = arc.Beams.Length * arc.Beams.Length, plan.Support.Length
    let sizeIm, countIm = imaginary kind size, imaginary kind count
    let matrix = matrixOf kind arc 1 scratch waveNumber
    let bar = scratch.Intensity
    let weights = weightCotangents plan arc bar cotangent
    Array.Clear bar
    forScored plan arc (fun place reflection weight -> bar[place] <- weight * cotangent[reflection])
    scratch.SupportRe <- cleared count scratch.SupportRe
    scratch.SupportIm <- cleared countIm scratch.SupportIm
    own.Re <- cleared size own.Re
    own.Im <- cleared sizeIm own.Im
    own.Diagonal <- atLeast arc.FluxWeight.Length own.Diagonal

    let thickness =
        scratch.Propagator.Adjoint(
            &matrix,
            ReadOnlySpan(bar, 0, arc.FluxWeight.Length),
            Span(own.Re, 0, size),
            Span(own.Im, 0, sizeIm),
            Span(own.Diagonal, 0, arc.FluxWeight.Length)
        )

    let eachThickness = Array.zeroCreate<float> each

    if each > 0 then
        scratch.Propagator.ThicknessCotangents(ReadOnlySpan(bar, 0, arc.FluxWeight.Length), eachThickness.AsSpan())

    clearDiagonal kind arc.Beams.Length own.Re own.Im

    PotentialGather.ScatterAdd(
        ReadOnlySpan(own.Re, 0, size),
        ReadOnlySpan(own.Im, 0, sizeIm),
        arc.Differences.Read(scratchFor arc own),
        Span(scratch.SupportRe, 0, count),
        Span(scratch.SupportIm, 0, countIm)
    )

    {
        Scratch = scratch
        Thickness = thickness
        EachThickness = eachThickness
        Weights = weights
        Moments = moments arc waveNumber own.Diagonal
    }
