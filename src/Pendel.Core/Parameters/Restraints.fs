/// Restraints on the structure (CONVENTIONS, Restraints): what the loss gains as bond lengths and displacement parameters leave their
/// targets.
///
/// χ² = Σ ((v − v₀)/σ)² with v a distance d or ΔU = √(⅓ Σ_ij ΔU_ij²), ΔU = U_1 − R U_2 Rᵀ in Cartesian axes.
/// The idea of the restraints DFIX and SIMU: Sheldrick (2015), Acta Cryst. C71, 3–8, doi 10.1107/S2053229614024218.
module Pendel.Core.Restraints

open System
open Pendel.Crystallography
open Pendel.Tensors
open Pendel.Core.StructureModel

/// A restraint at a structure.
type RestraintResult =
    {
        Restraint: Restraint
        /// Å of a distance, Å² of a difference of ADPs.
        Value: float
        /// (value − target)/su.
        Misfit: float
    }

/// Restraints on a structure model.
type Restraints =
    {
        /// Restraints on distances.
        Distances: Restraint array
        /// x_2 − x_1 of their atoms in Cartesian axes, Å, as a linear map of the positions: 3 per restraint × 3n.
        Difference: Tensor
        /// Its constant part, Å.
        Shift: Tensor
        /// Restraints on ADPs.
        Similar: Restraint array
        /// U_1 − R U_2 Rᵀ of their atoms as a linear map of U_cart, 6 per restraint × 6n.
        Displacement: Tensor
    }

    /// Number of restraints.
    member restraints.Count = restraints.Distances.Length + restraints.Similar.Length

/// v₀, Å or Å².
let target (restraint: Restraint) =
    match restraint.Kind with
    | Distance d -> d
    | SimilarU -> 0.0

/// The kind of a restraint as settings have it.
let kindName (restraint: Restraint) =
    match restraint.Kind with
    | Distance _ -> "distance"
    | SimilarU -> "similar-U"

/// What a restraint is on, in words: "distance C1 O1".
let name (restraint: Restraint) =
    $"{kindName restraint} {fst restraint.Atoms} {snd restraint.Atoms}"

let private refuse number restraint reason : 'T =
    raise (ArgumentException $"restraint {number}, {name restraint}: {reason}")

/// The two sites of a restraint, the second as its image.
let private pair (crystal: Crystal) (number, restraint: Restraint) =
    let site label =
        match crystal.Sites |> Seq.tryFindIndex (fun s -> s.Label = label) with
        | Some i -> i
        | None -> refuse number restraint $"the structure has no {label}"

    let first, second = site (fst restraint.Atoms), site (snd restraint.Atoms)

    if first = second && restraint.Kind = SimilarU then
        refuse number restraint "two different atoms are expected"

    let image = Neighbour.nearest crystal first second

    // a distance of 0 has no derivative
    if restraint.Kind <> SimilarU && image.Distance < SiteSymmetry.DefaultTolerance then
        refuse number restraint "the two atoms are at one place"

    first, image

let private differences (crystal: Crystal) (pairs: (int * Neighbour.Image) array) =
    let a = crystal.Cell.Orthogonalisation
    let map = Array2D.zeroCreate (3 * pairs.Length) (3 * crystal.Sites.Length)

    for k, (first, image) in Array.indexed pairs do
        let second = a * image.Rotation

        for i in 0..2 do
            for j in 0..2 do
                map[3 * k + i, 3 * image.Site + j] <- map[3 * k + i, 3 * image.Site + j] + second[i, j]
                map[3 * k + i, 3 * first + j] <- map[3 * k + i, 3 * first + j] - a[i, j]

    let shifts =
        [|
            for _, image in pairs do
                let t = a * image.Translation
                yield! [ t.X; t.Y; t.Z ]
        |]

    dsharp.tensor map, dsharp.tensor shifts

let private displacementDifferences (crystal: Crystal) (pairs: (int * Neighbour.Image) array) =
    let map = Array2D.zeroCreate (6 * pairs.Length) (6 * crystal.Sites.Length)
    let one i j = if i = j then 1.0 else 0.0

    for k, (first, image) in Array.indexed pairs do
        let rotation = Neighbour.cartesianRotation crystal.Cell image

        for j in 0..5 do
            let turned =
                SymmetricTensor(one j 0, one j 1, one j 2, one j 3, one j 4, one j 5).Transform rotation

            map[6 * k + j, 6 * first + j] <- 1.0

            for i in 0..5 do
                map[6 * k + i, 6 * image.Site + j] <- -turned[i]

    dsharp.tensor map

let private isDistance (restraint: Restraint) =
    match restraint.Kind with
    | Distance _ -> true
    | SimilarU -> false

/// Restraints on a structure; the images of their atoms are those that are nearest in its start.
///
/// Raises `ArgumentException` naming the restraint if an atom is not there, if its ADP is to be similar to itself, or if the two atoms
/// of a distance are at one place.
let create (model: StructureModel) (restraints: Restraint list) : Restraints =
    let crystal = model.Start

    let pairs =
        restraints
        |> List.mapi (fun i restraint -> restraint, pair crystal (i + 1, restraint))
        |> List.toArray

    let distances, similar = pairs |> Array.partition (fst >> isDistance)
    let difference, shift = differences crystal (Array.map snd distances)

    {
        Distances = Array.map fst distances
        Difference = difference
        Shift = shift
        Similar = Array.map fst similar
        Displacement = displacementDifferences crystal (Array.map snd similar)
    }

let private apply (map: Tensor) (v: Tensor) =
    (map.matmul (v.view [ v.nelement; 1 ])).view(-1)

/// The k-th of the n components of each restraint.
let private componentOf n k (v: Tensor) =
    v.gather (0, [| k..n .. v.nelement - 1 |])

/// The restrained distances, Å.
let private distances (restraints: Restraints) (unit: AsymmetricUnit) =
    let d = apply restraints.Difference unit.Positions + restraints.Shift

    [ 0..2 ]
    |> List.map (fun k -> componentOf 3 k (d * d))
    |> List.reduce (+)
    |> dsharp.sqrt

/// ΔU of the restrained pairs, Å², components that a norm counts once: those off the diagonal stand for two. 6 per pair.
let private differencesOfU (restraints: Restraints) (unit: AsymmetricUnit) =
    let factors =
        dsharp.tensor
            [|
                for _ in restraints.Similar do
                    for k in 0..5 -> sqrt (if k < 3 then 1.0 / 3.0 else 2.0 / 3.0)
            |]

    factors * apply restraints.Displacement unit.Cartesian

/// Misfits over su whose squares add up to χ²: one of each distance, then six of each difference of ADPs.
let misfits (restraints: Restraints) (unit: AsymmetricUnit) : Tensor =
    let over count (terms: Restraint array) (t: Tensor) =
        t
        * dsharp.tensor
            [|
                for r in terms do
                    for _ in 1..count -> 1.0 / r.Su
            |]

    [
        if restraints.Distances.Length > 0 then
            let targets = dsharp.tensor (restraints.Distances |> Array.map target)
            distances restraints unit - targets |> over 1 restraints.Distances
        if restraints.Similar.Length > 0 then
            differencesOfU restraints unit |> over 6 restraints.Similar
    ]
    |> function
        | [] -> dsharp.zeros 0
        | parts -> dsharp.cat parts

/// χ² of the restraints, a scalar.
let chiSquare (restraints: Restraints) (unit: AsymmetricUnit) : Tensor =
    let misfits = misfits restraints unit
    (misfits * misfits).sum()

/// Each restraint at a structure, those on distances first.
let results (restraints: Restraints) (unit: AsymmetricUnit) : RestraintResult array =
    let result restraint value =
        {
            Restraint = restraint
            Value = value
            Misfit = (value - target restraint) / restraint.Su
        }

    let values (t: Tensor) = t.toArray1D<float>()

    [|
        if restraints.Distances.Length > 0 then
            yield! Array.map2 result restraints.Distances (values (distances restraints unit))
        if restraints.Similar.Length > 0 then
            yield!
                Array.map2
                    result
                    restraints.Similar
                    (values (differencesOfU restraints unit)
                     |> Array.chunkBySize 6
                     |> Array.map (Array.sumBy (fun u -> u * u) >> sqrt))
    |]
