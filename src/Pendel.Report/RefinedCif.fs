/// The items of refined.cif that are not part of the structure.
///
/// Names of the core dictionary; `_refine_diffraction_theory`, `_refine_ls_sample_thickness`, `_refine_ls_sample_shape_expression`,
/// `_refine_ls_sample_shape_details` and `_diffrn_precession_semi_angle` of the draft dictionary for electron diffraction.
module Pendel.Report.RefinedCif

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

let private fixedPoint (decimals: int) (x: float) =
    if Double.IsFinite x then
        Some(x.ToString("F" + string decimals, CultureInfo.InvariantCulture))
    else
        None

/// What all data sets agree in, else None.
let private common (values: 'T seq) =
    match values |> Seq.distinct |> Seq.toList with
    | [ value ] -> Some value
    | _ -> None

let private measurement (dataSets: (Experiment * Evaluation) list) =
    let geometry = dataSets |> Seq.map (fun (_, e) -> e.Geometry.Geometry) |> common

    let method =
        match geometry with
        | Some CollectionGeometry.Rotation -> Some "continuous-rotation 3D ED"
        | Some CollectionGeometry.Precession -> Some "precession-assisted 3D ED"
        | _ -> None

    let semiAngles =
        dataSets
        |> Seq.collect (fun (e, _) -> e.Frames)
        |> Seq.map _.PrecessionAngle
        |> Seq.distinct
        |> Seq.toList

    [
        "_diffrn_radiation_probe", Some "electron"
        "_diffrn_radiation_wavelength",
        dataSets
        |> Seq.map (fun (e, _) -> e.Wavelength)
        |> common
        |> Option.bind (fixedPoint 6)
        "_diffrn_source", Some "transmission electron microscope"
        "_diffrn_measurement_method", method
        match geometry, semiAngles with
        | Some CollectionGeometry.Precession, [ angle ] -> "_diffrn_precession_semi_angle", fixedPoint 4 angle
        | _ -> ()
    ]

/// The share of unique reflections that is measured, up to the Bragg angle of the largest scored |g|.
let private completeness (dataSets: (Experiment * Evaluation) list) =
    let c = dataSets |> List.map snd |> Completeness.ofEvaluations

    let angle =
        dataSets
        |> Seq.map (fun (e, _) -> e.Wavelength)
        |> common
        |> Option.bind (fun wavelength -> fixedPoint 2 (Angle.Degrees(Math.Asin(wavelength * c.GMax / 2.0))))

    [
        "_diffrn_reflns_theta_max", angle
        "_diffrn_measured_fraction_theta_max", fixedPoint 3 c.Share
    ]

/// What the measurements that were held out say, or nothing.
let private validation (settings: Settings) (r: Residuals) =
    match r.Validation with
    | None -> ""
    | Some v ->
        let beside (choose: Agreement -> float) =
            String.Format(CultureInfo.InvariantCulture, "{0:F4} (work {1:F4})", choose v.HeldOut, choose v.Working)

        String.Format(
            CultureInfo.InvariantCulture,
            "R_free: {0} measurements held out ({1} of all, seed {2}), each counted once: wR(I) {3}, wR(F) {4}, R(F) of I>3su {5}.",
            v.HeldOut.MeasurementCount,
            settings.Free,
            settings.FreeSeed,
            beside _.WR,
            beside _.Pooled.WRFAll,
            beside _.Pooled.RFObs
        )

/// A setting as options have it.
let private word name (settings: Settings) =
    match SettingsTable.tryFind name |> Option.map (fun s -> s.Get settings) with
    | Some(Setting.Word text) -> text
    | _ -> invalidArg (nameof name) $"{name} is no setting in words"

let private mosaicity (settings: Settings) (evaluation: Evaluation) =
    let refined width =
        if width = Refined then " (refined)" else ""

    format
        "Mosaicity: {0:F3} deg perpendicular to the rocking axis{1}, {2:F3} deg about it{3}."
        [|
            Angle.Degrees evaluation.Mosaicity.Perpendicular
            refined settings.Mosaicity
            Angle.Degrees evaluation.Mosaicity.Along
            refined settings.MosaicityAlong
        |]

/// Absorption, thickness within a frame, mosaicity of one data set, occupancies, orientations: a line each.
let private model (settings: Settings) (evaluations: Evaluation list) =
    [
        match settings.Absorption with
        | Absorption.Proportional -> format "Absorption: proportional, ratio {0}." [| settings.AbsorptionRatio |]
        | _ -> format "Absorption: {0}." [| word "absorption" settings |]
        format
            "Thickness within a frame: {0}; model over the frames: {1}."
            [|
                Settings.thicknessDistribution settings |> ThicknessDistribution.toText
                word "thickness-model" settings
            |]
        if not settings.Occupancies.IsEmpty then
            $"Occupancies refined: {Occupancies.toText settings.Occupancies}."
        match evaluations with
        | [ one ] -> mosaicity settings one
        | _ -> ()
        match settings.Orientation with
        | Fixed -> "Orientations: those of the data file."
        | _ ->
            format
                "Orientations: one correction for each frame by {0}, prior {1} deg, bound {2} deg."
                [|
                    word "orientation" settings
                    settings.OrientationPrior
                    settings.OrientationBound
                |]
    ]

let private thicknessRange (frames: FrameResult array) =
    let thickness = frames |> Array.map _.Thickness

    if Array.isEmpty thickness then
        ""
    else
        format "apparent thickness {0:F0} to {1:F0} A" [| Array.min thickness; Array.max thickness |]

/// A line for each of several data sets.
let private crystals (settings: Settings) (dataSets: (Experiment * Evaluation) list) =
    dataSets
    |> List.mapi (fun i (experiment, e) ->
        format
            "Crystal {0}: {1} frames, wavelength {2:F6} A, {3}; means over its frames: wR(I) {4:F4}, R_obs(F) {5:F4}. {6}"
            [|
                i + 1
                e.Frames.Length
                experiment.Wavelength
                thicknessRange e.Frames
                e.Residuals.WRMean
                e.Residuals.RObsMean
                mosaicity settings e
            |])

/// The limit of RSg, or those of several data sets in their order.
let private rsgLimits (evaluations: Evaluation list) =
    match evaluations |> Seq.map _.RsgLimit |> common with
    | Some limit -> format "{0}" [| limit |]
    | None ->
        evaluations
        |> List.map (fun e -> format "{0}" [| e.RsgLimit |])
        |> String.concat ", "

/// What the intensities were calculated by: Bloch waves, or these for a crystal so thin that it diffracts kinematically.
let private method (settings: Settings) =
    match settings.ThicknessModel with
    | ThicknessChoice.Kinematical -> "Kinematical"
    | _ -> "Bloch-wave"

let private details (settings: Settings) (dataSets: (Experiment * Evaluation) list) (r: Residuals) =
    let s = settings.Selection
    let evaluations = List.map snd dataSets
    let frames = evaluations |> Seq.collect _.Frames |> Seq.toArray

    let range =
        match thicknessRange frames with
        | "" -> ""
        | range -> $"{range}, one for each frame"

    [
        match dataSets with
        | [ _ ] ->
            format
                "{0} refinement of {1} virtual frames, one scale for each; {2}."
                [| method settings; frames.Length; range |]
        | _ ->
            format
                "{0} refinement of {1} virtual frames of {2} crystals, one scale for each frame; {3}."
                [| method settings; frames.Length; dataSets.Length; range |]

            yield! crystals settings dataSets
        format
            "Beams: g_max {0} A^-1, sg_max {1} A^-1. Scored: g_max {2} A^-1, RSg < {3}, DSg > {4} A^-1."
            [| s.BeamGMax; s.SgMax; s.ScoredGMax; rsgLimits evaluations; s.Dsg |]
        format
            "Means over frames: wR(I) {0:F4}, R_obs(F) {1:F4}. The R factors of this block are pooled over the {2} rows of all frames, its counts are of independent measurements."
            [| r.WRMean; r.RObsMean; r.RowCount |]
        match settings.Loss with
        | LossChoice.WRI -> "Minimised: mean over frames of wR(I)."
        | LossChoice.WR2 -> "Minimised: mean over frames of wR2, w=1/(su^2^(I)+0.0004I^2^)."
        format "Scattering factors: {0}." [| word "scattering-factors" settings |]
        yield! model settings evaluations
        validation settings r
    ]
    |> String.concat "\n"
    |> _.TrimEnd()

/// All hydrogens ride, or some are refined freely.
let private hydrogenTreatment (evaluation: Evaluation) =
    let isFree (site: AtomSite) =
        Riding.isHydrogen site && not (evaluation.Riding.Contains site.Label)

    if Seq.exists isFree evaluation.Crystal.Sites then
        "mixed"
    else
        "constr"

/// - `evaluation`: one with the structure
/// - `r`: over all data sets
let private residuals (evaluation: Evaluation) (r: Residuals) =
    let count (n: int) =
        Some(n.ToString CultureInfo.InvariantCulture)

    [
        "_reflns_number_total", count r.UniqueMeasurementCount
        "_reflns_number_gt", count r.UniqueObservedCount
        "_reflns_threshold_expression", Some @"I>3\s(I)"
        "_refine_ls_structure_factor_coef", Some "F"
        "_refine_ls_weighting_scheme", Some "sigma"
        "_refine_ls_weighting_details", Some @"w=1/(\s^2^(F)+0.0001F^2^)"
        "_refine_ls_R_factor_gt", fixedPoint 4 r.Pooled.RFObs
        "_refine_ls_R_factor_all", fixedPoint 4 r.Pooled.RFAll
        "_refine_ls_wR_factor_ref", fixedPoint 4 r.Pooled.WRFAll
        "_refine_ls_goodness_of_fit_ref", Option.bind (fixedPoint 3) r.GoodnessOfFit
        "_refine_ls_number_reflns", count r.UniqueMeasurementCount
        "_refine_ls_number_parameters", count r.ParameterCount
        if evaluation.Restraints.Length > 0 then
            "_refine_ls_number_restraints", count evaluation.Restraints.Length
        if not evaluation.Riding.IsEmpty then
            "_refine_ls_hydrogen_treatment", Some(hydrogenTreatment evaluation)
    ]

/// F(τ), the share of the crystal thinner than τ times the sample thickness, as the draft dictionary's example has it.
let private shape distribution =
    let expression formula =
        "_refine_ls_sample_shape_expression", Some(@"F(\t) = " + formula)

    match distribution with
    | Plate -> expression @"0 for \t < 1"
    | Uniform -> expression @"\t"
    | Cylinder -> expression @"1 - (1 - \t^2^)^1/2^"
    | Sphere -> expression @"\t^2^"
    | Lens -> expression @"1 - (1 - \t)^1/2^"
    | Given _ as steps ->
        "_refine_ls_sample_shape_details",
        Some $"thicknesses with weights, relative: {ThicknessDistribution.toText steps}"

/// How the crystal is thick: its largest thickness, nm, mean over the frames, and how that spreads.
let private theory (settings: Settings) (dataSets: (Experiment * Evaluation) list) =
    let nanometres =
        [|
            for _, evaluation in dataSets do
                for f in evaluation.Frames -> f.Thickness / 10.0
        |]

    [
        match settings.ThicknessModel with
        | ThicknessChoice.Kinematical -> "_refine_diffraction_theory", Some "kinematical"
        | _ ->
            "_refine_diffraction_theory", Some "dynamical"

            if not (Array.isEmpty nanometres) then
                "_refine_ls_sample_thickness", fixedPoint 2 (Array.average nanometres)
                shape settings.ThicknessDistribution
    ]

/// Data names with their values, None for what is unknown or differs between data sets, in the order of the file.
///
/// - `all`: residuals over all data sets
let items
    version
    (settings: Settings)
    (dataSets: (Experiment * Evaluation) list)
    (all: Residuals)
    : (string * string option) list =
    [
        "_audit_creation_method", Some $"Pendel {version}"
        "_computing_structure_refinement", Some $"Pendel {version}"
        yield! measurement dataSets
        yield! completeness dataSets
        yield! theory settings dataSets
        "_refine_special_details", Some(details settings dataSets all)
        yield! residuals (snd dataSets.Head) all
    ]

/// How the standard uncertainties came about, or why an interrupted refinement has none.
let uncertainties (outcome: Outcome) : (string * string option) list =
    match outcome.Uncertainties with
    | Some _ ->
        [
            "_geom_special_details",
            Some
                "Standard uncertainties of the sites follow from the misfit of the measurements (White's covariance of least squares), after what scale, thickness and orientation of each frame can take up."
        ]
    | None when outcome.Interrupted ->
        [
            "_geom_special_details",
            Some "The refinement was interrupted: its best state by then, without standard uncertainties."
        ]
    | None -> []
