/// Potential coefficients of the crystal on the support list: U_g = γ F_g/(πΩ), Å⁻²,
/// F_g = Σ_j o_j f_j(s) T_j(g) exp(−2πi h·x_j) over the atoms of the cell (CONVENTIONS, Structure factors).
module Pendel.Core.Potential

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core.StructureModel

/// What the potential needs besides the refined structure.
type PotentialModel =
    {
        /// The reflections at which U is needed.
        Support: SupportList
        /// γ/(πΩ), Å⁻³.
        Prefactor: float
        /// hkl of the unique reflections, 3 per reflection.
        Hkl: int array
        /// f_e(s), Å, species × unique reflections.
        Factors: float array
        /// Species of each atom of the cell.
        Species: int array
        /// Occupancy of each atom of the cell.
        Occupancy: float array
        /// x_cell = M x + w: M, 3n_cell × 3n.
        Images: Tensor
        /// w, 3n_cell.
        Shifts: Tensor
        /// U*_cell = D U_cart: D, 6n_cell × 6n.
        Displacements: Tensor
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

/// The potential of a structure on a support list.
let create (optics: ElectronOptics) (table: ScatteringFactorTable) (model: StructureModel) (support: SupportList) =
    let crystal = model.Start
    let images = distinctImages model

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
        Occupancy = images |> Array.map (fun (i, _) -> crystal.Sites[i].Occupancy)
        Images = dsharp.tensor map
        Shifts =
            dsharp.tensor (
                images
                |> Array.collect (fun (_, o) -> [| o.Translation.X; o.Translation.Y; o.Translation.Z |])
            )
        Displacements = dsharp.tensor displacements
    }

/// The table of U on the support list, from structure factors of the unique reflections.
let private fill (model: PotentialModel) (re: float array) (im: float array) =
    let support = model.Support
    let count = support.Reflections.Length
    let table = Array.zeroCreate<float>(2 * count)

    for i in 0 .. count - 1 do
        let u = support.Source[i]
        let b = if support.Conjugated[i] then -im[u] else im[u]
        table[i] <- model.Prefactor * (re[u] * support.Cosine[i] - b * support.Sine[i])
        table[count + i] <- model.Prefactor * (re[u] * support.Sine[i] + b * support.Cosine[i])

    table

/// The adjoint of `fill`: cotangents of the unique structure factors, summed in the order of the list.
let private fold (model: PotentialModel) (table: float array) =
    let support = model.Support
    let count = support.Reflections.Length
    let re = Array.zeroCreate<float> support.Unique.Length
    let im = Array.zeroCreate<float> support.Unique.Length

    for i in 0 .. count - 1 do
        let u = support.Source[i]
        let a, b = model.Prefactor * table[i], model.Prefactor * table[count + i]
        re[u] <- re[u] + a * support.Cosine[i] + b * support.Sine[i]
        let along = b * support.Cosine[i] - a * support.Sine[i]
        im[u] <- im[u] + (if support.Conjugated[i] then -along else along)

    struct (re, im)

/// Structure factors of the cell's atoms as one primitive: (x_cell, U*_cell) → U on the support list,
/// real parts then imaginary parts.
let private table (model: PotentialModel) : Tensor array -> Tensor =
    Tensor.primitive (fun inputs ->
        let positions, adps = inputs[0].toArray1D<float>(), inputs[1].toArray1D<float>()
        let re = Array.zeroCreate<float> model.Support.Unique.Length
        let im = Array.zeroCreate<float> model.Support.Unique.Length

        StructureFactorSum.Value(model.Hkl, positions, adps, model.Occupancy, model.Species, model.Factors, re, im)

        let pullback (cotangent: Tensor) =
            let struct (reBar, imBar) = fold model (cotangent.toArray1D<float>())
            let positionBar = Array.zeroCreate<float> positions.Length
            let adpBar = Array.zeroCreate<float> adps.Length
            let occupancyBar = Array.zeroCreate<float> model.Occupancy.Length

            StructureFactorSum.Adjoint(
                model.Hkl,
                positions,
                adps,
                model.Occupancy,
                model.Species,
                model.Factors,
                reBar,
                imBar,
                positionBar,
                adpBar,
                occupancyBar
            )

            [| dsharp.tensor positionBar; dsharp.tensor adpBar |]

        struct (dsharp.tensor (fill model re im), pullback))

/// U on the support list for an asymmetric unit: real parts, then imaginary parts, Å⁻².
let evaluate (model: PotentialModel) (unit: AsymmetricUnit) : Tensor =
    let linear (map: Tensor) (x: Tensor) =
        (map.matmul (x.view [ x.nelement; 1 ])).view(-1)

    table
        model
        [|
            linear model.Images unit.Positions + model.Shifts
            linear model.Displacements unit.Cartesian
        |]

/// K = √(1/λ² + U_0), Å⁻¹, with U_0 = γ F_000/(πΩ).
let waveNumber (optics: ElectronOptics) (table: ScatteringFactorTable) (model: StructureModel) =
    let atScatteringOrigin =
        distinctImages model
        |> Array.sumBy (fun (i, _) ->
            let site = model.Start.Sites[i]

            site.Occupancy * scatteringFactor table site.Element site.Charge 0.0)

    let mean = optics.PotentialPrefactor model.Start.Cell * atScatteringOrigin
    sqrt (optics.WaveNumber ** 2.0 + mean)
