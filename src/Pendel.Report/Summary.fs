/// summary.json, schema pendel/summary/1: what a run was given and what came out. The README documents every key.
///
/// Only `timing` and `threads` differ between runs of the same inputs, settings and version on the same kind of machine.
module Pendel.Report.Summary

open System
open System.Text.Json.Nodes
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Report.Json

[<Literal>]
let Schema = "pendel/summary/1"

/// An input file.
type Input =
    {
        /// As the user gave it.
        Path: string
        /// SHA-256, lower-case hexadecimal.
        Sha256: string
    }

/// The circumstances of a run.
type Run =
    {
        /// The command that ran.
        Command: string
        /// Of the program.
        Version: string
        Settings: Settings
        Inputs: Input list
        Threads: int
        /// Odd but usable things about the inputs.
        Warnings: string list
        /// Wall time from the reading of the inputs, s.
        TotalSeconds: float
    }

let private agreement (choose: Validation -> Agreement) (validation: Validation option) =
    match Option.map choose validation with
    | None -> null
    | Some a ->
        object
            [
                "wR", number a.WR
                "wRF_all", number a.Pooled.WRFAll
                "RF_obs", number a.Pooled.RFObs
                "RF_all", number a.Pooled.RFAll
                "nMeasurements", integer a.MeasurementCount
                "nAll", integer a.RowCount
                "nObs", integer a.ObservedCount
            ]

/// - `frames`: how many were evaluated
let private residualsOf frames (r: Residuals) =
    object
        [
            "wR_mean", number r.WRMean
            "Robs_mean", number r.RObsMean
            "wRF_all", number r.Pooled.WRFAll
            "RF_obs", number r.Pooled.RFObs
            "RF_all", number r.Pooled.RFAll
            "gof", optional r.GoodnessOfFit
            "nFrames", integer frames
            "nFramesLeftOut_wR", integer r.FramesLeftOutOfWR
            "nFramesLeftOut_Robs", integer r.FramesLeftOutOfRObs
            "nObs", integer r.ObservedCount
            "nAll", integer r.RowCount
            "nUniqueMeasurements", integer r.UniqueMeasurementCount
            "nParameters", integer r.ParameterCount
            "work", agreement _.Working r.Validation
            "free", agreement _.HeldOut r.Validation
        ]

let internal residuals (evaluation: Evaluation) =
    residualsOf evaluation.Frames.Length evaluation.Residuals

let internal inputs (files: Input list) =
    array [ for i in files -> object [ "path", text i.Path; "sha256", text i.Sha256 ] ]

let private degrees (v: Vector3) =
    array [ for i in 0..2 -> number (v[i] * 180.0 / Math.PI) ]

let private corrections bound frames =
    match Corrections.distribution bound frames with
    | None -> null
    | Some d ->
        object
            [
                "median_deg", number d.Median
                "p90_deg", number d.NinthDecile
                "max_deg", number d.Largest
                "edges_deg", array (Seq.map number d.Edges)
                "counts", array (Seq.map integer d.Counts)
            ]

let private thickness (frames: FrameResult array) =
    let values = frames |> Array.map _.Thickness

    if Array.isEmpty values then
        null
    else
        object
            [
                "min_A", number (Array.min values)
                "mean_A", number (Array.average values)
                "max_A", number (Array.max values)
            ]

let private frame (f: FrameResult) =
    object
        [
            "frame", integer f.Id
            "wR", optional f.WR
            "Robs", optional f.RObs
            "nObs", integer f.ObservedCount
            "nAll", integer f.RowCount
            "tilts", integer f.TiltCount
            "thickness_A", number f.Thickness
            "thickness_spread_A", optional f.ThicknessSpread
            "correction_deg", degrees f.Correction
            "scale", number f.Scale
        ]

/// Position, occupancy and displacement of a site, or their standard uncertainties.
let private ofSite (position: Vector3) occupancy equivalent (tensor: SymmetricTensor option) =
    [
        "x", number position.X
        "y", number position.Y
        "z", number position.Z
        "occupancy", number occupancy
        "Ueq_A2", number equivalent
        match tensor with
        | Some u ->
            for i, name in List.indexed [ "U11"; "U22"; "U33"; "U23"; "U13"; "U12" ] do
                $"{name}_A2", number u[i]
        | None -> ()
    ]

let private parameters (crystal: Crystal) (uncertainties: SiteUncertainty array option) =
    let site i (site: AtomSite) =
        let ucif =
            match site.Adp with
            | :? Adp.Anisotropic as a -> Some a.Ucif
            | _ -> None

        object
            [
                "label", text site.Label
                "element", text site.Element.Symbol
                "charge", integer site.Charge
                yield! ofSite site.Position site.Occupancy (site.Adp.Equivalent crystal.Cell) ucif
                match uncertainties with
                | Some all ->
                    let su = all[i]
                    "su", object (ofSite su.Position su.Occupancy su.Equivalent (ucif |> Option.map (fun _ -> su.Ucif)))
                | None -> "su", null
            ]

    crystal.Sites |> Seq.mapi site |> array

let private restraint (r: Restraints.RestraintResult) =
    let first, second = r.Restraint.Atoms

    object
        [
            "kind", text (Restraints.kindName r.Restraint)
            "atoms", array [ text first; text second ]
            "target", number (Restraints.target r.Restraint)
            "su", number r.Restraint.Su
            "value", number r.Value
            "misfit_su", number r.Misfit
        ]

let private restraints (settings: Settings) (results: Restraints.RestraintResult array) =
    if Array.isEmpty results then
        null
    else
        object
            [
                "weight", number settings.RestraintWeight
                "chiSquare", number (results |> Array.sumBy (fun r -> r.Misfit ** 2.0))
                "terms", array (Seq.map restraint results)
            ]

let private mosaicity (m: Rocking.Mosaicity) =
    object
        [
            "perpendicular", number (Angle.Degrees m.Perpendicular)
            "along", number (Angle.Degrees m.Along)
        ]

let private completeness evaluations =
    let c = Completeness.ofEvaluations evaluations

    object
        [
            "share", number c.Share
            "measured", integer c.Measured
            "unique", integer c.Unique
            "gmax_invA", number c.GMax
        ]

/// Start and course of a refinement.
let private course frames (start: Residuals) (o: Outcome) =
    [
        "start", residualsOf frames start
        "bestStep", integer o.BestStep
        "startKept", flag (o.BestStep = 0)
        "interrupted", flag o.Interrupted
    ]

/// How the crystal of a data set lay.
let private place (o: Outcome) =
    [ "misset_deg", degrees o.Misset; "strain", number o.Strain ]

/// What is said of a data set.
let private dataSet (settings: Settings) (evaluation: Evaluation) diagnosis =
    [
        "geometry", text (Text.geometry evaluation.Geometry.Geometry)
        "geometryReason", text evaluation.Geometry.Reason
        "rsg", number evaluation.RsgLimit
        "mosaicity_deg", mosaicity evaluation.Mosaicity
        "corrections", corrections settings.OrientationBound evaluation.Frames
        "thickness", thickness evaluation.Frames
        "frames", array (Seq.map frame evaluation.Frames)
        "outliers", Outliers.node diagnosis
    ]

let private timing (run: Run) (outcome: Outcome option) =
    let stages =
        outcome
        |> Option.map _.Seconds
        |> Option.defaultValue [||]
        |> Array.groupBy fst
        |> Array.map (fun (stage, parts) -> stage, Array.sumBy snd parts)

    object
        [
            "total_s", number run.TotalSeconds
            "stages", object [ for stage, seconds in stages -> Stages.key stage, number seconds ]
        ]

/// The text of summary.json about what differs between one data set and several.
///
/// - `residuals`: over all data sets
/// - `evaluation`: one with the structure
/// - `warnings`: about the result
let private document (run: Run) residuals found (evaluation: Evaluation) warnings outcome =
    object
        [
            "schema", text Schema
            "command", text run.Command
            "version", text run.Version
            "residuals", residuals
            yield! found
            "parameters", parameters evaluation.Crystal (outcome |> Option.bind _.Uncertainties)
            "ridingHydrogens", array (Seq.map text evaluation.Riding)
            "restraints", restraints run.Settings evaluation.Restraints
            "settings", SettingsJson.node run.Settings
            "inputs", inputs run.Inputs
            "seed", integer run.Settings.Seed
            "warnings", array (Seq.map text (run.Warnings @ warnings))
            "threads", integer run.Threads
            "timing", timing run outcome
        ]
    |> Json.write

/// The text of summary.json for one data set.
///
/// - `evaluation`: the state that the files hold
/// - `outcome`: the refinement that led to it; None for a simulation
let write (run: Run) (evaluation: Evaluation) (outcome: Outcome option) =
    let diagnosis = Diagnosis.ofEvaluation run.Settings evaluation

    let found =
        [
            match outcome with
            | Some o ->
                yield! course o.Start.Frames.Length o.Start.Residuals o
                yield! place o
            | None -> ()

            yield! dataSet run.Settings evaluation diagnosis
            "completeness", completeness [ evaluation ]
        ]

    document run (residuals evaluation) found evaluation diagnosis.Warnings outcome

/// The text of summary.json for several data sets.
///
/// - `data`: their files and contents, in their order
let writeSeveral (run: Run) (data: (string * Experiment) list) (outcomes: Outcomes) =
    let first = outcomes.Each[0]
    let evaluations = [ for o in outcomes.Each -> o.Final ]

    let crystals =
        [
            for input, o in Seq.zip data outcomes.Each -> input, o, Diagnosis.ofOneAmong run.Settings o.Final
        ]

    let node ((path, experiment: Experiment), o: Outcome, diagnosis) =
        object
            [
                "file", text path
                "wavelength_A", number experiment.Wavelength
                "residuals", residuals o.Final
                "start", residuals o.Start
                yield! place o
                yield! dataSet run.Settings o.Final diagnosis
            ]

    let frames choose =
        outcomes.Each |> Array.sumBy (fun o -> (choose o: Evaluation).Frames.Length)

    let warnings =
        [
            yield! Diagnosis.unsupported run.Settings evaluations outcomes.Final
            for (path, _), _, diagnosis in crystals do
                for warning in diagnosis.Warnings -> $"{path}: {warning}"
        ]

    document
        run
        (residualsOf (frames _.Final) outcomes.Final)
        (course (frames _.Start) outcomes.Start first
         @ [
             "crystals", array (List.map node crystals)
             "completeness", completeness evaluations
         ])
        first.Final
        warnings
        (Some first)
