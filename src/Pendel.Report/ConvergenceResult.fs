/// Convergence of beams and orientations as a table, as text and as JSON, schema pendel/converge/1. The README documents every key.
module Pendel.Report.ConvergenceResult

open System
open System.Globalization
open System.Text.Json.Nodes
open Pendel.Core
open Pendel.Core.FrameSample
open Pendel.Core.Convergence
open Pendel.Report.Json

[<Literal>]
let Schema = "pendel/converge/1"

/// A search and what it was made for.
type Result =
    {
        Sample: Sample
        Limits: Limits
        Found: Found
    }

/// The name of a setting in files and options.
let key truncation =
    match truncation with
    | Truncation.BeamGMax -> "beam-gmax"
    | Truncation.SgMax -> "sgmax"
    | Truncation.Tilts -> "tilts"

let private growth step =
    match step.Growth with
    | Start -> "start"
    | One truncation -> key truncation

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

let private row = "{0,-10} {1,9} {2,7} {3,6} {4,8} {5,9} {6,8}"

/// The head of the table of steps.
let head =
    format row [| "grown"; "beam-gmax"; "sgmax"; "tilts"; "mean N"; "R"; "s" |]

/// A step's line of the table: what has grown, the size, its mean number of beams, R against the size before and the time.
let line (step: Step) =
    let simulation = step.Simulation

    format
        row
        [|
            growth step
            format "{0:0.###}" [| step.Size.BeamGMax |]
            format "{0:0.####}" [| step.Size.SgMax |]
            simulation.TiltCount
            format "{0:F1}" [| simulation.Beams |]
            step.Change |> Option.map Text.percent |> Option.defaultValue "-"
            format "{0:F2}" [| simulation.Seconds |]
        |]

/// A setting's value as an option has it.
let private value (size: Size) truncation =
    match truncation, size.Tilts with
    | Truncation.BeamGMax, _ -> format "{0}" [| size.BeamGMax |]
    | Truncation.SgMax, _ -> format "{0}" [| size.SgMax |]
    | Truncation.Tilts, Sufficient -> "auto"
    | Truncation.Tilts, Count n -> format "{0}" [| n |]

/// What keeps settings from convergence, one line for each.
let shortfalls (r: Result) =
    let line truncation reason =
        let last =
            match lastChange r.Found truncation with
            | Some change -> $"its last step gave R {Text.percent change}"
            | None -> "it never grew"

        $"{key truncation} is not converged at {value r.Found.Size truncation}: {last}; {reason}"

    r.Found.Endings
    |> List.choose (fun (truncation, ending) ->
        match ending with
        | Settled _ -> None
        | StepsSpent -> Some(line truncation $"all {r.Limits.Steps} steps are spent")
        | TooLarge bytes ->
            Some(
                line truncation (format "the next one takes {0:F0} MB for a frame, above the limit" [| bytes / 1e6 |])
            )
        | Largest -> Some(line truncation "the next one is beyond the largest value of the setting"))

/// Options for the size that was found.
let options (r: Result) =
    let scored = r.Sample.Settings.Selection.ScoredGMax

    [
        yield! truncations |> List.map (fun t -> $"--{key t} {value r.Found.Size t}")
        format "--scored-gmax {0}" [| scored |]
    ]
    |> String.concat " "

/// What was found, and the truncation errors.
let text (r: Result) =
    let found = r.Found
    let start = found.Steps.Head.Size

    // without convergence the last steps say little of what is beyond them
    let bound = if isConverged found then "" else "at least "

    let error name value =
        $"truncation error of {name}: R {bound}{Text.percent value}"

    [
        if isConverged found then
            $"converged: the next step of each setting has R below {Text.percent r.Limits.Change}"
        else
            "not converged"
        $"settings: {options r}"
        error "the starting settings" (truncationErrorOfStart found)

        if found.Size <> start then
            error "these settings" (truncationError found)
    ]

let private size (s: Size) : (string * (JsonNode | null)) list =
    [
        "beam-gmax", number s.BeamGMax
        "sgmax", number s.SgMax
        "tilts",
        (match s.Tilts with
         | Sufficient -> Json.text "auto"
         | Count n -> integer n)
    ]

let private step (s: Step) =
    object
        [
            "grown", Json.text (growth s)
            yield! size s.Size
            "nTilts", integer s.Simulation.TiltCount
            "meanBeams", number s.Simulation.Beams
            "R", optional s.Change
            "seconds", number s.Simulation.Seconds
        ]

let private ending (found: Found) (truncation, ending) =
    let state, next =
        match ending with
        | Settled change -> "settled", Some change
        | StepsSpent -> "steps spent", None
        | TooLarge _ -> "too large", None
        | Largest -> "largest value", None

    key truncation,
    object
        [
            "state", Json.text state
            "RNext", optional next
            "RLast", optional (lastChange found truncation)
        ]

let private frames (sample: Sample) =
    array
        [
            for f in sample.Experiment.Frames ->
                object
                    [
                        "frame", integer f.Id
                        "alpha_deg", number f.Alpha
                        "thickness_A", number sample.State.Thickness[f.Id]
                        "nRows", integer f.Observations.Length
                    ]
        ]

let private truncation (found: Found) =
    object
        [
            "start", number (truncationErrorOfStart found)
            "settings", number (truncationError found)
        ]

/// The text of a result.
///
/// - `run`: its settings are those that were found
let json (run: Summary.Run) (r: Result) =
    object
        [
            "schema", Json.text Schema
            "version", Json.text run.Version
            "converged", flag (isConverged r.Found)
            "limit", number r.Limits.Change
            "steps", array (r.Found.Steps |> List.map step)
            "endings", object (r.Found.Endings |> List.map (ending r.Found))
            "truncation", truncation r.Found
            "frames", frames r.Sample
            "settings", SettingsJson.node run.Settings
            "inputs", Summary.inputs run.Inputs
            "warnings", array (Seq.map Json.text run.Warnings)
            "threads", integer run.Threads
            "timing", object [ "total_s", number run.TotalSeconds ]
        ]
    |> Json.write
