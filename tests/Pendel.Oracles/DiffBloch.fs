/// The Bloch problems of diffBloch 0.2.0 on real data, built here from its stated conventions (SPEC Decision 14): strain of UB
/// inverted, tilts about lab x with both end points, one factor M on the diagonal. The propagator and the sums are ours.
module Pendel.Oracles.DiffBloch

open System
open System.IO
open System.Text.Json
open Xunit
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Kernels
open Pendel.Tests.SharedData

let (?) (element: JsonElement) (name: string) = element.GetProperty name

let load file =
    (File.ReadAllText(path file) |> JsonDocument.Parse).RootElement

let items (element: JsonElement) =
    [| for x in element.EnumerateArray() -> x |]

let numbers element =
    items element |> Array.map _.GetDouble()

let indices element =
    items element
    |> Array.map (fun h -> let h = numbers h in MillerIndex(int h[0], int h[1], int h[2]))

let vector element =
    let v = numbers element in Vector3(v[0], v[1], v[2])

let matrix element =
    let r = items element |> Array.map vector
    Matrix3.FromColumns(r[0], r[1], r[2]).Transpose

/// Largest absolute difference of two arrays.
let distance (a: float array) (b: float array) =
    Assert.Equal(a.Length, b.Length)
    Array.fold2 (fun d x y -> max d (abs (x - y))) 0.0 a b

/// One atom of the cell: image `Operation` of a site of the asymmetric unit.
type Atom =
    {
        Site: int
        Operation: SymmetryOperation
        Position: Vector3
        Adp: SymmetricTensor
    }

/// One oracle file.
type Case =
    {
        Root: JsonElement
        Cell: UnitCell
        Elements: Element array
        Atoms: Atom array
        Optics: ElectronOptics
        /// γ/(πΩ), Å⁻³.
        Prefactor: float
        /// Of the asymmetric unit's atoms, Å²; empty without absorption.
        IsotropicB: float array
        WaveNumber: float
        Thickness: float
        /// δ, rad.
        Tilts: float array
    }

let private element (z: int) =
    let symbol = Map [ 8, "O"; 14, "Si"; 35, "Br"; 55, "Cs"; 82, "Pb" ] |> Map.find z
    let mutable element, charge = Unchecked.defaultof<Element>, 0
    Assert.True(Elements.TryParse(symbol, &element, &charge))
    element

/// The atoms as that program lists them, with the operation that made each, and so its U*.
let private atoms (structure: JsonElement) (group: SpaceGroup) =
    let z = numbers structure?Z
    let sites = items structure?asu_positions |> Array.map vector

    let adps =
        items structure?asu_Ustar |> Array.map (matrix >> SymmetricTensor.FromMatrix)

    let listed = numbers structure?expanded_Z

    let origin number (x: Vector3) =
        seq {
            for site in 0 .. sites.Length - 1 do
                for operation in group.Operations do
                    let d = operation.Apply sites[site] - x
                    let rest = Vector3(d.X - Math.Round d.X, d.Y - Math.Round d.Y, d.Z - Math.Round d.Z)

                    if z[site] = number && rest.Length < 1e-9 then
                        {
                            Site = site
                            Operation = operation
                            Position = x
                            Adp = adps[site].Transform operation.Rotation
                        }
        }
        |> Seq.head

    Array.map2 origin listed (items structure?expanded_positions |> Array.map vector)

/// A file, with the space group of the structure that it was made from.
let case file structureFile =
    let root = load $"oracle/diffbloch/{file}"
    let constants, config = root?constants, root?config
    let cell = numbers constants?cell_pets
    let cell = UnitCell(cell[0], cell[1], cell[2], cell[3], cell[4], cell[5])
    let optics = ElectronOptics.FromWavelength(constants?pets_wavelength.GetDouble())
    let group = (StructureReader.Read(path structureFile)).Value.SpaceGroup

    {
        Root = root
        Cell = cell
        Elements = numbers root?structure?Z |> Array.map (int >> element)
        Atoms = atoms root?structure group
        Optics = optics
        Prefactor = optics.PotentialPrefactor cell
        IsotropicB =
            match root?structure_factors.TryGetProperty "B_iso_asu" with
            | true, b -> numbers b
            | _ -> [||]
        WaveNumber = constants.GetProperty("K_n_A-1").GetDouble()
        Thickness = config?thickness_A.GetDouble()
        Tilts = numbers root?orientation?tilt_angles_deg_about_x |> Array.map Angle.Radians
    }

let quartz file = case file "data/quartz/quartz.cif"
let cspbbr3 file = case file "data/cspbbr3/cspbbr3.cif"

/// f_e and f′ of each site of the asymmetric unit and reflection, Å; f′ is empty without absorption.
let factors (case: Case) (hkl: MillerIndex array) =
    let table (f: int -> float -> float) =
        [|
            for site in 0 .. case.Elements.Length - 1 do
                for h in hkl -> f site (case.Cell.ReciprocalLength h / 2.0)
        |]

    let elastic site =
        let factor =
            ScatteringFactors.For(ScatteringFactorTable.Lobato, case.Elements[site], 0)

        factor.Evaluate

    let absorptive site s =
        AbsorptiveFactors.For(case.Elements[site], case.Optics).Evaluate(s, case.IsotropicB[site])

    table elastic,
    (if case.IsotropicB.Length = 0 then
         [||]
     else
         table absorptive)

let zeros n : float array = Array.zeroCreate n

/// Atoms of a cell as the structure-factor sums take them, all fully occupied.
type AtomArrays =
    {
        Positions: float array
        Adps: float array
        Occupancies: float array
        Species: int array
    }

let atomArrays (atoms: struct (Vector3 * SymmetricTensor * int) array) =
    {
        Positions = atoms |> Array.collect (fun (struct (x, _, _)) -> [| x.X; x.Y; x.Z |])
        Adps = atoms |> Array.collect (fun (struct (_, u, _)) -> Array.init 6 (fun i -> u[i]))
        Occupancies = atoms |> Array.map (fun _ -> 1.0)
        Species = atoms |> Array.map (fun (struct (_, _, species)) -> species)
    }

let flat (hkl: MillerIndex array) =
    hkl |> Array.collect (fun h -> [| h.H; h.K; h.L |])

/// Re F and Im F of a list of reflections, Å.
let structureFactors (a: AtomArrays) hkl (factors: float array) =
    let re, im, hkl = zeros (Array.length hkl), zeros (Array.length hkl), flat hkl
    StructureFactorSum.Value(hkl, a.Positions, a.Adps, a.Occupancies, a.Species, factors, re, im)
    re, im

/// The matrix of coefficients at the places of differences.
let gather (re: float array) (im: float array) (place: int array) =
    let matrixRe, matrixIm = zeros place.Length, zeros place.Length
    PotentialGather.Gather(re, im, place, matrixRe, matrixIm)
    matrixRe, matrixIm

let arraysOfAtoms (case: Case) =
    case.Atoms
    |> Array.map (fun a -> struct (a.Position, a.Adp, a.Site))
    |> atomArrays

/// Re U and Im U of a list of reflections, Å⁻²: U = prefactor · (F[f_e] + i F[f′]), no f′ without absorption.
let potentialOf (case: Case) (atoms: AtomArrays) hkl (elastic, absorptive: float array) =
    let re, im = structureFactors atoms hkl elastic

    let re', im' =
        if absorptive.Length = 0 then
            Array.map (fun _ -> 0.0) re, Array.map (fun _ -> 0.0) im
        else
            structureFactors atoms hkl absorptive

    Array.map2 (fun a b -> case.Prefactor * (a - b)) re im', Array.map2 (fun a b -> case.Prefactor * (a + b)) im re'

/// `potentialOf` of our scattering factors.
let potential (case: Case) hkl =
    potentialOf case (arraysOfAtoms case) hkl (factors case hkl)
