/// Rocking curves of frames: from geometry, sampling and mosaicity to weighted orientations.
///
/// A frame of a continuous rotation is the mean over [−φ, φ]. Mosaic blocks turned about the rocking axis by a normal distribution
/// see that range shifted, so that the frame is a weighted mean beyond ±φ, with weights box ⊗ Gaussian: nothing is lost at its ends.
module Pendel.Core.Rocking

open System
open System.Collections.Immutable
open MathNet.Numerics.Distributions
open Pendel.Diffraction

/// Standard deviations of the mosaic blocks' misorientations, rad.
[<Struct>]
type Mosaicity =
    {
        /// Perpendicular to the rocking axis.
        Perpendicular: float
        /// About the rocking axis.
        Along: float
    }

/// What a frame's orientations follow from.
type Curve =
    {
        Geometry: CollectionGeometry
        /// φ, rad.
        SemiAngle: float
        /// Equal steps of [−φ, φ], or of the azimuth of a precession.
        Count: int
        /// Range beyond ±φ, rad: what the blocks about the rocking axis reach beyond that counts at its ends.
        Beyond: float
        Mosaicity: Mosaicity
    }

/// Ends of the steps: those of [−φ, φ] and more of the same width beyond.
let private edges (curve: Curve) =
    let step = 2.0 * curve.SemiAngle / float curve.Count
    let beyond = int (Math.Ceiling(curve.Beyond / step))

    Array.init (curve.Count + 2 * beyond + 1) (fun i -> step * float (i - beyond) - curve.SemiAngle)

/// From A(x) = ∫ Φ(x/σ) dx, or its derivative by σ, the shares of the steps: differences of (A(δ + φ) − A(δ − φ))/2φ.
let private shares (integral: float -> float) total (curve: Curve) =
    let phi, edges = curve.SemiAngle, edges curve
    let last = edges.Length - 1

    let below i =
        if i = 0 then
            0.0
        elif i = last then
            total
        else
            (integral (edges[i] + phi) - integral (edges[i] - phi)) / (2.0 * phi)

    Array.init last (fun i -> below (i + 1) - below i)

let private weights (curve: Curve) =
    let sigma = curve.Mosaicity.Along

    let integral x =
        x * Normal.CDF(0.0, sigma, x) + sigma * Normal.PDF(0.0, 1.0, x / sigma)

    shares integral 1.0 curve

let private perfect (curve: Curve) =
    if curve.Geometry = CollectionGeometry.Precession then
        RockingCurve.Precession(curve.SemiAngle, curve.Count)
    elif curve.Mosaicity.Along = 0.0 then
        RockingCurve.Rotation(curve.SemiAngle, curve.Count)
    else
        let edges = edges curve

        weights curve
        |> Seq.mapi (fun i weight -> RockingCurve.AboutX(0.5 * (edges[i] + edges[i + 1]), weight))
        |> ImmutableArray.CreateRange

/// The orientations that integrate a frame, with their weights. In a precession, misorientation along the cone is absorbed by the integration.
let tilts (curve: Curve) =
    RockingCurve.Mosaic(perfect curve, curve.Mosaicity.Perpendicular)

/// ∂weight/∂σ of the orientations for σ about the rocking axis, rad⁻¹; 0 where they do not depend on it.
let weightDerivatives (curve: Curve) (tilts: ImmutableArray<Tilt>) =
    let sigma = curve.Mosaicity.Along

    if curve.Geometry = CollectionGeometry.Precession || sigma = 0.0 then
        Array.zeroCreate<float> tilts.Length
    else
        let slopes = shares (fun x -> Normal.PDF(0.0, 1.0, x / sigma)) 0.0 curve
        let blocks = tilts.Length / slopes.Length
        Array.init tilts.Length (fun i -> slopes[i / blocks] / float blocks)
