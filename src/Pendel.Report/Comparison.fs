/// A refined structure beside the one that its data were synthesised from.
module Pendel.Report.Comparison

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Core
open Pendel.Report.Json

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

/// RMSD of the asymmetric units, Å.
let rmsd truth other =
    (StructureComparison.Of(truth, other)).Rmsd

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

    let distances other =
        [ for pair in (StructureComparison.Of(truth, other)).Pairs -> pair.Distance ]

    let before, after = distances start, distances result

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

/// The text of `pendel compare`.
///
/// - `withAdps`: false where a structure has no displacement parameters, so that their difference means nothing
let text withAdps (comparison: StructureComparison) =
    let adp (value: float) =
        if withAdps then format "{0:F5}" [| value |] else "–"

    let s = comparison.OriginShift

    [
        format "{0,-8} {1,-8} {2,10} {3,10}  {4}" [| "site"; "other"; "apart/Å"; "dU/Å²"; "operation" |]
        for p in comparison.Pairs do
            format
                "{0,-8} {1,-8} {2,10:F5} {3,10}  {4}"
                [| p.Label; p.OtherLabel; p.Distance; adp p.AdpDifference; p.Operation |]
        ""
        format "origin shift  {0:F5} {1:F5} {2:F5}" [| s.X; s.Y; s.Z |]
        format "RMSD          {0:F5} Å" [| comparison.Rmsd |]
        $"dU            {adp comparison.AdpDifference} Å², root of the sum of squares over all sites"
    ]

/// The same as JSON: `rmsd` (Å), `deltaU` (Å², null without displacement parameters), `originShift`, `sites`.
let json withAdps (comparison: StructureComparison) =
    let adp (value: float) = if withAdps then number value else null

    object
        [
            "rmsd", number comparison.Rmsd
            "deltaU", adp comparison.AdpDifference
            "originShift", array [ for i in 0..2 -> number comparison.OriginShift[i] ]
            "sites",
            array
                [
                    for p in comparison.Pairs ->
                        object
                            [
                                "label", Json.text p.Label
                                "other", Json.text p.OtherLabel
                                "operation", Json.text (p.Operation.ToString())
                                "distance", number p.Distance
                                "deltaU", adp p.AdpDifference
                            ]
                ]
        ]
    |> Json.write
