module Pendel.Oracles.Crystallography.DiffBlochPotentialTests

open System.Text.Json
open Xunit
open Pendel.Crystallography
open Pendel.IO
open Pendel.Oracles.DiffBloch
open Pendel.Tests.SharedData

let private scaled c = Array.map ((*) c)

/// U of the listed reflections to the eleven digits of that program's constants; f′ for each atom of the cell. F is per volume there and its phase has the
/// other sign, so U(−h) is ours.
let private hasPotential case absorptive =
    let reference = case.Root?structure_factors
    let hkl = indices reference?hkl
    let elastic, _ = factors case hkl
    let atoms = arraysOfAtoms case

    let each =
        { atoms with
            Species = [| 0 .. atoms.Species.Length - 1 |]
        }

    let perAtom =
        atoms.Species
        |> Array.collect (fun site -> elastic[site * hkl.Length .. (site + 1) * hkl.Length - 1])

    let re, im =
        potentialOf case each (hkl |> Array.map (fun h -> -h)) (perAtom, absorptive)

    let close (element: JsonElement) scale =
        let error =
            max (distance (scaled scale re) (numbers element?re)) (distance (scaled scale im) (numbers element?im))

        Assert.True(error < 1e-11 * scale, $"{case.Root?what}: {error}")

    close reference?U_g 1.0
    close reference?F (1.0 / case.Root?constants?prefactor_U_per_F.GetDouble())

    for site in 0 .. case.Elements.Length - 1 do
        let z = string<int> case.Elements[site].AtomicNumber
        let own = elastic[site * hkl.Length .. (site + 1) * hkl.Length - 1]
        let error = distance own (numbers (reference?f_e.GetProperty z))
        Assert.True(error < 1e-12, $"f_e of {z}: {error} Å")

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/cspbbr3/cspbbr3.cif")>]
let ``quartz and CsPbBr3 have the scattering factors and the potential of diffBloch`` () =
    for case in [ quartz "quartz.json"; cspbbr3 "cspbbr3.json" ] do
        hasPotential case [||]

/// f′ of each atom of the cell. That program gives every image a B of its own and lists f′ of the first: the cell angles of CsPbBr3,
/// 90.00002°, set the others apart by up to 4e-7 Å², for which our slope in B is good enough.
let private imageFactors (case: Case) (listed: float array array) =
    let hkl = indices case.Root?structure_factors?hkl

    [|
        for atom in case.Atoms do
            let f = AbsorptiveFactors.For(case.Elements[atom.Site], case.Optics)

            let ownB =
                8.0 * System.Math.PI ** 2.0 / 3.0
                * (atom.Adp.ToMatrix() * case.Cell.Metric).Trace

            for i in 0 .. hkl.Length - 1 do
                let s = case.Cell.ReciprocalLength hkl[i] / 2.0

                if listed[atom.Site][i] = 0.0 then
                    0.0
                else
                    listed[atom.Site][i] + f.Evaluate(s, ownB)
                    - f.Evaluate(s, case.IsotropicB[atom.Site])
    |]

/// That program interpolates f′ between the tabulated B by another cubic, and takes max(0, f′) after it rather than before, so
/// only the potential from its own f′ is exact. Beyond 0.6 Å⁻¹, where the fit turns negative for some B, f′ differs by up to 1.6 %
/// of its value at s = 0.
[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/cspbbr3/cspbbr3.cif")>]
let ``the complex potential is that of diffBloch, and absorptive factors to 0.3 %`` () =
    for case in [ quartz "quartz_absorption.json"; cspbbr3 "cspbbr3_absorption.json" ] do
        let reference = case.Root?structure_factors
        let listed = items reference?f_abs_asu |> Array.map numbers
        hasPotential case (imageFactors case listed)
        let hkl = indices reference?hkl

        let near =
            [|
                for i in 0 .. hkl.Length - 1 do
                    if case.Cell.ReciprocalLength hkl[i] < 1.2 then
                        i
            |]

        let _, own = factors case hkl

        listed
        |> Array.iteri (fun site expected ->
            let pick (values: float array) first =
                near |> Array.map (fun i -> values[first + i])

            let error =
                distance (pick own (site * hkl.Length)) (pick expected 0) / Array.max expected

            Assert.True(error < 3e-3, $"f′ of {case.Elements[site].Symbol}: {error} of the largest"))

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/cspbbr3/cspbbr3.cif")>]
let ``the structures as read are those that diffBloch read`` () =
    for case, file in
        [
            quartz "quartz.json", "data/quartz/quartz.cif"
            cspbbr3 "cspbbr3.json", "data/cspbbr3/cspbbr3.cif"
        ] do
        let positions = items case.Root?structure?asu_positions |> Array.map vector

        let adps =
            items case.Root?structure?asu_Ustar
            |> Array.map (matrix >> SymmetricTensor.FromMatrix)

        (StructureReader.Read(path file)).Value.Sites
        |> Seq.iteri (fun i site ->
            let own = site.Adp.ToReciprocal case.Cell
            let adp = adps[i]
            Assert.True((site.Position - positions[i]).Length < 1e-15, site.Label)
            Assert.True(distance [| for k in 0..5 -> own[k] |] [| for k in 0..5 -> adp[k] |] < 1e-15, site.Label))

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/cspbbr3/cspbbr3.cif")>]
let ``optics and K are those of diffBloch`` () =
    for case in [ quartz "quartz.json"; cspbbr3 "cspbbr3.json" ] do
        let re, _ = potential case [| MillerIndex.Zero |]

        for own, name in
            [
                case.Optics.Voltage, "energy_used_eV"
                case.Optics.Wavelength, "wavelength_used_A"
                case.Optics.InteractionConstant, "sigma_1_per_A_eV"
                case.Cell.Volume, "cell_volume_A3"
                re[0], "u0_A-2"
                sqrt (case.Optics.WaveNumber ** 2.0 + re[0]), "K_n_A-1"
            ] do
            let expected = (case.Root?constants.GetProperty name).GetDouble()
            Assert.True(abs (own / expected - 1.0) < 1e-10, $"{name}: {own}, expected {expected}")
