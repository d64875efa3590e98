module Pendel.Tests.Kernels.BlochOracleTests

open System
open System.IO
open System.Text.Json
open Xunit
open Pendel.Kernels
open Pendel.Tests.SharedData
open Pendel.Tests.Kernels.Arcs

let private (?) (element: JsonElement) (name: string) = element.GetProperty name

let private numbers (element: JsonElement) =
    [| for x in element.EnumerateArray() -> x.GetDouble() |]

let private indices (element: JsonElement) =
    [|
        for h in element.EnumerateArray() -> [| for x in h.EnumerateArray() -> x.GetInt32() |]
    |]

let private rows (element: JsonElement) =
    [| for row in element.EnumerateArray() -> numbers row |]

let private load file =
    (File.ReadAllText(path file) |> JsonDocument.Parse).RootElement

/// A structure of an oracle file: all atoms of the cell, and what makes a potential of them.
type private Structure(root: JsonElement) =
    let reciprocal = rows root?crystal?reciprocal_rows_invA
    let atoms = [| for a in root?crystal?atoms_full_cell.EnumerateArray() -> a |]
    let elements = atoms |> Array.map (fun a -> a?Z.GetInt32()) |> Array.distinct
    let volume = root?crystal?volume_A3.GetDouble()

    let metric i j =
        Array.fold2 (fun sum x y -> sum + x * y) 0.0 reciprocal[i] reciprocal[j]

    member _.Positions =
        atoms
        |> Array.collect (fun a -> [| a?x.GetDouble(); a?y.GetDouble(); a?z.GetDouble() |])

    member _.Occupancies = atoms |> Array.map (fun a -> a?occ.GetDouble())

    member _.Species =
        atoms |> Array.map (fun a -> Array.IndexOf(elements, a?Z.GetInt32()))

    member _.Metric =
        [| metric 0 0; metric 1 1; metric 2 2; metric 1 2; metric 0 2; metric 0 1 |]

    member s.Adps =
        atoms
        |> Array.collect (fun a -> s.Metric |> Array.map (fun m -> a?Biso.GetDouble() / (8.0 * Math.PI ** 2.0) * m))

    /// U = prefactor · F, Å⁻¹.
    member _.Prefactor = root?electron?gamma.GetDouble() / (Math.PI * volume)

    member s.ScatteringFactors(hkl: int[][]) =
        [|
            for z in elements do
                let coefficients = root?scattering?coefficients.GetProperty(string z)
                let a, b = numbers coefficients?a, numbers coefficients?b

                for h in hkl do
                    let h = Array.map float h
                    let m = s.Metric
                    let squares = h[0] * h[0] * m[0] + h[1] * h[1] * m[1] + h[2] * h[2] * m[2]
                    let products = h[1] * h[2] * m[3] + h[0] * h[2] * m[4] + h[0] * h[1] * m[5]
                    let g2 = squares + 2.0 * products
                    Array.fold2 (fun f a b -> f + a * (2.0 + b * g2) / (1.0 + b * g2) ** 2.0) 0.0 a b
        |]

    /// U of each reflection, Å⁻².
    member s.Potential(hkl: int[][]) =
        let re, im = Array.zeroCreate hkl.Length, Array.zeroCreate hkl.Length
        let factors = s.ScatteringFactors hkl

        StructureFactorSum.Value(
            (Array.concat hkl: int[]),
            s.Positions,
            s.Adps,
            s.Occupancies,
            s.Species,
            factors,
            re.AsSpan(),
            im.AsSpan()
        )

        Array.map ((*) s.Prefactor) re, Array.map ((*) s.Prefactor) im

/// The place of each difference of beams among distinct reflections, and those reflections; 000 comes first.
let private differences (beams: int[][]) =
    let all =
        [|
            for g in beams do
                for h in beams -> Array.map2 (-) g h
        |]

    let distinct = Array.append [| [| 0; 0; 0 |] |] all |> Array.distinct
    let place = distinct |> Array.mapi (fun i h -> struct (h[0], h[1], h[2]), i) |> dict
    distinct, all |> Array.map (fun h -> place[struct (h[0], h[1], h[2])])

let private problems =
    [
        "si_001_zone"
        "si_110_tilt"
        "quartz_001_zone"
        "quartz_111_tilt"
        "quartz_111_tilt_surface"
        "cspbbr3_001_tilt"
        "cspbbr3_offzone"
    ]

/// The arc of an oracle file from a table of U with U_0 = 0, and its structure, reflections and places.
let private arcOf (root: JsonElement) =
    let structure = Structure root
    let beams = indices root?beams_hkl
    let hkl, place = differences beams
    let tableRe, tableIm = structure.Potential hkl
    tableRe[0] <- 0.0
    let re, im = Array.zeroCreate place.Length, Array.zeroCreate place.Length
    PotentialGather.Gather(tableRe, tableIm, place, re.AsSpan(), im.AsSpan())
    let weight = numbers root?Mg |> Array.map (fun m -> m * m)
    let k = root?K.GetDouble()

    {|
        Structure = structure
        Reflections = hkl
        Places = place
        Arc =
            {
                Beams = beams.Length
                Tilts = 1
                Re = re
                Im = im
                Diagonal = Array.map2 (fun s w -> 2.0 * k * s * w) (numbers root?Sg) weight
                Weight = weight
                WaveNumber = root?Kn.GetDouble()
                Hermitian = true
            }
    |}

let private compareWith (root: JsonElement) (reference: JsonElement) arc tolerance =
    let expected = rows reference?J_flux

    numbers root?thickness_A
    |> Array.iteri (fun i thickness ->
        let error = distance (forward Precision.Double arc thickness) expected[i]
        Assert.True(error < tolerance, $"{root?id} at {thickness} Å: {error}"))

[<SharedFact("oracle/bloch")>]
let ``seven Bloch problems have the intensities of the reference`` () =
    for problem in problems do
        let root = load $"oracle/bloch/{problem}.json"
        compareWith root root?reference (arcOf root).Arc 1e-9

[<SharedFact("oracle/bloch")>]
let ``with a tenth of the potential absorptive they have the intensities of the reference`` () =
    for problem in problems do
        let root = load $"oracle/bloch/{problem}.json"
        let arc = (arcOf root).Arc

        let mean i =
            if i % (arc.Beams + 1) = 0 then
                0.1 * root?U0.GetDouble()
            else
                0.0

        compareWith
            root
            root?reference_absorptive_10pct
            { arc with
                Re = Array.map2 (fun re im -> re - 0.1 * im) arc.Re arc.Im
                Im = Array.mapi2 (fun i re im -> im + 0.1 * re + mean i) arc.Re arc.Im
                Hermitian = false
            }
            1e-9

/// dL/dp of all atoms' coordinates, B and occupancies and of the thickness for L = Σ v_g M_g² I_g.
let private gradients (root: JsonElement) (v: float[]) thickness =
    let problem = arcOf root
    let arc, s = problem.Arc, problem.Structure
    let propagator = Propagator()
    forwardWith propagator Precision.Double arc thickness |> ignore
    let matrix = arc.Matrix
    let zeros n : float[] = Array.zeroCreate n
    let re, im, diagonal = zeros arc.Re.Length, zeros arc.Re.Length, zeros arc.Beams
    let cotangent = Array.map2 (*) v arc.Weight

    let along =
        propagator.Adjoint(&matrix, cotangent, re.AsSpan(), im.AsSpan(), diagonal.AsSpan())

    let tableRe, tableIm =
        zeros problem.Reflections.Length, zeros problem.Reflections.Length

    PotentialGather.ScatterAdd(re, im, problem.Places, tableRe.AsSpan(), tableIm.AsSpan())
    tableRe[0] <- 0.0
    tableIm[0] <- 0.0

    let factorRe, factorIm =
        Array.map ((*) s.Prefactor) tableRe, Array.map ((*) s.Prefactor) tableIm

    let atoms = s.Occupancies.Length
    let x, u, o = zeros (3 * atoms), zeros (6 * atoms), zeros atoms

    StructureFactorSum.Adjoint(
        (Array.concat problem.Reflections: int[]),
        s.Positions,
        s.Adps,
        s.Occupancies,
        s.Species,
        s.ScatteringFactors problem.Reflections,
        factorRe,
        factorIm,
        x.AsSpan(),
        u.AsSpan(),
        o.AsSpan()
    )

    let b =
        Array.init atoms (fun n ->
            Array.fold2 (fun sum m d -> sum + m * d) 0.0 s.Metric u[6 * n .. 6 * n + 5]
            / (8.0 * Math.PI ** 2.0))

    [
        yield "thickness_A", along

        for n in 0 .. atoms - 1 do
            yield $"atom{n}.x", x[3 * n]
            yield $"atom{n}.y", x[3 * n + 1]
            yield $"atom{n}.z", x[3 * n + 2]
            yield $"atom{n}.Biso", b[n]
            yield $"atom{n}.occ", o[n]
    ]

[<SharedFact("oracle/bloch")>]
let ``gradients of atoms and thickness are those of the reference`` () =
    for problem in problems do
        let root = load $"oracle/bloch/{problem}.json"

        match root.TryGetProperty "gradients" with
        | true, reference ->
            let beams = root?N.GetInt32()
            let v = Array.init beams (fun g -> cos (float g))

            for name, found in gradients root v (reference?thickness_A.GetDouble()) do
                let slopes = numbers (reference?dI.GetProperty name)
                let expected = Array.fold2 (fun sum v d -> sum + v * d) 0.0 v slopes
                let size = Array.fold2 (fun sum v d -> sum + abs (v * d)) 0.0 v slopes

                Assert.True(
                    abs (found - expected) <= 1e-9 * (1.0 + size),
                    $"{problem} {name}: {found}, expected {expected}"
                )
        | _ -> ()
