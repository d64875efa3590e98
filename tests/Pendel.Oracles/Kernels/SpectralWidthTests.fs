/// The bound of the spectrum against the spectrum itself, on the arcs of measured frames.
module Pendel.Oracles.Kernels.SpectralWidthTests

open System
open MathNet.Numerics.LinearAlgebra
open Xunit
open Pendel.Kernels
open Pendel.Oracles.DiffBloch
open Pendel.Oracles.DiffBlochArcs
open Pendel.Tests.SharedData

/// x ↦ A x of one tilt, the symmetric A = M U M + d, real and imaginary parts after each other.
let private product n (a: Arrays) tilt (x: float[]) =
    let m g = sqrt a.Weight[tilt * n + g]
    let scaled = Array.mapi (fun i x -> m (i % n) * x) x

    let row (u: float[]) g part =
        let mutable sum = 0.0

        for h in 0 .. n - 1 do
            sum <- sum + u[g * n + h] * scaled[part * n + h]

        sum

    Array.init (2 * n) (fun i ->
        let g, part = i % n, i / n
        let sign = if part = 0 then -1.0 else 1.0

        m g * (row a.Re g part + sign * row a.Im g (1 - part))
        + a.Diagonal[tilt * n + g] * x[i])

/// Extreme levels by Lanczos' iteration with reorthogonalisation, from within.
let private extremes n (multiply: float[] -> float[]) =
    let steps = min 50 n
    let source = Random 1
    let start = Vector<float>.Build.Dense(2 * n, fun _ -> source.NextDouble() - 0.5)
    let basis = ResizeArray [ start.Normalize 2.0 ]
    let t = Matrix<float>.Build.Dense(steps, steps)

    for k in 0 .. steps - 1 do
        let next = Vector<float>.Build.DenseOfArray(multiply (basis[k].ToArray()))
        t[k, k] <- next * basis[k]

        let rest =
            Seq.fold (fun (r: Vector<float>) q -> r - (r * q) * q) next (Seq.append basis basis)

        if k < steps - 1 then
            t[k, k + 1] <- rest.L2Norm()
            t[k + 1, k] <- t[k, k + 1]
            basis.Add(rest.Normalize 2.0)

    let levels =
        (t.Evd Symmetricity.Symmetric).EigenValues.ToArray() |> Array.map _.Real

    Array.min levels, Array.max levels

/// The half width that the propagator takes, by the bound of its error u(4 + z/4), z = πtr/K_n.
let private halfWidth (case: Case) segment arrays =
    let propagator = Propagator()
    propagate case propagator segment arrays |> ignore
    let z = 4.0 * (propagator.AmplitudeError * 2.0 ** 53 - 4.0)
    z * case.WaveNumber / (Math.PI * case.Thickness)

let private check (case: Case) =
    let ratios =
        [|
            for rotation in rotations case do
                let segment = rotation.Segments[rotation.Segments.Length / 2]
                let a = arrays case rotation segment
                let n = segment.Beams.Length

                let levels =
                    [|
                        for tilt in List.distinct [ 0; segment.Tilts.Length - 1 ] -> extremes n (product n a tilt)
                    |]

                let low, high = Array.min (Array.map fst levels), Array.max (Array.map snd levels)
                2.0 * halfWidth case segment a / (high - low)
        |]

    Assert.True(Array.min ratios >= 1.0 && Array.max ratios < 1.15, $"{ratios.Length} arcs: %A{Array.sort ratios}")

[<SharedFact("oracle/diffbloch/quartz.json", "data/quartz/quartz.cif")>]
let ``the half width of arcs of quartz is within 15 per cent`` () = check (quartz "quartz.json")

[<SharedFact("oracle/diffbloch/cspbbr3.json", "data/cspbbr3/cspbbr3.cif")>]
let ``the half width of arcs of CsPbBr3 is within 15 per cent`` () = check (cspbbr3 "cspbbr3.json")
