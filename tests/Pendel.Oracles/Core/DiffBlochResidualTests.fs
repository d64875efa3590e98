module Pendel.Oracles.Core.DiffBlochResidualTests

open System
open System.Text.Json
open Xunit
open Pendel.Core
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Oracles.DiffBloch
open Pendel.Oracles.DiffBlochArcs
open Pendel.Tests.SharedData

/// Our rows of a frame, and that program's: it keeps the intensity of a weak row (I < 0.01σ) where we read it as 0.
let private bothRows (rotation: Rotation) =
    let scored = rotation.Data?scored
    let intensity, su = numbers scored?I_obs, numbers scored?sigma

    let own =
        Array.map3 (fun hkl i s -> ScoredReflection(Observation(hkl, i, s), 0.0, 0.0, 0.0)) rotation.Scored intensity su
        |> Residual.rows

    own, { own with Intensity = intensity }

let private relative name expected found tolerance =
    let error = abs (found / expected - 1.0)
    Assert.True(error < tolerance, $"{name}: {found}, expected {expected}")

let private hasMetrics (rotation: Rotation) =
    let metrics = rotation.Data?metrics_complex128
    let expected: string -> float = fun name -> (metrics.GetProperty name).GetDouble()
    let own, theirs = bothRows rotation
    let calculated = rotation.Expected
    relative "scale" (expected "closed_form_scale_wR2") (Residual.scale theirs calculated) 1e-12
    relative "wR" (expected "closed_form_wR2") (Residual.wR theirs (dsharp.tensor calculated) |> float) 1e-12

    relative
        "wR, weak rows read as 0"
        (expected "closed_form_wR2")
        (Residual.wR own (dsharp.tensor calculated) |> float)
        1e-2

    let rObserved = (Residual.rObserved own calculated).Value
    // the best scale against a grid of 2 %
    Assert.InRange(rObserved, 0.95 * expected "grid_Robs", expected "grid_Robs")

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/cspbbr3/cspbbr3.cif")>]
let ``scale and residuals of diffBloch's intensities are those of diffBloch`` () =
    for case in
        [
            quartz "quartz.json"
            quartz "quartz_absorption.json"
            cspbbr3 "cspbbr3.json"
            cspbbr3 "cspbbr3_absorption.json"
        ] do
        rotations case |> Array.iter hasMetrics

/// Pulls a cotangent of the frame's ΣI back: thickness, then positions and U* of the asymmetric unit, every element of U* its
/// own variable.
let private pullback (case: Case) (rotation: Rotation) (cotangent: float array) =
    let mutable thickness = 0.0
    let sites = case.Elements.Length
    let position = Array.create sites Vector3.Zero
    let adp = Array.create sites (0.0 * Matrix3.Identity)
    let propagator = Propagator()

    for segment in arcs case rotation do
        let a = arrays case rotation segment
        let n = segment.Beams.Length
        propagate case propagator segment a |> ignore
        let bar = zeros a.Diagonal.Length

        for struct (place, r) in scoredPlaces rotation segment do
            bar[place] <- cotangent[r]

        let re, im = zeros (n * n), zeros (n * n)
        let diagonal = zeros a.Diagonal.Length

        let arc =
            ArcMatrix(n, segment.Tilts.Length, a.Re, a.Im, a.Diagonal, a.Weight, case.WaveNumber, true)

        thickness <- thickness + propagator.Adjoint(&arc, bar, re, im, diagonal)

        for i in 0 .. n - 1 do
            re[i * n + i] <- 0.0
            im[i * n + i] <- 0.0

        let count = a.Differences.Length
        let tableRe, tableIm = zeros count, zeros count
        PotentialGather.ScatterAdd(re, im, a.Place, tableRe, tableIm)
        let scaled (values: float array) = Array.map ((*) case.Prefactor) values
        let factorRe, factorIm = scaled tableRe, scaled tableIm
        let elastic, _ = factors case a.Differences
        let hkl, cell = flat a.Differences, arraysOfAtoms case
        let atoms = case.Atoms.Length
        let x, u, o = zeros (3 * atoms), zeros (6 * atoms), zeros atoms

        StructureFactorSum.Adjoint(
            hkl,
            cell.Positions,
            cell.Adps,
            cell.Occupancies,
            cell.Species,
            elastic,
            factorRe,
            factorIm,
            x,
            u,
            o
        )

        for i, atom in Array.indexed case.Atoms do
            let back = atom.Operation.Rotation.Transpose
            let half k = 0.5 * u[6 * i + k]

            let tensor =
                SymmetricTensor(u[6 * i], u[6 * i + 1], u[6 * i + 2], half 3, half 4, half 5).Transform back

            position[atom.Site] <- position[atom.Site] + back * Vector3(x[3 * i], x[3 * i + 1], x[3 * i + 2])
            adp[atom.Site] <- adp[atom.Site] + tensor.ToMatrix()

    thickness, position, adp

let private hasGradient name (expectedT: JsonElement) (expectedX: JsonElement) (expectedU: JsonElement) (t, x, u) =
    relative $"{name}: thickness" (expectedT.GetDouble()) t 1e-9

    let compare what (expected: float array) (own: float array) =
        let error = distance expected own / (expected |> Array.map abs |> Array.max)
        Assert.True(error < 1e-9, $"{name}: {what} differs by {error} of the largest")

    compare
        "positions"
        (items expectedX |> Array.collect numbers)
        (x |> Array.collect (fun (v: Vector3) -> [| v.X; v.Y; v.Z |]))

    compare
        "U*"
        (items expectedU |> Array.collect (items >> Array.collect numbers))
        (u
         |> Array.collect (fun (m: Matrix3) ->
             [|
                 for i in 0..2 do
                     for j in 0..2 -> m[i, j]
             |]))

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif")>]
let ``gradients of wR and of intensities of quartz are those of diffBloch`` () =
    let reference = load "oracle/diffbloch/quartz_gradients_nn_metrics.json"
    let case = quartz "quartz.json"

    let rotation =
        rotations case
        |> Array.find (fun r -> r.Data?rotation_index.GetInt32() = reference?rotation.GetInt32())

    let calculated = intensities case rotation

    let value, gradient =
        dsharp.fgrad (Residual.wR (snd (bothRows rotation))) (dsharp.tensor calculated)

    relative "wR" (reference?wR2.GetDouble()) (float value) 1e-11

    pullback case rotation (gradient.toArray1D<float>())
    |> hasGradient "wR" reference?dwR2_dthickness_per_A reference?dwR2_dpos_frac reference?dwR2_dUstar

    for one in items reference?dI_strongest3 do
        let h = numbers one?hkl |> Array.map int
        let hkl = MillerIndex(h[0], h[1], h[2])
        let place = Array.IndexOf(rotation.Scored, hkl)
        relative $"I of {hkl}" (one?I.GetDouble()) calculated[place] 1e-10

        pullback case rotation (Array.init calculated.Length (fun i -> if i = place then 1.0 else 0.0))
        |> hasGradient $"I of {hkl}" one?dI_dt one?dI_dpos one?dI_dUstar
