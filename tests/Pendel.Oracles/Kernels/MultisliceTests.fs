/// The sign of the phase of U_g, against a multislice calculation that never sees a structure factor.
module Pendel.Oracles.Kernels.MultisliceTests

open System
open System.Numerics
open MathNet.Numerics
open MathNet.Numerics.IntegralTransforms
open Xunit
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Kernels
open Pendel.Oracles.DiffBloch
open Pendel.Oracles.DiffBlochArcs
open Pendel.Tests.SharedData

// α-quartz, P3₂21, seen along [101], where its projection is oblique, without mirror lines and without a centre: its
// reflections are (p, q, −p), and a point x projects to (x − z, y). Along [100], a two-fold axis, both signs would agree.
let private thickness = 200.0
let private slice = 1.0
let private gMax = 4.0
let private points = 64
let private isotropicU = 0.012

let private optics = ElectronOptics.FromVoltage 200e3

let private atoms (crystal: Crystal) =
    [|
        for site in crystal.Sites do
            for o in SiteSymmetry.Of(site.Position, crystal.SpaceGroup, crystal.Cell).DistinctImages ->
                ScatteringFactors.For(ScatteringFactorTable.Lobato, site.Element, 0), o.Apply site.Position
    |]

let private debyeWaller s =
    exp (-8.0 * Math.PI ** 2.0 * isotropicU * s * s)

/// U projected on the plane of one atom at a distance ρ, Å⁻¹: (γ/π) ∫ f T J₀(2πgρ) 2πg dg. It knows no sign of a phase.
let private projected (factor: ScatteringFactor) =
    let step = 0.02
    let g = [| for i in 0..300 -> (float i + 0.5) * step |]

    let f =
        g
        |> Array.map (fun g -> factor.Evaluate(g / 2.0) * debyeWaller (g / 2.0) * 2.0 * Math.PI * g * step)

    let table =
        [|
            for k in 0..1600 ->
                let rho = float k * 0.005

                optics.Gamma / Math.PI
                * Array.fold2 (fun sum g f -> sum + f * SpecialFunctions.BesselJ(0.0, 2.0 * Math.PI * g * rho)) 0.0 g f
        |]

    fun rho ->
        let x = rho / 0.005
        let k = int x

        if k + 2 > 1600 then
            0.0
        else
            let k = max k 1
            let t = x - float k
            // cubic through four points
            table[k - 1] * (-t * (t - 1.0) * (t - 2.0) / 6.0)
            + table[k] * ((t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0)
            + table[k + 1] * (-t * (t + 1.0) * (t - 2.0) / 2.0)
            + table[k + 2] * (t * (t + 1.0) * (t - 1.0) / 6.0)

/// G* of the projected cell: |g|² = p² a + 2pq b + q² c.
let private square (cell: UnitCell) (p: float) (q: float) =
    let g = cell.Reciprocal * Vector3(p, q, -p) in g.Dot g

/// Mean of U along the beam at the points of the projected cell, Å⁻²: atoms put at their places, with their neighbours.
let private meanPotential (cell: UnitCell) atoms =
    let a, c = square cell 1.0 0.0, square cell 0.0 1.0
    let b = 0.5 * (square cell 1.0 1.0 - a - c)
    let determinant = a * c - b * b
    // the area of the projected cell is 1/√det G*; a column of it holds every atom of the cell once in each period
    let period = cell.Volume * sqrt determinant

    let rho x y =
        sqrt ((c * x * x - 2.0 * b * x * y + a * y * y) / determinant)

    let shapes =
        atoms
        |> Array.map fst
        |> Array.distinctBy (fun (f: ScatteringFactor) -> f.Element.AtomicNumber)
        |> Array.map (fun f -> f.Element.AtomicNumber, projected f)
        |> Map

    let places =
        atoms
        |> Array.map (fun (f: ScatteringFactor, x: Vector3) -> shapes[f.Element.AtomicNumber], x.X - x.Z, x.Y)

    Array.init (points * points) (fun n ->
        let at shape (x: float) (y: float) =
            let x, y = x - Math.Round x, y - Math.Round y

            Seq.sum (
                seq {
                    for p in -3 .. 3 do
                        for q in -3 .. 3 -> shape (rho (x + float p) (y + float q))
                }
            )

        let x, y = float (n / points) / float points, float (n % points) / float points

        (places |> Array.sumBy (fun (shape, ax, ay) -> at shape (x - ax) (y - ay)))
        / period)

let private transform forward (values: Complex array) =
    // rows, then columns; Matlab scaling: 1/n in the inverse
    let options = FourierOptions.Matlab

    let lines first step count =
        let line = Array.init count (fun k -> values[first + k * step])

        if forward then
            Fourier.Forward(line, options)
        else
            Fourier.Inverse(line, options)

        line |> Array.iteri (fun k v -> values[first + k * step] <- v)

    for i in 0 .. points - 1 do
        lines (i * points) 1 points

    for j in 0 .. points - 1 do
        lines j points points

let private frequency i =
    float (if i <= points / 2 then i else i - points)

/// Intensities of the waves (p, q) behind the crystal.
let private multislice (cell: UnitCell) (potential: float array) =
    let k = optics.WaveNumber
    let imaginary x = Complex(0.0, Math.PI * slice / k * x)

    let transmission = potential |> Array.map (fun u -> Complex.Exp(imaginary u))
    // half a step of vacuum at both ends: errors of second order in the slice
    let half =
        Array.init (points * points) (fun n ->
            let g2 = square cell (frequency (n / points)) (frequency (n % points))

            if g2 > gMax * gMax then
                Complex.Zero
            else
                Complex.Exp(imaginary (-0.5 * g2)))

    let wave = Array.create (points * points) Complex.Zero
    wave[0] <- Complex.One

    for n in 1 .. int (round (thickness / slice)) do
        for i in 0 .. wave.Length - 1 do
            wave[i] <- wave[i] * half[i]

        transform false wave

        for i in 0 .. wave.Length - 1 do
            wave[i] <- wave[i] * transmission[i]

        transform true wave

        for i in 0 .. wave.Length - 1 do
            wave[i] <- wave[i] * half[i]

    fun p q -> wave[((p + points) % points) * points + (q + points) % points].Magnitude ** 2.0

/// Beams of the zone within g_max, 000 first, and their intensities.
let private bloch (crystal: Crystal) atoms oppositeHand =
    let cell = crystal.Cell

    let beams =
        [|
            for p in -30 .. 30 do
                for q in -30 .. 30 do
                    let h = MillerIndex(p, q, -p)

                    if cell.ReciprocalLength h <= gMax then
                        h
        |]
        |> Array.sortBy cell.ReciprocalLength

    let hkl, place = differences beams
    let adp = Adp.Isotropic(isotropicU).ToReciprocal cell

    let factors =
        [|
            for factor: ScatteringFactor, _ in atoms do
                for h in hkl -> optics.PotentialPrefactor cell * factor.Evaluate(cell.ReciprocalLength h / 2.0)
        |]

    let re, im =
        structureFactors (atoms |> Array.mapi (fun i (_, x) -> struct (x, adp, i)) |> atomArrays) hkl factors

    let n = beams.Length
    let re, im = gather re im place
    let diagonal = beams |> Array.map (fun h -> -(cell.ReciprocalLength h ** 2.0))
    let weight, result = Array.create n 1.0, zeros n
    let arc = ArcMatrix(n, 1, re, im, diagonal, weight, optics.WaveNumber, true)

    Propagator().Forward(&arc, thickness, Precision.Double, result, oppositeHand)
    beams, result

[<SharedFact("data/quartz/quartz.cif")>]
let ``multislice through quartz along [101] agrees with exp(−2πi h·x) and not with its conjugate`` () =
    let crystal = (StructureReader.Read(path "data/quartz/quartz.cif")).Value
    let atoms = atoms crystal
    let expected = multislice crystal.Cell (meanPotential crystal.Cell atoms)

    let error oppositeHand =
        let beams, found = bloch crystal atoms oppositeHand

        Array.map2 (fun (h: MillerIndex) i -> abs (i - expected h.H h.K)) beams found
        |> Array.max

    Assert.True(error false < 1e-3, $"our hand: {error false}")
    Assert.True(error true > 0.05, $"the other hand: {error true}")
