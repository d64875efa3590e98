/// The atoms around a site, symmetry images and lattice translations included.
module Pendel.Core.Neighbour

open Pendel.Crystallography

/// An image of a site, x′ = Wx + t.
type Image =
    {
        /// Index of the site in the asymmetric unit.
        Site: int
        /// W.
        Rotation: Matrix3
        /// t, fractional, lattice translation included.
        Translation: Vector3
        /// From the site in question, Å.
        Distance: float
    }

/// The lattice translations next to a reduced difference: the nearest one need not be 0 in an oblique cell.
let private around =
    [
        for i in -1 .. 1 do
            for j in -1 .. 1 do
                for k in -1 .. 1 -> Vector3(float i, float j, float k)
    ]

let private rounded (v: Vector3) =
    Vector3(round v.X, round v.Y, round v.Z)

/// The image of a site that is nearest to another site and is not that site itself.
///
/// - `site`, `other`: indices in the asymmetric unit; of `other` the image is taken
let nearest (crystal: Crystal) (site: int) (other: int) : Image =
    let from, x = crystal.Sites[site].Position, crystal.Sites[other].Position

    [
        for operation in crystal.SpaceGroup.Operations do
            let difference = operation.Apply x - from

            for n in around do
                let shift = n - rounded difference

                {
                    Site = other
                    Rotation = operation.Rotation
                    Translation = operation.Translation + shift
                    Distance = (crystal.Cell.Orthogonalisation * (difference + shift)).Length
                }
    ]
    |> List.filter (fun image -> site <> other || image.Distance > SiteSymmetry.DefaultTolerance)
    |> List.minBy _.Distance

/// R = 𝐀W𝐀⁻¹ of an image: the rotation of Cartesian vectors and tensors.
let cartesianRotation (cell: UnitCell) (image: Image) =
    cell.Orthogonalisation * image.Rotation * cell.Reciprocal.Transpose
