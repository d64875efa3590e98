/// What the potential of a crystal needs besides the refined structure: scattering factors, absorptive factors, and the atoms of the
/// cell as images of the sites (CONVENTIONS, Structure factors; Absorption).
module Pendel.Core.PotentialModel

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core.StructureModel

/// The imaginary part of the potential.
type Imaginary =
    | Absent
    /// U′ = κU.
    | Proportional of ratio: float
    /// f′(s, B) of each site; s of the unique reflections.
    | ThermalDiffuse of factors: AbsorptiveFactor array * s: float array

/// What the potential needs besides the refined structure.
type PotentialModel =
    {
        /// The reflections at which U is needed.
        Support: SupportList
        /// What the coefficients are: real, Hermitian or with absorption.
        Kind: PotentialKind
        Imaginary: Imaginary
        /// Threads that share the unique reflections.
        Crew: Crew
        /// γ/(πΩ), Å⁻³.
        Prefactor: float
        /// hkl of the unique reflections, 3 per reflection.
        Hkl: int array
        /// f_e(s), Å, species × unique reflections.
        Factors: float array
        /// Species of each atom of the cell.
        Species: int array
        /// Site of each atom of the cell.
        Site: int array
        /// x_cell = M x + w: M, 3n_cell × 3n.
        Images: Tensor
        /// w, 3n_cell.
        Shifts: Tensor
        /// U*_cell = D U_cart: D, 6n_cell × 6n.
        Displacements: Tensor
        /// B = T U_cart: 8π²/3 of the trace, n × 6n.
        Traces: Tensor
    }

/// f_e of a site, Å. A table of neutral atoms serves ions, too; an ion's factor, which diverges at s = 0, is replaced there
/// by the neutral atom's, so that U_0 is that of a neutral cell.
let private scatteringFactor (table: ScatteringFactorTable) (element: Element) charge : float -> float =
    let isIon = charge <> 0 && ScatteringFactors.Has(table, element, charge)
    let factor = ScatteringFactors.For(table, element, (if isIon then charge else 0))
    let neutral = ScatteringFactors.For(ScatteringFactorTable.Lobato, element, 0)

    fun s ->
        if charge <> 0 && s = 0.0 then
            neutral.Evaluate s
        else
            factor.Evaluate s

let private distinctImages (model: StructureModel) =
    [|
        for i, s in Array.indexed model.Symmetry do
            for operation in s.DistinctImages -> i, operation
    |]

/// Columns of the linear map U_cart → U* of one image, U*′ = W (𝐁ᵀ U_cart 𝐁) Wᵀ, on the six components.
let private displacement (cell: UnitCell) (operation: SymmetryOperation) =
    let map = operation.Rotation * cell.Reciprocal.Transpose
    let one i j = if i = j then 1.0 else 0.0
    Array.init 6 (fun i -> SymmetricTensor(one i 0, one i 1, one i 2, one i 3, one i 4, one i 5).Transform map)

/// f′ of each site and s of each reflection, for thermal diffuse scattering.
let private thermalDiffuse (optics: ElectronOptics) (crystal: Crystal) (unique: MillerIndex array) =
    ThermalDiffuse(
        crystal.Sites
        |> Seq.map (fun s -> AbsorptiveFactors.For(s.Element, optics))
        |> Seq.toArray,
        unique |> Array.map (fun h -> crystal.Cell.ReciprocalLength h / 2.0)
    )

/// 8π²/3 of the traces of n tensors.
let private traces n =
    Array2D.init n (6 * n) (fun site k ->
        if k / 6 = site && k % 6 < 3 then
            8.0 * Math.PI ** 2.0 / 3.0
        else
            0.0)

/// The potential of a structure on a support list, by the scattering factors and the absorption of the settings.
///
/// Raises `ArgumentException` naming an element that a table lacks.
let create crew (optics: ElectronOptics) (settings: Settings) (model: StructureModel) (support: SupportList) =
    let crystal = model.Start
    let images = distinctImages model
    let table = settings.ScatteringFactors

    let species =
        crystal.Sites
        |> Seq.map (fun s -> s.Element, s.Charge)
        |> Seq.distinct
        |> Seq.toArray

    let unique = support.Unique |> Seq.toArray
    let n = crystal.Sites.Length
    let map = Array2D.zeroCreate (3 * images.Length) (3 * n)
    let displacements = Array2D.zeroCreate (6 * images.Length) (6 * n)

    for atom, (site, operation) in Array.indexed images do
        for i in 0..2 do
            for j in 0..2 do
                map[3 * atom + i, 3 * site + j] <- operation.Rotation[i, j]

        displacement crystal.Cell operation
        |> Array.iteri (fun j t ->
            for i in 0..5 do
                displacements[6 * atom + i, 6 * site + j] <- t[i])

    {
        Support = support
        Kind =
            if settings.Absorption <> Absorption.None then
                PotentialKind.Absorptive
            elif crystal.SpaceGroup.HasInversionAtOrigin then
                PotentialKind.Real
            else
                PotentialKind.Hermitian
        Imaginary =
            match settings.Absorption with
            | Absorption.None -> Absent
            | Absorption.Proportional -> Proportional settings.AbsorptionRatio
            | Absorption.ThermalDiffuse -> thermalDiffuse optics crystal unique
        Crew = crew
        Prefactor = optics.PotentialPrefactor crystal.Cell
        Hkl = unique |> Array.collect (fun h -> [| h.H; h.K; h.L |])
        Factors =
            [|
                for element, charge in species do
                    let factor = scatteringFactor table element charge
                    for h in unique -> factor (crystal.Cell.ReciprocalLength h / 2.0)
            |]
        Species =
            images
            |> Array.map (fun (i, _) -> Array.IndexOf(species, (crystal.Sites[i].Element, crystal.Sites[i].Charge)))
        Site = images |> Array.map fst
        Images = dsharp.tensor map
        Shifts =
            dsharp.tensor (
                images
                |> Array.collect (fun (_, o) -> [| o.Translation.X; o.Translation.Y; o.Translation.Z |])
            )
        Displacements = dsharp.tensor displacements
        Traces = dsharp.tensor (traces n)
    }

/// K = √(1/λ² + U_0), Å⁻¹, with U_0 = γ F_000/(πΩ).
let waveNumber (optics: ElectronOptics) (table: ScatteringFactorTable) (model: StructureModel) =
    let atScatteringOrigin =
        distinctImages model
        |> Array.sumBy (fun (i, _) ->
            let site = model.Start.Sites[i]

            site.Occupancy * scatteringFactor table site.Element site.Charge 0.0)

    let mean = optics.PotentialPrefactor model.Start.Cell * atScatteringOrigin
    sqrt (optics.WaveNumber ** 2.0 + mean)
