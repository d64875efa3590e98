/// The items of refined.cif that are not part of the structure.
///
/// Names of the core dictionary; `_refine_diffraction_theory`, `_refine_ls_sample_thickness` and
/// `_diffrn_precession_semi_angle` of the draft dictionary for electron diffraction.
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

let private measurement (experiment: Experiment) (evaluation: Evaluation) =
    let method =
        match evaluation.Geometry.Geometry with
        | CollectionGeometry.Rotation -> Some "continuous-rotation 3D ED"
        | CollectionGeometry.Precession -> Some "precession-assisted 3D ED"
        | _ -> None

    let semiAngles =
        experiment.Frames |> Seq.map _.PrecessionAngle |> Seq.distinct |> Seq.toList

    [
        "_diffrn_radiation_probe", Some "electron"
        "_diffrn_radiation_wavelength", fixedPoint 6 experiment.Wavelength
        "_diffrn_source", Some "transmission electron microscope"
        "_diffrn_measurement_method", method
        match semiAngles with
        | [ angle ] -> "_diffrn_precession_semi_angle", fixedPoint 4 angle
        | _ -> ()
    ]

/// The share of unique reflections that is measured, up to the Bragg angle of the largest scored |g|.
let private completeness (settings: Settings) (experiment: Experiment) (evaluation: Evaluation) =
    let c =
        Completeness.ofRows evaluation.Crystal settings.Selection.ScoredGMax evaluation.Reflections

    let angle = Angle.Degrees(Math.Asin(experiment.Wavelength * c.GMax / 2.0))

    [
        "_diffrn_reflns_theta_max", fixedPoint 2 angle
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

/// Absorption, thickness within a frame, mosaicity, occupancies, orientations: a line each.
let private model (settings: Settings) (evaluation: Evaluation) =
    let refined width =
        if width = Refined then " (refined)" else ""

    [
        match settings.Absorption with
        | Absorption.Proportional -> format "Absorption: proportional, ratio {0}." [| settings.AbsorptionRatio |]
        | _ -> format "Absorption: {0}." [| word "absorption" settings |]
        format
            "Thickness within a frame: {0}; model over the frames: {1}."
            [| word "thickness-distribution" settings; word "thickness-model" settings |]
        format
            "Mosaicity: {0:F3} deg perpendicular to the rocking axis{1}, {2:F3} deg about it{3}."
            [|
                Angle.Degrees evaluation.Mosaicity.Perpendicular
                refined settings.Mosaicity
                Angle.Degrees evaluation.Mosaicity.Along
                refined settings.MosaicityAlong
            |]
        if not settings.Occupancies.IsEmpty then
            $"Occupancies refined: {Occupancies.toText settings.Occupancies}."
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

let private details (settings: Settings) (evaluation: Evaluation) =
    let r = evaluation.Residuals
    let s = settings.Selection
    let thickness = evaluation.Frames |> Array.map _.Thickness

    let range =
        if Array.isEmpty thickness then
            ""
        else
            format
                "apparent thickness {0:F0} to {1:F0} A, one for each frame"
                [| Array.min thickness; Array.max thickness |]

    [
        format
            "Bloch-wave refinement of {0} virtual frames, one scale for each; {1}."
            [| evaluation.Frames.Length; range |]
        format
            "Beams: g_max {0} A^-1, sg_max {1} A^-1. Scored: g_max {2} A^-1, RSg < {3}, DSg > {4} A^-1."
            [| s.BeamGMax; s.SgMax; s.ScoredGMax; s.Rsg; s.Dsg |]
        format
            "Means over frames: wR(I) {0:F4}, R_obs(F) {1:F4}. The R factors of this block are pooled over the {2} rows of all frames, its counts are of independent measurements."
            [| r.WRMean; r.RObsMean; r.RowCount |]
        format "Scattering factors: {0}." [| word "scattering-factors" settings |]
        yield! model settings evaluation
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

let private residuals (evaluation: Evaluation) =
    let r = evaluation.Residuals

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

/// Data names with their values, None for what is unknown, in the order of the file.
let items
    version
    (settings: Settings)
    (experiment: Experiment)
    (evaluation: Evaluation)
    : (string * string option) list =
    let nanometres = evaluation.Frames |> Array.map (fun f -> f.Thickness / 10.0)

    [
        "_audit_creation_method", Some $"Pendel {version}"
        "_computing_structure_refinement", Some $"Pendel {version}"
        yield! measurement experiment evaluation
        yield! completeness settings experiment evaluation
        "_refine_diffraction_theory", Some "dynamical"
        if not (Array.isEmpty nanometres) then
            "_refine_ls_sample_thickness", fixedPoint 2 (Array.average nanometres)
        "_refine_special_details", Some(details settings evaluation)
        yield! residuals evaluation
    ]
