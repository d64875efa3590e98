/// Riding hydrogens (CONVENTIONS, Parameters): a linear constraint that leaves them no parameter of their own.
///
/// x_H − x_H,0 = P W (x_p − x_p,0), with W of the parent's nearest image and P the mean over the stabiliser of the hydrogen, which keeps
/// its site symmetry: the Cartesian shift of the parent.
/// U_H = U_H,0 · U_eq,p/U_eq,p,0: an isotropic hydrogen keeps U_iso(H) = k U_eq(parent), k being that of the start.
module Pendel.Core.Riding

open Pendel.Crystallography

/// Longest bond of a riding hydrogen, Å: B–H … S–H lie below, hydrogen bonds above.
[<Literal>]
let LongestBond = 1.3

/// A hydrogen that rides.
type Riding =
    {
        /// Index of the hydrogen in the asymmetric unit.
        Hydrogen: int
        /// Index of its parent.
        Parent: int
        /// P W: fractional shift of the parent → that of the hydrogen.
        Shift: Matrix3
    }

/// True for hydrogen, deuterium included.
let isHydrogen (site: AtomSite) = site.Element.AtomicNumber = 1

/// True where a structure has hydrogen.
let hasHydrogen (crystal: Crystal) = crystal.Sites |> Seq.exists isHydrogen

/// The atom that a hydrogen rides on: the nearest that is no hydrogen, within the longest bond.
let private parentOf (crystal: Crystal) hydrogen =
    let near =
        [
            for i in 0 .. crystal.Sites.Length - 1 do
                if not (isHydrogen crystal.Sites[i]) then
                    Neighbour.nearest crystal hydrogen i
        ]
        |> List.filter (fun image -> image.Distance < LongestBond)

    if near.IsEmpty then
        None
    else
        near |> List.minBy _.Distance |> Some

let private meanRotation (symmetry: SiteSymmetry) =
    let sum = symmetry.Stabiliser |> Seq.map _.Rotation |> Seq.reduce (+)
    1.0 / float symmetry.Stabiliser.Length * sum

/// The hydrogens of a structure, each with what it rides on; None without a parent.
let private parents (crystal: Crystal) =
    [
        for i, site in Seq.indexed crystal.Sites do
            if isHydrogen site then
                i, parentOf crystal i
    ]

/// The hydrogens that ride.
let find (crystal: Crystal) : Riding list =
    [
        for hydrogen, parent in parents crystal do
            match parent with
            | None -> ()
            | Some image ->
                let symmetry =
                    SiteSymmetry.Of(crystal.Sites[hydrogen].Position, crystal.SpaceGroup, crystal.Cell)

                {
                    Hydrogen = hydrogen
                    Parent = image.Site
                    Shift = meanRotation symmetry * image.Rotation
                }
    ]

/// Labels of the hydrogens that have no parent.
let orphans (crystal: Crystal) =
    [
        for hydrogen, parent in parents crystal do
            if parent.IsNone then
                crystal.Sites[hydrogen].Label
    ]

/// Rows of ∂x/∂q with those of the riding hydrogens filled from their parents'.
///
/// - `map`: 3n × positions; the rows of riding hydrogens are overwritten
let completePositions (riding: Riding list) (map: float array2d) =
    let completed = Array2D.copy map

    for r in riding do
        for column in 0 .. Array2D.length2 map - 1 do
            for i in 0..2 do
                completed[3 * r.Hydrogen + i, column] <-
                    Seq.sum [ for k in 0..2 -> r.Shift[i, k] * map[3 * r.Parent + k, column] ]

    completed

/// The 6n × 6n matrix that gives riding hydrogens their U_cart and leaves the others as they are: U_H,0/U_eq,p,0 times ⅓ tr U_p.
let displacements (crystal: Crystal) (riding: Riding list) =
    let size = 6 * crystal.Sites.Length
    let map = Array2D.init size size (fun i j -> if i = j then 1.0 else 0.0)

    for r in riding do
        let start = crystal.Sites[r.Hydrogen].Adp.ToCartesian crystal.Cell
        let parent = crystal.Sites[r.Parent].Adp.Equivalent crystal.Cell

        for i in 0..5 do
            map[6 * r.Hydrogen + i, 6 * r.Hydrogen + i] <- 0.0

            for k in 0..2 do
                map[6 * r.Hydrogen + i, 6 * r.Parent + k] <- start[i] / (3.0 * parent)

    map
