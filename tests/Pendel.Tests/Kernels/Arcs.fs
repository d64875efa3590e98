/// Small Bloch problems for the tests of the kernels, and their solution by eigenvectors.
module Pendel.Tests.Kernels.Arcs

open System
open System.Numerics
open MathNet.Numerics.LinearAlgebra
open Pendel.Kernels

/// The arrays behind an `ArcMatrix`.
type Arc =
    {
        Beams: int
        Tilts: int
        Re: float[]
        Im: float[]
        Diagonal: float[]
        Weight: float[]
        WaveNumber: float
        Hermitian: bool
    }

    member a.Matrix =
        ArcMatrix(a.Beams, a.Tilts, a.Re, a.Im, a.Diagonal, a.Weight, a.WaveNumber, a.Hermitian)

type Kind =
    | RealSymmetric
    | Hermitian
    | Absorptive

/// A random arc of physical size: |U| ≤ 0.1 Å⁻², |d| ≤ 1 Å⁻², K_n = 40 Å⁻¹.
let random (seed: int) kind beams tilts =
    let source = Random seed

    let signed size =
        size * (2.0 * source.NextDouble() - 1.0)

    let re = Array.zeroCreate (beams * beams)

    let im =
        if kind = RealSymmetric then
            [||]
        else
            Array.zeroCreate (beams * beams)

    for g in 0 .. beams - 1 do
        for h in 0 .. g - 1 do
            let x, y = signed 0.1, signed 0.1

            let x', y' =
                if kind = Absorptive then
                    signed 0.01, signed 0.01
                else
                    0.0, 0.0

            re[g * beams + h] <- x - y'
            re[h * beams + g] <- x + y'

            if kind <> RealSymmetric then
                im[g * beams + h] <- y + x'
                im[h * beams + g] <- x' - y

        if kind = Absorptive then
            im[g * beams + g] <- 0.01

    {
        Beams = beams
        Tilts = tilts
        Re = re
        Im = im
        Diagonal = Array.init (beams * tilts) (fun i -> if i % beams = 0 then 0.0 else signed 1.0)
        Weight = Array.init (beams * tilts) (fun i -> if i % beams = 0 then 1.0 else 1.0 + signed 0.05)
        WaveNumber = 40.0
        Hermitian = kind <> Absorptive
    }

/// The symmetric structure matrix M U M + d of one tilt.
let structureMatrix arc tilt =
    let m g = sqrt arc.Weight[tilt * arc.Beams + g]

    Matrix<Complex>
        .Build.Dense(
            arc.Beams,
            arc.Beams,
            fun g h ->
                let at = g * arc.Beams + h
                let u = Complex(arc.Re[at], (if arc.Im.Length = 0 then 0.0 else arc.Im[at]))
                let own = if g = h then arc.Diagonal[tilt * arc.Beams + g] else 0.0
                u * Complex(m g * m h, 0.0) + Complex(own, 0.0)
        )

/// exp(X) by scaling, a Taylor series and squaring.
let exponential (x: Matrix<Complex>) =
    let size = x.L1Norm()
    let squarings = max 0 (int (ceil (Math.Log2(size + 1e-300))) + 3)
    let scaled = x / Complex(2.0 ** float squarings, 0.0)
    let one = Matrix<Complex>.Build.DenseIdentity x.RowCount

    let _, sum =
        List.fold
            (fun (term: Matrix<Complex>, sum) k ->
                let next = term * scaled / Complex(float k, 0.0)
                next, sum + next)
            (one, one)
            [ 1..18 ]

    Seq.fold (fun (y: Matrix<Complex>) _ -> y * y) sum (seq { 1..squarings })

/// Intensities of all tilts from eigenvectors (Hermitian) or from the matrix exponential (absorption).
let oracle arc (thickness: float) =
    let phase = Complex(0.0, Math.PI * thickness / arc.WaveNumber)

    Array.init arc.Tilts (fun tilt ->
        let a = structureMatrix arc tilt

        let psi =
            if arc.Hermitian then
                let evd = a.Evd Symmetricity.Hermitian
                let c = evd.EigenVectors

                let excited =
                    c.Row(0).Conjugate().PointwiseMultiply(evd.EigenValues.Map(fun l -> Complex.Exp(phase * l)))

                c * excited
            else
                (exponential (a * phase)).Column 0

        psi.ToArray()
        |> Array.map (fun z -> z.Real * z.Real + z.Imaginary * z.Imaginary))
    |> Array.concat

let forwardWith (propagator: Propagator) precision arc thickness =
    let intensities = Array.zeroCreate (arc.Beams * arc.Tilts)
    let matrix = arc.Matrix
    propagator.Forward(&matrix, thickness, precision, intensities.AsSpan())
    intensities

/// Intensities of all tilts from the propagator.
let forward precision arc thickness =
    forwardWith (Propagator()) precision arc thickness

/// Cotangents of all inputs of one forward pass.
type Pullback =
    {
        Re: float[]
        Im: float[]
        Diagonal: float[]
        Thickness: float
    }

/// Intensities of some beams averaged over stretched thicknesses, 0 for the others.
let distributed (stretches: (float * float) list) (beams: int[]) (propagator: Propagator) precision arc thickness =
    let intensities = Array.zeroCreate (arc.Beams * arc.Tilts)
    let matrix = arc.Matrix
    let thicknesses = [| for stretch, _ in stretches -> stretch * thickness |]
    let shares = [| for _, share in stretches -> share |]
    propagator.ForwardMany(&matrix, thicknesses, shares, beams, precision, intensities.AsSpan())
    intensities

/// ∂/∂t_j of each of some thicknesses, for a cotangent of the intensities of some beams averaged over them with shares.
let thicknessCotangents (thicknesses: float[]) (shares: float[]) (beams: int[]) precision arc (cotangent: float[]) =
    let propagator = Propagator()
    let intensities = Array.zeroCreate (arc.Beams * arc.Tilts)
    let matrix = arc.Matrix
    propagator.ForwardMany(&matrix, thicknesses, shares, beams, precision, intensities.AsSpan(), withSlopes = true)
    let result = Array.zeroCreate thicknesses.Length
    propagator.ThicknessCotangents(cotangent, result.AsSpan())
    result

let pullbackOf propagate precision (arc: Arc) (thickness: float) (cotangent: float[]) =
    let propagator = Propagator()
    propagate propagator precision arc thickness |> ignore
    let matrix = arc.Matrix

    let re, im, diagonal =
        Array.zeroCreate arc.Re.Length, Array.zeroCreate arc.Im.Length, Array.zeroCreate arc.Diagonal.Length

    let along =
        propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

    {
        Re = re
        Im = im
        Diagonal = diagonal
        Thickness = along
    }

let pullback precision arc thickness cotangent =
    pullbackOf forwardWith precision arc thickness cotangent

/// The largest absolute difference.
let distance (a: float[]) (b: float[]) =
    Array.map2 (fun x y -> abs (x - y)) a b |> Array.max
