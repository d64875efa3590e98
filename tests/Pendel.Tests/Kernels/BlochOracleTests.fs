module Pendel.Tests.Kernels.BlochOracleTests

open System
open System.Text.Json
open Xunit
open Pendel.Kernels
open Pendel.Tests.SharedData
open Pendel.Tests.Kernels.Arcs
open Pendel.Tests.Kernels.BlochOracle

let private problems =
    [
        for name in
            [
                "si_001_zone"
                "si_110_tilt"
                "quartz_001_zone"
                "quartz_111_tilt"
                "quartz_111_tilt_surface"
                "cspbbr3_001_tilt"
                "cspbbr3_offzone"
            ] -> $"oracle/bloch/{name}.json"
    ]

let private crystal (root: JsonElement) =
    let factor z =
        let coefficients = root?scattering?coefficients.GetProperty(string<int> z)
        lobato (numbers coefficients?a) (numbers coefficients?b)

    structure root?crystal (root?electron?gamma.GetDouble()) factor

let private arc (root: JsonElement) =
    let weight = numbers root?Mg |> Array.map (fun m -> m * m)
    arcOf (crystal root) (indices root?beams_hkl) (numbers root?Sg) weight (root?K.GetDouble()) (root?Kn.GetDouble())

let private compareWith (root: JsonElement) (reference: JsonElement) arc =
    let expected = rows reference?J_flux

    numbers root?thickness_A
    |> Array.iteri (fun i thickness ->
        let error = distance (forward Precision.Double arc thickness) expected[i]
        Assert.True(error < 1e-11, $"{root?id} at {thickness} Å: {error}"))

[<SharedFact("oracle/bloch")>]
let ``seven Bloch problems have the intensities of the reference`` () =
    for problem in problems do
        let root = load problem
        compareWith root root?reference (arc root)

/// U(1 + i/10) off the diagonal and iU_0/10 on it.
let private absorbing (root: JsonElement) =
    let elastic = arc root

    let mean i =
        if i % (elastic.Beams + 1) = 0 then
            0.1 * root?U0.GetDouble()
        else
            0.0

    { elastic with
        Re = Array.map2 (fun re im -> re - 0.1 * im) elastic.Re elastic.Im
        Im = Array.mapi2 (fun i re im -> im + 0.1 * re + mean i) elastic.Re elastic.Im
        Hermitian = false
    }

[<SharedFact("oracle/bloch")>]
let ``with a tenth of the potential absorptive they have the intensities of the reference`` () =
    for problem in problems do
        let root = load problem
        compareWith root root?reference_absorptive_10pct (absorbing root)

[<SharedFact("oracle/bloch")>]
let ``strong absorption leaves float32 within its bound`` () =
    for problem in problems do
        let arc = absorbing (load problem)

        for thickness in [ 300.0; 1500.0; 3000.0 ] do
            let propagator = Propagator()
            let single = forwardWith propagator Precision.Single arc thickness |> Array.map sqrt

            let error =
                distance single (forward Precision.Double arc thickness |> Array.map sqrt)

            Assert.True(error < propagator.AmplitudeError, $"{problem} at {thickness} Å: {error}")
            Assert.True(thickness > 1500.0 || propagator.AmplitudeError < 4e-6)

/// dL/dp of all atoms' coordinates, B and occupancies and of the thickness for L = Σ v_g M_g² I_g.
let private gradients (root: JsonElement) (v: float[]) thickness =
    let arc, s = arc root, crystal root
    let pulled = pullback Precision.Double arc thickness (Array.map2 (*) v arc.Weight)
    let hkl, places = differences (indices root?beams_hkl)
    let zeros n : float[] = Array.zeroCreate n
    let tableRe, tableIm = zeros hkl.Length, zeros hkl.Length
    PotentialGather.ScatterAdd(pulled.Re, pulled.Im, places, tableRe.AsSpan(), tableIm.AsSpan())
    tableRe[0] <- 0.0
    tableIm[0] <- 0.0

    let factorRe, factorIm =
        Array.map ((*) s.Prefactor) tableRe, Array.map ((*) s.Prefactor) tableIm

    let atoms = s.Occupancies.Length
    let x, u, o = zeros (3 * atoms), zeros (6 * atoms), zeros atoms
    let factors = scatteringFactors s hkl
    let flat: int[] = Array.concat hkl

    StructureFactorSum.Adjoint(
        flat,
        s.Positions,
        s.Adps,
        s.Occupancies,
        s.Species,
        factors,
        factorRe,
        factorIm,
        x.AsSpan(),
        u.AsSpan(),
        o.AsSpan()
    )

    [
        yield "thickness_A", pulled.Thickness

        for n in 0 .. atoms - 1 do
            yield $"atom{n}.x", x[3 * n]
            yield $"atom{n}.y", x[3 * n + 1]
            yield $"atom{n}.z", x[3 * n + 2]
            yield $"atom{n}.Biso", dot s.Metric u[6 * n .. 6 * n + 5] / (8.0 * Math.PI ** 2.0)
            yield $"atom{n}.occ", o[n]
    ]

[<SharedFact("oracle/bloch")>]
let ``gradients of atoms and thickness are those of the reference`` () =
    let compared =
        [
            for problem in problems do
                let root = load problem

                match root.TryGetProperty "gradients" with
                | true, reference ->
                    let v = Array.init (root?N.GetInt32()) (fun g -> cos (float g))

                    for name, found in gradients root v (reference?thickness_A.GetDouble()) do
                        let slopes = numbers (reference?dI.GetProperty name)
                        let size = dot (Array.map abs v) (Array.map abs slopes)
                        let error = abs (found - dot v slopes) / (1.0 + size)
                        Assert.True(error < 1e-11, $"{problem} {name}: {found}, expected {dot v slopes}")
                        yield name
                | _ -> ()
        ]

    Assert.True(compared.Length > 100)

[<SharedFact("oracle/testvectors/quartz_bloch.json", "oracle/bloch/quartz_001_zone.json")>]
let ``both hands of quartz have the intensities of the reference`` () =
    let root = load "oracle/testvectors/quartz_bloch.json"

    let coefficients =
        (load "oracle/bloch/quartz_001_zone.json")?scattering?coefficients

    let atoms =
        [|
            for a in root?atoms_unit_cell.EnumerateArray() -> [| for x in a.EnumerateArray() -> x |]
        |]

    let metric, volume = cell (numbers root?cell)
    let elements = [| 8; 14 |]

    let quartz =
        {
            Positions = atoms |> Array.collect (fun a -> numbers a[2])
            Adps =
                atoms
                |> Array.collect (fun a ->
                    let u = rows a[3]
                    [| u[0][0]; u[1][1]; u[2][2]; u[1][2]; u[0][2]; u[0][1] |])
            Occupancies = atoms |> Array.map (fun a -> a[1].GetDouble())
            Species = atoms |> Array.map (fun a -> Array.IndexOf(elements, a[0].GetInt32()))
            Metric = metric
            Prefactor = root?gamma.GetDouble() / (Math.PI * volume)
            Factors =
                elements
                |> Array.map (fun z ->
                    let c = coefficients.GetProperty(string z)
                    lobato (numbers c?a) (numbers c?b))
        }

    let beams = indices root?beams
    let incident = beams |> Array.findIndex (Array.forall ((=) 0))

    let order =
        Array.append
            [| incident |]
            [|
                for g in 0 .. beams.Length - 1 do
                    if g <> incident then
                        g
            |]

    let permuted (values: float[]) = order |> Array.map (fun g -> values[g])
    let k = 1.0 / root?lambda_A.GetDouble()

    for hand, opposite in [ "P3221", false; "inverted_P3121", true ] do
        let expected = root.GetProperty hand

        let weight =
            numbers expected?gn_over_Kn |> permuted |> Array.map (fun x -> 1.0 / (1.0 + x))

        let arc =
            arcOf quartz (order |> Array.map (fun g -> beams[g])) (permuted (numbers expected?Sg)) weight k k

        for thickness in [ 100; 400; 850 ] do
            let found = Array.zeroCreate arc.Beams
            let matrix = arc.Matrix
            Propagator().Forward(&matrix, float thickness, Precision.Double, found.AsSpan(), opposite)

            let error =
                distance found (permuted (numbers (expected.GetProperty $"I_t{thickness}")))

            Assert.True(error < 1e-9, $"{hand} at {thickness} Å: {error}")
