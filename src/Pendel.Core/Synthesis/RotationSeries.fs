/// A measurement that is not copied from a data file: frames of continuous rotation about x, no rows yet.
module Pendel.Core.RotationSeries

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction

/// A rotation drawn from the uniform distribution: a unit quaternion of four normal deviates.
let randomOrientation (seed: int) =
    let random = Random seed

    let normal () =
        // Box and Muller; 1 − x is never 0
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let w, v = normal (), Vector3(normal (), normal (), normal ())
    // the rotation vector 2 atan(|v|/w) v/|v| of the quaternion (w, v)
    Matrix3.Rotation((2.0 * atan2 v.Length w / v.Length) * v)

/// Adjoining or overlapping frames.
///
/// - `wavelength`: Å
/// - `orientation`: U
/// - `semiAngle`: φ, half of a frame's rotation, degrees
/// - `alphas`: goniometer angles, degrees
let create (cell: UnitCell) wavelength (orientation: Matrix3) semiAngle (alphas: float seq) =
    Experiment(
        cell,
        wavelength,
        orientation * cell.Reciprocal,
        CollectionGeometry.Rotation,
        Nullable(),
        Nullable(),
        [
            for i, alpha in Seq.indexed alphas ->
                VirtualFrame(i + 1, alpha, 0.0, 0.0, semiAngle, 1.0, ImmutableArray.Empty)
        ]
            .ToImmutableArray()
    )

/// The angles of `count` frames with equal steps about 0, degrees.
let centred count step =
    [ for i in 0 .. count - 1 -> step * (float i - 0.5 * float (count - 1)) ]
