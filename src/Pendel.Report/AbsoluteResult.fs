/// Both hands of a structure as text and as JSON, schema pendel/absolute/2. The README documents every key.
module Pendel.Report.AbsoluteResult

open System
open System.Globalization
open Pendel.Core
open Pendel.Core.AbsoluteStructure
open Pendel.Report.Json

[<Literal>]
let Schema = "pendel/absolute/2"

/// Refinements of both hands and what they decide.
type Result =
    {
        /// The structure as given.
        Given: Outcome
        /// Its inverse.
        Inverted: Outcome
        Test: HandTest
        /// The first row of the scattering matrix against its first column, at the refined structure as given.
        Instant: HandTest
    }

/// The name of a hand in files.
let key hand =
    match hand with
    | Given -> "given"
    | Inverted -> "inverted"
    | Undecided -> "undecided"

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

/// p, also where it differs from 1 by less than its last digit.
let private probability (t: HandTest) =
    if t.ProbabilityOfOther < 1e-4 then
        format "1 - {0:0.0E+0}" [| t.ProbabilityOfOther |]
    else
        format "{0:G4}" [| t.Probability |]

let private test (t: HandTest) =
    format
        "{0} measurements scored in both, {1} fitted better as given: z-score {2:F2} (of the signs alone {3:F2}), p(given) {4}"
        [| t.MeasurementCount; t.BetterAsGiven; t.Z; t.SignZ; probability t |]

let private verdict (t: HandTest) =
    match t.Hand with
    | Given -> "hand: as given"
    | Inverted -> "hand: inverted; the structure to be published is the one in the folder inverted"
    | Undecided -> format "hand: undecided, |z| is below {0}" [| Limit |]

/// Residuals of both hands side by side, then the tests.
let text (r: Result) =
    let line name (choose: Residuals -> float) =
        let of' (o: Outcome) = Text.percent (choose o.Final.Residuals)
        format "{0,-12} {1,14} {2,14}" [| name; of' r.Given; of' r.Inverted |]

    let free choose (residuals: Residuals) =
        residuals.Validation |> Option.map choose |> Option.defaultValue nan

    [
        format "{0,-12} {1,14} {2,14}" [| ""; "given"; "inverted" |]
        format
            "{0,-12} {1,14} {2,14}"
            [|
                "space group"
                r.Given.Final.Crystal.SpaceGroup
                r.Inverted.Final.Crystal.SpaceGroup
            |]
        line "wR_mean" _.WRMean
        line "Robs_mean" _.RObsMean
        line "wRF_all" _.Pooled.WRFAll
        line "RF_obs" _.Pooled.RFObs
        line "RF_all" _.Pooled.RFAll
        if r.Given.Final.Residuals.Validation.IsSome then
            line "wR, R_work" (free _.Working.WR)
            line "wR, R_free" (free _.HeldOut.WR)
        ""
        $"both refined: {test r.Test}"
        $"first row of the scattering matrix, as given refined: {test r.Instant}"
        verdict r.Test
    ]

let private members (t: HandTest) =
    [
        "z", number t.Z
        "p", number t.Probability
        "hand", Json.text (key t.Hand)
        "nMeasurements", integer t.MeasurementCount
        "nBetterAsGiven", number t.BetterAsGiven
        "zSign", number t.SignZ
    ]

/// The text of absolute.json.
let json (run: Summary.Run) (r: Result) =
    let both (value: Outcome -> System.Text.Json.Nodes.JsonNode | null) =
        object [ key Given, value r.Given; key Inverted, value r.Inverted ]

    object
        [
            "schema", Json.text Schema
            "version", Json.text run.Version
            yield! members r.Test
            "instant", object (members r.Instant)
            "spaceGroup", both (fun o -> Json.text (o.Final.Crystal.SpaceGroup.ToString()))
            "residuals", both (fun o -> Summary.residuals o.Final)
            "settings", SettingsJson.node run.Settings
            "inputs", Summary.inputs run.Inputs
            "warnings", array (Seq.map Json.text run.Warnings)
            "threads", integer run.Threads
            "timing", object [ "total_s", number run.TotalSeconds ]
        ]
    |> Json.write
