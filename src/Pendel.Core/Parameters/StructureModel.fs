/// The structure as a function of free, dimensionless parameters q (CONVENTIONS, Parameters).
///
/// Positions: x = x₀ + s Σ qᵢ vᵢ with vᵢ the free shifts of the site, 1 Å long, and s = 0.1.
/// ADPs: U_cart = S·S + u_min·1, S = S₀ + s Σ qᵢ Eᵢ with Eᵢ spanning the site-invariant symmetric tensors and s = 0.05 Å.
/// Squares of invariant tensors are invariant, so constraints and positive definiteness hold for every q.
/// Occupancies: those of the file, or, where the settings name them, o = o₀ + s Σ qᵢ eᵢ (Occupancies).
/// Riding hydrogens have no parameters: they follow their parents (Riding).
module Pendel.Core.StructureModel

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Tensors
open Pendel.Core.Riding

/// u_min, Å²: the least eigenvalue of a U_cart.
[<Literal>]
let SmallestU = 1e-4

/// What a tensor at u_min may lose when a file rounds it, and where it starts above u_min, Å²: S = 0 has no derivative.
let private rounding, above = 3e-5, 1e-6

let private positionScale = 0.1
let private rootScale = 0.05

/// A structure with free parameters.
type StructureModel =
    {
        /// The starting structure, special positions snapped.
        Start: Crystal
        /// Site symmetry of each site.
        Symmetry: SiteSymmetry array
        /// Names of the parameters: positions ("O1.x"), square roots of ADPs ("O1.S11"), occupancies ("O1.occ").
        Names: string array
        /// Number of position parameters; those of the ADPs follow.
        PositionCount: int
        /// Number of parameters of the ADPs; those of the occupancies follow.
        RootCount: int
        /// x₀, fractional, 3 per site.
        PositionStart: Tensor
        /// ∂x/∂q, 3n × positions.
        PositionMap: Tensor
        /// S₀, Å, 9 per site, row by row.
        RootStart: Tensor
        /// ∂S/∂q, 9n × roots.
        RootMap: Tensor
        /// o₀, one per site.
        OccupancyStart: Tensor
        /// ∂o/∂q, n × occupancies.
        OccupancyMap: Tensor
        /// Hydrogens that ride.
        Riding: Riding list
        /// U_cart with those of riding hydrogens after those of their parents, 6n × 6n; None where none rides.
        RidingMap: Tensor option
    }

    /// Number of free parameters.
    member model.Count = model.Names.Length

/// The asymmetric unit: fractional coordinates (3 per site), U_cart (11, 22, 33, 23, 13, 12 per site, Å²), occupancies (one per site).
type AsymmetricUnit =
    {
        Positions: Tensor
        Cartesian: Tensor
        Occupancies: Tensor
    }

let private axisNames = [| "x"; "y"; "z" |]
let private components = [| 0, 0; 1, 1; 2, 2; 1, 2; 0, 2; 0, 1 |]

let private moved position adp occupancy (s: AtomSite) =
    AtomSite(s.Label, s.Element, s.Charge, position, adp, occupancy)

let private vector (v: Vector3) = [| v.X; v.Y; v.Z |]

let private largest (values: float array) =
    values |> Array.map abs |> Array.indexed |> Array.maxBy snd |> fst

let private pivot (values: float array) =
    values |> Array.findIndex (fun x -> abs x > 1e-9)

/// Free shifts of a site, each 1 Å long, with their names; along polar directions the heaviest site holds the origin.
let private shifts (crystal: Crystal) (site: AtomSite) (symmetry: SiteSymmetry) holdsOrigin =
    let basis =
        symmetry.PositionBasis
        |> Seq.map (fun v -> 1.0 / (crystal.Cell.Orthogonalisation * v).Length * v)
        |> Seq.toList

    let release (free: Vector3 list) (polar: Vector3) =
        match free with
        | [] -> []
        | _ ->
            let held = free |> List.maxBy (fun v -> abs (v.Dot polar) / v.Length)
            free |> List.except [ held ]

    let free =
        if holdsOrigin then
            Seq.fold release basis crystal.SpaceGroup.PolarDirections
        else
            basis

    free
    |> List.map (fun v -> $"{site.Label}.{axisNames[pivot (vector v)]}", vector v)

/// For each tensor its largest component, but no component twice.
let private leading (tensors: SymmetricTensor seq) =
    let choose free (t: SymmetricTensor) =
        let k = free |> List.maxBy (fun k -> System.Math.Round(abs t[k], 9))
        k, List.except [ k ] free

    tensors |> Seq.toList |> List.mapFold choose [ 0..5 ] |> fst

let private roots (cell: UnitCell) (site: AtomSite) (symmetry: SiteSymmetry) =
    match site.Adp with
    | :? Adp.Isotropic -> [ $"{site.Label}.Siso", Matrix3.Identity ]
    | _ ->
        let basis = symmetry.CartesianAdpBasis cell

        [
            for t, k in Seq.zip basis (leading basis) ->
                let values = [| for i in 0..5 -> t[i] |]
                let row, column = components[k]
                $"{site.Label}.S{row + 1}{column + 1}", (1.0 / abs values[largest values]) * t.ToMatrix()
        ]

/// (U − u_min·1)^{1/2} of a positive definite tensor.
let private squareRoot (site: AtomSite) (u: SymmetricTensor) =
    let evd =
        Matrix<float>.Build.Dense(3, 3, (fun i j -> u.ToMatrix()[i, j])).Evd(Symmetricity.Symmetric)

    let values = evd.EigenValues |> Seq.map _.Real |> Seq.toArray

    if Array.exists (fun v -> not (v > SmallestU - rounding)) values then
        invalidArg
            site.Label
            $"the ADP of {site.Label} has the eigenvalue {Array.min values:F6} Å²; at least {SmallestU} Å² is expected"

    let root =
        Matrix<float>.Build.DenseOfDiagonalArray(values |> Array.map (fun v -> sqrt (max above (v - SmallestU))))

    evd.EigenVectors * root * evd.EigenVectors.Transpose()

let private element (m: Matrix3) i = m[i / 3, i % 3]

/// The block matrix whose columns are the named directions of each site, times a scale.
let private mapOf width scale (directions: (string * float array) list array) =
    let count = directions |> Array.sumBy List.length
    let map = Array2D.zeroCreate (width * directions.Length) count

    let columns =
        directions
        |> Array.mapi (fun site list -> list |> List.map (fun (_, d) -> site, d))
        |> List.concat

    columns
    |> List.iteri (fun j (site, d) -> d |> Array.iteri (fun i x -> map[width * site + i, j] <- scale * x))

    map

/// The model of a structure in which every position and ADP that symmetry leaves free is refined, those of riding hydrogens excepted,
/// and the occupancies that are named.
///
/// Raises `ArgumentException` naming the site if an ADP is not positive definite, or a label whose occupancy cannot be refined.
let createWith (riding: Riding list) (occupancies: RefinedOccupancy list) (crystal: Crystal) =
    let sites = crystal.Sites |> Seq.toArray

    let symmetry =
        sites
        |> Array.map (fun s -> SiteSymmetry.Of(s.Position, crystal.SpaceGroup, crystal.Cell))

    let heaviest =
        sites
        |> Array.indexed
        |> Array.maxBy (fun (_, s) -> s.Element.AtomicNumber)
        |> fst

    let snapped =
        Array.map2 (fun (s: AtomSite) (y: SiteSymmetry) -> moved y.Position s.Adp s.Occupancy s) sites symmetry

    let rides = riding |> List.map _.Hydrogen |> set

    let free =
        Array.mapi2
            (fun i s y ->
                if rides.Contains i then
                    []
                else
                    shifts crystal s y (i = heaviest))
            snapped
            symmetry

    let root =
        Array.mapi2
            (fun i s y ->
                if rides.Contains i then
                    []
                else
                    roots crystal.Cell s y |> List.map (fun (n, m) -> n, Array.init 9 (element m)))
            snapped
            symmetry

    let rootStart =
        snapped |> Array.map (fun s -> squareRoot s (s.Adp.ToCartesian crystal.Cell))

    let start = Crystal(crystal.Cell, crystal.SpaceGroup, snapped.ToImmutableArray())
    let occupancyNames, occupancyMap = Occupancies.parameters riding start occupancies

    let names =
        [|
            for list in Array.append free root do
                yield! List.map fst list

            yield! occupancyNames
        |]

    {
        Start = start
        Symmetry = symmetry
        Names = names
        PositionCount = free |> Array.sumBy List.length
        RootCount = root |> Array.sumBy List.length
        PositionStart = dsharp.tensor (snapped |> Array.collect (fun s -> vector s.Position))
        PositionMap = dsharp.tensor (mapOf 3 positionScale free |> completePositions riding)
        RootStart = dsharp.tensor (rootStart |> Array.collect (fun m -> Array.init 9 (fun i -> m[i / 3, i % 3])))
        RootMap = dsharp.tensor (mapOf 9 rootScale root)
        OccupancyStart = dsharp.tensor (snapped |> Array.map _.Occupancy)
        OccupancyMap = dsharp.tensor occupancyMap
        Riding = riding
        RidingMap =
            if riding.IsEmpty then
                None
            else
                Some(dsharp.tensor (displacements start riding))
    }

/// The same in which no hydrogen rides and no occupancy is refined.
let create (crystal: Crystal) = createWith [] [] crystal

let private affine (start: Tensor) (map: Tensor) (q: Tensor) =
    if q.nelement = 0 then
        start
    else
        start + (map.matmul (q.view [ q.nelement; 1 ])).view(-1)

/// The asymmetric unit at q.
let evaluate (model: StructureModel) (q: Tensor) : AsymmetricUnit =
    let n = model.Start.Sites.Length
    let occupancies = model.PositionCount + model.RootCount

    let s =
        affine model.RootStart model.RootMap q[model.PositionCount .. occupancies - 1]

    let pick choose =
        [|
            for site in 0 .. n - 1 do
                for c in components -> 9 * site + choose c
        |]

    let along k =
        s.gather (0, pick (fun (i, _) -> 3 * i + k))
        * s.gather (0, pick (fun (_, j) -> 3 * j + k))

    let floor =
        [|
            for _ in 1..n do
                for i, j in components -> if i = j then SmallestU else 0.0
        |]

    let own = along 0 + along 1 + along 2 + dsharp.tensor floor

    {
        Positions = affine model.PositionStart model.PositionMap q[.. model.PositionCount - 1]
        Cartesian =
            match model.RidingMap with
            | None -> own
            | Some map -> (map.matmul (own.view [ own.nelement; 1 ])).view(-1)
        Occupancies = affine model.OccupancyStart model.OccupancyMap q[occupancies..]
    }

/// The structure at q, as a crystal.
let toCrystal (model: StructureModel) (q: float array) : Crystal =
    let unit = evaluate model (dsharp.tensor q)
    let x, u = unit.Positions.toArray1D<float>(), unit.Cartesian.toArray1D<float>()
    let o = unit.Occupancies.toArray1D<float>()

    let site i (s: AtomSite) =
        let tensor =
            SymmetricTensor(u[6 * i], u[6 * i + 1], u[6 * i + 2], u[6 * i + 3], u[6 * i + 4], u[6 * i + 5])

        let adp: Adp =
            match s.Adp with
            | :? Adp.Isotropic -> Adp.Isotropic(tensor.T11)
            | _ -> Adp.FromCartesian(tensor, model.Start.Cell)

        moved (Vector3(x[3 * i], x[3 * i + 1], x[3 * i + 2])) adp o[i] s

    Crystal(model.Start.Cell, model.Start.SpaceGroup, (model.Start.Sites |> Seq.mapi site).ToImmutableArray())
