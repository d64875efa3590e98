module Pendel.Tests.Kernels.SpectralBoundTests

open System
open System.Numerics
open FsCheck
open MathNet.Numerics.LinearAlgebra
open Pendel.Tests
open Xunit
open Pendel.Kernels
open Pendel.Tests.SharedData
open Pendel.Tests.Kernels.Arcs
open Pendel.Tests.Kernels.BlochOracle

let private bound (arc: Arc) =
    let packed, adjoint =
        PackedMatrix<LanesScalar<float32>, float32, float32>(), PackedMatrix<LanesScalar<float32>, float32, float32>()

    let matrix = arc.Matrix
    packed.Pack<ComplexAlgebra>(&matrix, false)
    adjoint.Pack<ComplexAlgebra>(&matrix, true)
    let bounds = SpectralBound<LanesScalar<float32>, float32, float32>()
    bounds.Of(&matrix, packed, (if arc.Hermitian then null else adjoint))

/// Extreme eigenvalues of the Hermitian and of the anti-Hermitian part.
let private extremes (a: Matrix<Complex>) =
    let range (part: Matrix<Complex>) =
        let levels =
            (part.Evd Symmetricity.Hermitian).EigenValues.ToArray() |> Array.map _.Real

        Array.min levels, Array.max levels

    range ((a + a.ConjugateTranspose()) / Complex(2.0, 0.0)), range ((a - a.ConjugateTranspose()) / Complex(0.0, 2.0))

[<Fact>]
let ``the rectangle holds the numerical ranges of all tilts`` () =
    let holds (seed: int) (NonNegativeInt size) =
        [ Hermitian; Absorptive ]
        |> List.forall (fun kind ->
            let arc = random seed kind (1 + size % 25) (1 + size % 3)
            let spectrum = bound arc

            [ 0 .. arc.Tilts - 1 ]
            |> List.forall (fun tilt ->
                let (low, high), (least, most) = extremes (structureMatrix arc tilt)

                let inside centre half a b =
                    centre - half <= a + 1e-12 && b - 1e-12 <= centre + half

                inside spectrum.Centre spectrum.Radius low high
                && inside spectrum.Absorption spectrum.HalfHeight least most))

    Law.holds holds

[<SharedFact("oracle/bloch")>]
let ``the bound of physical spectra is not wasteful`` () =
    for problem, limit in
        [
            "si_001_zone", 1.08
            "quartz_111_tilt", 1.1
            "cspbbr3_offzone", 1.03
            "cspbbr3_001_tilt", 1.32
        ] do
        let root = load $"oracle/bloch/{problem}.json"
        let weight = numbers root?Mg |> Array.map (fun m -> m * m)

        let factor z =
            let c = root?scattering?coefficients.GetProperty(string<int> z)
            lobato (numbers c?a) (numbers c?b)

        let crystal = structure root?crystal (root?electron?gamma.GetDouble()) factor

        let arc =
            arcOf crystal (indices root?beams_hkl) (numbers root?Sg) weight (root?K.GetDouble()) (root?Kn.GetDouble())

        let (low, high), _ = extremes (structureMatrix arc 0)
        Assert.InRange(2.0 * (bound arc).Radius / (high - low), 1.0, limit)
