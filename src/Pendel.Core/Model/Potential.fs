/// Potential coefficients of the crystal on the support list: U_g = γ F_g/(πΩ), Å⁻²,
/// F_g = Σ_j o_j f_j(s) T_j(g) exp(−2πi h·x_j) over the atoms of the cell (CONVENTIONS, Structure factors);
/// with absorption U_g + iU′_g, U′ from f′ likewise (CONVENTIONS, Absorption).
module Pendel.Core.Potential

open System
open Pendel.Crystallography
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core.PotentialModel
open Pendel.Core.StructureModel

/// Coefficients: two halves of equal length, the imaginary parts empty where they vanish.
[<Struct>]
type Coefficients = { Re: float array; Im: float array }

/// U on the support list from structure factors of the unique reflections. By symmetry the imaginary parts vanish where
/// U is real.
let private expand (model: PotentialModel) (f: Coefficients) =
    let support = model.Support
    let count = support.Reflections.Length

    if model.Kind = PotentialKind.Real then
        {
            Re = Array.init count (fun i -> model.Prefactor * f.Re[support.Source[i]] * support.Cosine[i])
            Im = Array.empty
        }
    else
        let re, im = Array.zeroCreate<float> count, Array.zeroCreate<float> count

        for i in 0 .. count - 1 do
            let u = support.Source[i]
            let b = if support.Conjugated[i] then -f.Im[u] else f.Im[u]
            re[i] <- model.Prefactor * (f.Re[u] * support.Cosine[i] - b * support.Sine[i])
            im[i] <- model.Prefactor * (f.Re[u] * support.Sine[i] + b * support.Cosine[i])

        { Re = re; Im = im }

/// The adjoint of `expand`: cotangents of the unique structure factors, summed in the order of the list.
let private fold (model: PotentialModel) (table: Coefficients) =
    let support = model.Support
    let re = Array.zeroCreate<float> support.Unique.Length
    let im = Array.zeroCreate<float> support.Unique.Length

    if model.Kind = PotentialKind.Real then
        for i in 0 .. table.Re.Length - 1 do
            let u = support.Source[i]
            re[u] <- re[u] + model.Prefactor * table.Re[i] * support.Cosine[i]
    else
        for i in 0 .. table.Re.Length - 1 do
            let u = support.Source[i]
            let a, b = model.Prefactor * table.Re[i], model.Prefactor * table.Im[i]
            re[u] <- re[u] + a * support.Cosine[i] + b * support.Sine[i]
            let along = b * support.Cosine[i] - a * support.Sine[i]
            im[u] <- im[u] + (if support.Conjugated[i] then -along else along)

    { Re = re; Im = im }

/// The refined structure of the cell: x, U* and occupancy of each atom, B of each site.
[<Struct>]
type private CellAtoms =
    {
        Positions: float array
        Adps: float array
        Occupancies: float array
        IsotropicB: float array
    }

/// Applies a function to runs of the unique reflections (the first one, their number), in parallel; results in order.
let private perRun (model: PotentialModel) compute =
    model.Crew.MapRuns(model.Support.Unique.Length, 3072, compute)

/// F of the unique reflections for factors of each species, Å.
let private sum (model: PotentialModel) atoms (species: int array) (factors: float array) =
    let re = Array.zeroCreate<float> model.Support.Unique.Length
    let im = Array.zeroCreate<float> model.Support.Unique.Length

    perRun model (fun first count ->
        StructureFactorSum.Value(
            model.Hkl,
            atoms.Positions,
            atoms.Adps,
            atoms.Occupancies,
            species,
            factors,
            Span(re, first, count),
            Span(im, first, count),
            first
        ))
    |> ignore

    { Re = re; Im = im }

/// The sum of cotangents.
let private plus (a: CellAtoms) (b: CellAtoms) =
    {
        Positions = Array.map2 (+) a.Positions b.Positions
        Adps = Array.map2 (+) a.Adps b.Adps
        Occupancies = Array.map2 (+) a.Occupancies b.Occupancies
        IsotropicB = Array.map2 (+) a.IsotropicB b.IsotropicB
    }

/// Cotangents of x, U* and occupancy of the cell's atoms; 0 of B.
let private sumAdjoint (model: PotentialModel) atoms (species: int array) (factors: float array) (bar: Coefficients) =
    let ofRun first count =
        let positions = Array.zeroCreate<float> atoms.Positions.Length
        let adps = Array.zeroCreate<float> atoms.Adps.Length
        let occupancies = Array.zeroCreate<float> atoms.Occupancies.Length

        StructureFactorSum.Adjoint(
            model.Hkl,
            atoms.Positions,
            atoms.Adps,
            atoms.Occupancies,
            species,
            factors,
            ReadOnlySpan(bar.Re, first, count),
            ReadOnlySpan(bar.Im, first, count),
            positions,
            adps,
            occupancies,
            first
        )

        {
            Positions = positions
            Adps = adps
            Occupancies = occupancies
            IsotropicB = Array.zeroCreate<float> atoms.IsotropicB.Length
        }

    perRun model ofRun |> Array.reduce plus

/// f′(s, B) and ∂f′/∂B, sites × unique reflections. Beyond the table f′ is that of its end (CONVENTIONS, Absorption).
let private absorptive (model: PotentialModel) (factors: AbsorptiveFactor array) (s: float array) (b: float array) =
    let values, slopes =
        Array.zeroCreate<float>(b.Length * s.Length), Array.zeroCreate<float>(b.Length * s.Length)

    perRun model (fun first count ->
        for site in 0 .. b.Length - 1 do
            let inside = Math.Clamp(b[site], factors[site].LowestB, factors[site].HighestB)

            for i in first .. first + count - 1 do
                let struct (value, slope) = factors[site].WithSlope(s[i], inside)
                values[site * s.Length + i] <- value
                slopes[site * s.Length + i] <- if inside = b[site] then slope else 0.0)
    |> ignore

    struct (values, slopes)

/// The table of U + iU′.
let private combine (u: Coefficients) (u': Coefficients) =
    {
        Re = Array.map2 (-) u.Re u'.Im
        Im = Array.map2 (+) u.Im u'.Re
    }

/// The cotangent of U′ in the table of U + iU′.
let private imaginaryCotangent (bar: Coefficients) =
    {
        Re = bar.Im
        Im = Array.map (~-) bar.Re
    }

let private scale k (u: Coefficients) =
    {
        Re = Array.map ((*) k) u.Re
        Im = Array.map ((*) k) u.Im
    }

/// Cotangents of the atoms from that of the real part U.
let private pullReal (model: PotentialModel) atoms bar =
    sumAdjoint model atoms model.Species model.Factors (fold model bar)

/// Cotangents of the atoms from those of U and of U′ by thermal diffuse scattering: ∂U′/∂B is the sum with ∂f′/∂B in place
/// of f′, so its cotangent is that of the occupancies of this sum, times the occupancies.
let private pullThermalDiffuse (model: PotentialModel) atoms values slopes bar =
    let bar' = fold model (imaginaryCotangent bar)
    let cotangents = sumAdjoint model atoms model.Site values bar'
    let along = (sumAdjoint model atoms model.Site slopes bar').Occupancies
    let b = cotangents.IsotropicB

    for atom in 0 .. along.Length - 1 do
        let site = model.Site[atom]
        b[site] <- b[site] + atoms.Occupancies[atom] * along[atom]

    plus (pullReal model atoms bar) cotangents

/// U + iU′ on the support list, and its pullback to the atoms.
let private coefficients (model: PotentialModel) (atoms: CellAtoms) =
    let u = expand model (sum model atoms model.Species model.Factors)

    match model.Imaginary with
    | Absent -> struct (u, pullReal model atoms)
    | Proportional k -> struct (combine u (scale k u), fun bar -> pullReal model atoms (combine bar (scale -k bar)))
    | ThermalDiffuse(factors, s) ->
        let struct (values, slopes) = absorptive model factors s atoms.IsotropicB
        let u' = expand model (sum model atoms model.Site values)
        struct (combine u u', pullThermalDiffuse model atoms values slopes)

/// The halves of a tensor of coefficients.
let coefficientsOf kind (potential: Tensor) =
    let values = potential.toArray1D<float>()

    if kind = PotentialKind.Real then
        { Re = values; Im = Array.empty }
    else
        let count = values.Length / 2

        {
            Re = values[.. count - 1]
            Im = values[count..]
        }

/// Structure factors of the cell's atoms as one primitive: (x_cell, U*_cell, o_cell, B) → U on the support list.
let private table (model: PotentialModel) : Tensor array -> Tensor =
    Tensor.primitive (fun inputs ->
        let struct (u, pull) =
            coefficients
                model
                {
                    Positions = inputs[0].toArray1D<float>()
                    Adps = inputs[1].toArray1D<float>()
                    Occupancies = inputs[2].toArray1D<float>()
                    IsotropicB = inputs[3].toArray1D<float>()
                }

        let pullback (cotangent: Tensor) =
            let bar: CellAtoms = pull (coefficientsOf model.Kind cotangent)

            [| bar.Positions; bar.Adps; bar.Occupancies; bar.IsotropicB |]
            |> Array.map dsharp.tensor

        struct (dsharp.tensor (Array.append u.Re u.Im), pullback))

/// U on the support list for an asymmetric unit, Å⁻²: real parts, then imaginary parts unless U is real by symmetry.
let evaluate (model: PotentialModel) (unit: AsymmetricUnit) : Tensor =
    let linear (map: Tensor) (x: Tensor) =
        (map.matmul (x.view [ x.nelement; 1 ])).view(-1)

    table
        model
        [|
            linear model.Images unit.Positions + model.Shifts
            linear model.Displacements unit.Cartesian
            unit.Occupancies.gather (0, model.Site)
            linear model.Traces unit.Cartesian
        |]
