/// A large and thick Bloch problem against an eigen-solver, intensities and their derivatives.
module Pendel.Oracles.Kernels.LargeProblemTests

open System
open MathNet.Numerics.LinearAlgebra
open Xunit
open Pendel.Kernels

let private beams = 600
let private thickness = 2000.0
let private waveNumber = 40.0

/// A real symmetric potential that falls off with the distance of the beams in the list, without a diagonal.
let private potential =
    Matrix<float>
        .Build.Dense(
            beams,
            beams,
            fun g h ->
                if g = h then
                    0.0
                else
                    0.06 * cos (float (g + h)) / float (abs (g - h))
        )

let private excitation =
    Array.init beams (fun g -> if g = 0 then 0.0 else 0.8 * sin (float (7 * g)))

let private matrixOf (u: float[]) (d: float[]) =
    let weight = Array.create beams 1.0
    ArcMatrix(beams, 1, u, ReadOnlySpan.Empty, d, weight, waveNumber, true)

let private rows (m: Matrix<float>) = m.ToRowMajorArray()

let private levels =
    lazy ((potential + Matrix<float>.Build.DenseOfDiagonalArray excitation).Evd Symmetricity.Symmetric)

/// cos and sin of πtλ/K_n, level by level.
let private phases =
    lazy
        (levels.Value.EigenValues.ToArray()
         |> Array.map (fun l -> Math.SinCos(Math.PI * thickness * l.Real / waveNumber)))

/// ψ = V exp(iφ) Vᵀ e_0.
let private wave =
    lazy
        (let v = levels.Value.EigenVectors

         let part f =
             v
             * Vector<float>.Build.DenseOfArray(Array.mapi (fun j phase -> f phase * v[0, j]) phases.Value)

         part (fun struct (_, c) -> c), part (fun struct (s, _) -> s))

[<Fact>]
let ``600 beams at 2000 Å agree with eigenvectors to 1e-10`` () =
    let re, im = wave.Value
    let found: float[] = Array.zeroCreate beams
    let matrix = matrixOf (rows potential) excitation
    Propagator().Forward(&matrix, thickness, Precision.Double, found.AsSpan())

    let error =
        Seq.max [ for g in 0 .. beams - 1 -> abs (found[g] - re[g] * re[g] - im[g] * im[g]) ]

    Assert.True(error < 1e-10, $"{error}")

/// Derivative of ψ along a symmetric direction B: V (F ∘ VᵀBV) Vᵀ e_0 with the divided differences F of exp(iπtλ/K_n).
let private derivative (direction: Matrix<float>) =
    let v = levels.Value.EigenVectors
    let inner = v.TransposeThisAndMultiply direction * v
    let rate = Math.PI * thickness / waveNumber
    let level j = levels.Value.EigenValues[j].Real

    let divided i j =
        // (e^{ia} − e^{ib})/(a − b) = i e^{i(a+b)/2} sinc((a − b)/2)
        let struct (s, c) = Math.SinCos(rate * (level i + level j) / 2.0)
        let half = rate * (level i - level j) / 2.0
        let size = rate * (if abs half < 1e-9 then 1.0 else sin half / half)
        -size * s, size * c

    let part pick =
        let excited =
            Vector<float>
                .Build.Dense(
                    beams,
                    fun i -> Seq.sum (seq { for j in 0 .. beams - 1 -> pick (divided i j) * inner[i, j] * v[0, j] })
                )

        v * excited

    part fst, part snd

[<Fact>]
let ``the pullback of 600 beams at 2000 Å agrees with perturbed eigenvectors to 1e-8`` () =
    let source = Random 3
    let re, im = wave.Value
    let cotangent = Array.init beams (fun _ -> 2.0 * source.NextDouble() - 1.0)

    let direction =
        let half =
            Matrix<float>.Build.Dense(beams, beams, fun _ _ -> source.NextDouble() - 0.5)

        half + half.Transpose()

    let dRe, dIm = derivative direction

    let expected =
        Seq.sum (seq { for g in 0 .. beams - 1 -> 2.0 * cotangent[g] * (re[g] * dRe[g] + im[g] * dIm[g]) })

    let zeros n : float[] = Array.zeroCreate n
    let uBar, dBar = zeros (beams * beams), zeros beams
    let matrix = matrixOf (rows potential) excitation
    let propagator = Propagator()
    propagator.Forward(&matrix, thickness, Precision.Double, (zeros beams).AsSpan())

    propagator.Adjoint(&matrix, cotangent, uBar.AsSpan(), Span.Empty, dBar.AsSpan())
    |> ignore

    let offDiagonal = Array.sum (Array.map2 (*) uBar (rows direction))
    // The diagonal of the direction is in Ū's own diagonal: here w = 1, so that both inputs mean the same.
    let error = abs (offDiagonal - expected) / (1.0 + abs expected)
    Assert.True(error < 1e-8, $"{offDiagonal}, by eigenvectors {expected}: {error}")
