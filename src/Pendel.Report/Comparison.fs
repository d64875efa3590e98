/// A refined structure beside the one that its data were synthesised from.
module Pendel.Report.Comparison

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Core

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

/// Distances of the sites of two structures in one setting and order, Å.
let distances (truth: Crystal) (other: Crystal) =
    Seq.map2
        (fun (a: AtomSite) (b: AtomSite) -> (truth.Cell.Orthogonalisation * (b.Position - a.Position)).Length)
        truth.Sites
        other.Sites
    |> Seq.toArray

/// √(mean of the squared distances), Å.
let rmsd truth other =
    distances truth other |> Array.averageBy (fun d -> d * d) |> sqrt

/// Coordinates of truth, start and result, and the distances from the truth.
let sites (truth: Crystal) (start: Crystal) (result: Crystal) =
    let line name (site: AtomSite) distance =
        format
            "{0,-6} {1,-7} {2,10:F5} {3,10:F5} {4,10:F5} {5,14:F4}"
            [|
                site.Label
                name
                site.Position.X
                site.Position.Y
                site.Position.Z
                distance
            |]

    let before, after = distances truth start, distances truth result

    [
        format "{0,-6} {1,-7} {2,10} {3,10} {4,10} {5,14}" [| "site"; ""; "x"; "y"; "z"; "from truth/Å" |]
        for i in 0 .. truth.Sites.Length - 1 do
            line "truth" truth.Sites[i] 0.0
            line "start" start.Sites[i] before[i]
            line "result" result.Sites[i] after[i]
        format "RMSD {0:F4} Å at the start, {1:F4} Å at the end" [| rmsd truth start; rmsd truth result |]
    ]

/// Thickness of a dozen frames beside the truth.
///
/// - `truth`: thickness at α, Å
let thickness (truth: float -> float) (frames: FrameResult array) =
    let every = max 1 (frames.Length / 12)

    [
        format "{0,6} {1,9} {2,12} {3,12}" [| "frame"; "alpha/°"; "truth/Å"; "result/Å" |]
        for f in
            frames
            |> Array.indexed
            |> Array.filter (fun (i, _) -> i % every = 0)
            |> Array.map snd do
            format "{0,6} {1,9:F1} {2,12:F1} {3,12:F1}" [| f.Id; f.Alpha; truth f.Alpha; f.Thickness |]
    ]
