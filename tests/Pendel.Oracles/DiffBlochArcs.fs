/// The frames of diffBloch 0.2.0 as arcs of our propagator, in that program's geometry and with its one factor M.
module Pendel.Oracles.DiffBlochArcs

open System
open System.Collections.Generic
open System.Text.Json
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Oracles.DiffBloch

/// A run of tilts with one list of beams, as that program cut it.
type Segment =
    {
        Beams: MillerIndex array
        Tilts: int array
    }

/// One frame.
type Rotation =
    {
        Data: JsonElement
        /// h → g at the middle of the frame, Å⁻¹.
        Matrix: Matrix3
        Segments: Segment array
        Scored: MillerIndex array
        /// ΣI over the tilts.
        Expected: float array
    }

/// g = (R U)⁻ᵀ 𝐁 h with U = UB·B⁻¹ as it comes, not orthonormal, and R = Rz(ω − axis) Rx(α) Ry(β).
let private orientation (case: Case) (data: JsonElement) =
    let angle (name: string) =
        Angle.Radians(data.GetProperty(name).GetDouble())

    let axis = Angle.Radians(case.Root?constants?rotation_axis_position_deg.GetDouble())

    let u =
        matrix case.Root?orientation?UB
        * (matrix case.Root?orientation?B_busing_levy).Inverse

    let r =
        Matrix3.RotationZ(-axis)
        * Matrix3.RotationZ(angle "omega")
        * Matrix3.RotationX(angle "alpha")

    (r * Matrix3.RotationY(angle "beta") * u).Inverse.Transpose
    * case.Cell.Reciprocal

let rotations (case: Case) =
    items case.Root?rotations
    |> Array.map (fun data ->
        let union = indices data?union_beam_hkl

        {
            Data = data
            Matrix = orientation case data
            Segments =
                items data?segments
                |> Array.map (fun s ->
                    {
                        Beams = numbers s?beam_union_index |> Array.map (fun i -> union[int i])
                        Tilts = numbers s?tilts |> Array.map int
                    })
            Scored = indices data?scored?hkl
            Expected = numbers data?scored?I_calc_complex128_sum_over_tilts
        })

/// The distinct differences g − h of beams, and the place of each pair's.
let differences (beams: MillerIndex array) =
    let places = Dictionary<MillerIndex, int>()

    let place =
        [|
            for g in beams do
                for h in beams do
                    let d = g - h
                    places.TryAdd(d, places.Count) |> ignore
                    places[d]
        |]

    [| for p in places |> Seq.sortBy _.Value -> p.Key |], place

/// S_g of a beam at a tilt.
let private excitation (case: Case) (rotation: Rotation) tilt (hkl: MillerIndex) =
    let g = Matrix3.RotationX case.Tilts[tilt] * (rotation.Matrix * hkl.ToVector())
    g, ExcitationError.Of(g, case.WaveNumber)

/// The arrays of an arc of some tilts: Re U, Im U, d = 2K S M (once), w = M². U_0 is in K; that program has U′_0 M (once) on
/// the diagonal, which needs an arc for each tilt, since U is shared by an arc's tilts.
type Arrays =
    {
        Re: float array
        Im: float array
        Diagonal: float array
        Weight: float array
        Place: int array
        Differences: MillerIndex array
    }

let arrays (case: Case) rotation (segment: Segment) =
    let n = segment.Beams.Length
    let distinct, place = differences segment.Beams
    let tableRe, tableIm = potential case distinct
    let re, im = gather tableRe tableIm place

    let m, d =
        [|
            for tilt in segment.Tilts do
                for beam in segment.Beams do
                    let g, s = excitation case rotation tilt beam
                    let m = 1.0 / sqrt (1.0 - g.Z / case.WaveNumber)
                    m, 2.0 * case.WaveNumber * s * m
        |]
        |> Array.unzip

    for i in 0 .. n - 1 do
        re[i * n + i] <- 0.0

        im[i * n + i] <-
            if case.IsotropicB.Length = 0 then
                0.0
            else
                im[i * n + i] / m[i]

    {
        Re = re
        Im = im
        Diagonal = d
        Weight = m |> Array.map (fun m -> m * m)
        Place = place
        Differences = distinct
    }

/// The arcs to propagate.
let arcs (case: Case) (rotation: Rotation) =
    if case.IsotropicB.Length = 0 then
        rotation.Segments
    else
        [|
            for s in rotation.Segments do
                for tilt in s.Tilts -> { s with Tilts = [| tilt |] }
        |]

/// Intensities of all beams of an arc, tilt by tilt.
let propagate (case: Case) (propagator: Propagator) (segment: Segment) (a: Arrays) =
    let arc =
        ArcMatrix(
            segment.Beams.Length,
            segment.Tilts.Length,
            a.Re,
            a.Im,
            a.Diagonal,
            a.Weight,
            case.WaveNumber,
            case.IsotropicB.Length = 0
        )

    let result = Array.zeroCreate<float> a.Diagonal.Length
    propagator.Forward(&arc, case.Thickness, Precision.Double, result)
    result

/// For each arc beam that is scored: its place in the intensities of the arc, and the place of the reflection.
let scoredPlaces (rotation: Rotation) (segment: Segment) =
    let n = segment.Beams.Length

    [|
        for r, hkl in Array.indexed rotation.Scored do
            match Array.IndexOf(segment.Beams, hkl) with
            | -1 -> ()
            | b -> for s in 0 .. segment.Tilts.Length - 1 -> struct (s * n + b, r)
    |]

/// ΣI over the tilts for each scored reflection.
let intensities (case: Case) (rotation: Rotation) =
    let result = Array.zeroCreate<float> rotation.Scored.Length
    let propagator = Propagator()

    for segment in arcs case rotation do
        let found = propagate case propagator segment (arrays case rotation segment)

        for struct (place, r) in scoredPlaces rotation segment do
            result[r] <- result[r] + found[place]

    result
