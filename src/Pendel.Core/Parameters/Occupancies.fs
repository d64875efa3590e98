/// Site occupancies that are refined (CONVENTIONS, Parameters): o = o₀ + 0.1 Σ qᵢ eᵢ.
///
/// e is 1 at a site of its own; two labels that share a site have 1 and −1, which keeps their sum. As text: "Na1,Si1:Al1".
module Pendel.Core.Occupancies

open System
open Pendel.Crystallography
open Pendel.Core.Riding

let private scale = 0.1

/// Farthest that two atoms of one site may be apart, Å: their positions are refined apart.
let private samePlace = 0.3

/// The labels of a refined occupancy.
let labels (refined: RefinedOccupancy) =
    match refined with
    | RefinedOccupancy.Alone label -> [ label ]
    | RefinedOccupancy.Shared(first, second) -> [ first; second ]

let private tryPart (text: string) =
    match [ for label in text.Split ':' -> label.Trim() ] with
    | parts when List.contains "" parts -> None
    | [ label ] -> Some(RefinedOccupancy.Alone label)
    | [ first; second ] -> Some(RefinedOccupancy.Shared(first, second))
    | _ -> None

/// The occupancies that a text lists; None if a site is that of more than two labels, or if a label is empty or named twice.
let tryOfText (text: string) =
    let parts = text.Split ',' |> Array.toList |> List.map tryPart
    let refined = List.choose id parts
    let named = refined |> List.collect labels

    if List.contains None parts || List.distinct named <> named then
        None
    else
        Some refined

/// The text that lists occupancies.
let toText (refined: RefinedOccupancy list) =
    refined |> List.map (labels >> String.concat ":") |> String.concat ","

let private refuse reason : 'T =
    raise (ArgumentException $"occupancies {reason}")

/// The sites of a refined occupancy in the asymmetric unit.
let private sitesOf (riding: Riding list) (crystal: Crystal) refined =
    let site label =
        match crystal.Sites |> Seq.tryFindIndex (fun s -> s.Label = label) with
        | Some i when riding |> List.exists (fun r -> r.Hydrogen = i) ->
            refuse $"names {label}, which rides on another atom and keeps its occupancy"
        | Some i -> i
        | None ->
            let known = crystal.Sites |> Seq.map _.Label |> String.concat ", "
            refuse $"names {label}, which the structure does not have; its sites are {known}"

    match labels refined |> List.map site with
    | [ first; second ] as shared ->
        let distance = (Neighbour.nearest crystal first second).Distance

        if not (distance <= samePlace) then
            FormattableString.Invariant
                $"has {toText [ refined ]}, which are {distance:F2} Å apart; two labels that share a site are expected within {samePlace} Å"
            |> refuse

        shared
    | sites -> sites

/// Names of the parameters of refined occupancies ("Na1.occ"), and ∂o/∂q, n × parameters.
///
/// - `riding`: the hydrogens that ride, whose occupancies stay
///
/// Raises `ArgumentException` naming a label that the structure lacks or that rides, or two labels that are not at one place.
let parameters (riding: Riding list) (crystal: Crystal) (refined: RefinedOccupancy list) =
    let sites = refined |> List.map (sitesOf riding crystal) |> List.toArray
    let map = Array2D.zeroCreate crystal.Sites.Length sites.Length

    for column, sites in Array.indexed sites do
        for site, sign in List.zip sites (List.truncate sites.Length [ 1.0; -1.0 ]) do
            map[site, column] <- scale * sign

    [| for r in refined -> $"{List.head (labels r)}.occ" |], map
