/// Bloch problems solved elsewhere: their structures, potentials and arcs.
module Pendel.Tests.Kernels.BlochOracle

open System
open System.IO
open System.Text.Json
open Pendel.Kernels
open Pendel.Tests.SharedData
open Pendel.Tests.Kernels.Arcs

let (?) (element: JsonElement) (name: string) = element.GetProperty name

let numbers (element: JsonElement) =
    [| for x in element.EnumerateArray() -> x.GetDouble() |]

let indices (element: JsonElement) =
    [|
        for h in element.EnumerateArray() -> [| for x in h.EnumerateArray() -> x.GetInt32() |]
    |]

let rows (element: JsonElement) =
    [| for row in element.EnumerateArray() -> numbers row |]

let load file =
    (File.ReadAllText(path file) |> JsonDocument.Parse).RootElement

let dot (a: float[]) (b: float[]) =
    Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

/// All atoms of a cell, and what makes a potential of them.
type Structure =
    {
        Positions: float[]
        Adps: float[]
        Occupancies: float[]
        Species: int[]
        /// The reciprocal metric tensor: 11, 22, 33, 23, 13, 12, Å⁻².
        Metric: float[]
        /// U = prefactor · F, Å⁻¹.
        Prefactor: float
        /// f of each species at |g|², Å.
        Factors: (float -> float)[]
    }

/// The reciprocal metric tensor and the volume of a cell a, b, c, α, β, γ, by its lattice vectors.
let cell (parameters: float[]) =
    let cosine i =
        cos (parameters[3 + i] * Math.PI / 180.0)

    let a, b, c = parameters[0], parameters[1], parameters[2]

    let metric =
        MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.DenseOfRowArrays(
            [| a * a; a * b * cosine 2; a * c * cosine 1 |],
            [| a * b * cosine 2; b * b; b * c * cosine 0 |],
            [| a * c * cosine 1; b * c * cosine 0; c * c |]
        )

    let r = metric.Inverse()
    [| r[0, 0]; r[1, 1]; r[2, 2]; r[1, 2]; r[0, 2]; r[0, 1] |], sqrt (metric.Determinant())

let lobato (a: float[]) (b: float[]) g2 =
    Array.fold2 (fun f a b -> f + a * (2.0 + b * g2) / (1.0 + b * g2) ** 2.0) 0.0 a b

/// A structure of all atoms of a cell with isotropic displacements.
let structure (crystal: JsonElement) gamma (factor: int -> float -> float) =
    let atoms = [| for a in crystal?atoms_full_cell.EnumerateArray() -> a |]
    let elements = atoms |> Array.map (fun a -> a?Z.GetInt32()) |> Array.distinct
    let metric, volume = cell (numbers crystal?cell)

    {
        Positions =
            atoms
            |> Array.collect (fun a -> [| a?x.GetDouble(); a?y.GetDouble(); a?z.GetDouble() |])
        Adps =
            atoms
            |> Array.collect (fun a -> metric |> Array.map (fun m -> a?Biso.GetDouble() / (8.0 * Math.PI ** 2.0) * m))
        Occupancies = atoms |> Array.map (fun a -> a?occ.GetDouble())
        Species = atoms |> Array.map (fun a -> Array.IndexOf(elements, a?Z.GetInt32()))
        Metric = metric
        Prefactor = gamma / (Math.PI * volume)
        Factors = elements |> Array.map factor
    }

/// f of each species and reflection.
let scatteringFactors s (hkl: int[][]) =
    [|
        for f in s.Factors do
            for h in hkl do
                let h = Array.map float h

                let products =
                    [|
                        h[0] * h[0]
                        h[1] * h[1]
                        h[2] * h[2]
                        2.0 * h[1] * h[2]
                        2.0 * h[0] * h[2]
                        2.0 * h[0] * h[1]
                    |]

                f (dot products s.Metric)
    |]

/// The place of each difference of beams among distinct reflections, and those reflections; 000 comes first.
let differences (beams: int[][]) =
    let all =
        [|
            for g in beams do
                for h in beams -> Array.map2 (-) g h
        |]

    let distinct = Array.append [| [| 0; 0; 0 |] |] all |> Array.distinct
    let place = distinct |> Array.mapi (fun i h -> struct (h[0], h[1], h[2]), i) |> dict
    distinct, all |> Array.map (fun h -> place[struct (h[0], h[1], h[2])])

/// Re U and Im U of all differences of beams, without U_0, which is part of K or neglected.
let potential s (beams: int[][]) =
    let hkl, place = differences beams
    let tableRe, tableIm = Array.zeroCreate hkl.Length, Array.zeroCreate hkl.Length
    let factors = scatteringFactors s hkl
    let flat: int[] = Array.concat hkl

    StructureFactorSum.Value(
        flat,
        s.Positions,
        s.Adps,
        s.Occupancies,
        s.Species,
        factors,
        tableRe.AsSpan(),
        tableIm.AsSpan()
    )

    tableRe[0] <- 0.0
    let re, im = Array.zeroCreate place.Length, Array.zeroCreate place.Length
    PotentialGather.Gather(tableRe, tableIm, place, re.AsSpan(), im.AsSpan())
    Array.map ((*) s.Prefactor) re, Array.map ((*) s.Prefactor) im

/// The arc of one tilt with excitation errors S, weights M² and the wave numbers K and K_n.
let arcOf s beams (excitationErrors: float[]) (weight: float[]) k normal =
    let re, im = potential s beams

    {
        Beams = beams.Length
        Tilts = 1
        Re = re
        Im = im
        Diagonal = Array.map2 (fun e w -> 2.0 * k * e * w) excitationErrors weight
        Weight = weight
        WaveNumber = normal
        Hermitian = true
    }
