/// The items of refined.cif that are not part of the structure.
///
/// Names of the core dictionary; `_refine_diffraction_theory`, `_refine_ls_sample_thickness` and
/// `_diffrn_precession_semi_angle` of the draft dictionary for electron diffraction.
module Pendel.Report.RefinedCif

open System
open System.Globalization
open Pendel.Diffraction
open Pendel.Core

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

let private details (settings: Settings) (evaluation: Evaluation) =
    let r = evaluation.Residuals
    let s = settings.Selection
    let thickness = evaluation.Frames |> Array.map _.Thickness

    let range =
        if Array.isEmpty thickness then
            ""
        else
            String.Format(
                CultureInfo.InvariantCulture,
                "apparent thickness {0:F0} to {1:F0} A, one for each frame",
                Array.min thickness,
                Array.max thickness
            )

    String
        .Join(
            '\n',
            String.Format(
                CultureInfo.InvariantCulture,
                "Bloch-wave refinement of {0} virtual frames, one scale for each; {1}.",
                evaluation.Frames.Length,
                range
            ),
            String.Format(
                CultureInfo.InvariantCulture,
                "Beams: g_max {0} A^-1, sg_max {1} A^-1. Scored: g_max {2} A^-1, RSg < {3}, DSg > {4} A^-1.",
                s.BeamGMax,
                s.SgMax,
                s.ScoredGMax,
                s.Rsg,
                s.Dsg
            ),
            String.Format(
                CultureInfo.InvariantCulture,
                "Means over frames: wR(I) {0:F4}, R_obs(F) {1:F4}. The R factors of this block are pooled over all frames.",
                r.WRMean,
                r.RObsMean
            ),
            $"Scattering factors: %A{settings.ScatteringFactors}.",
            validation settings r
        )
        .TrimEnd()

let private residuals (evaluation: Evaluation) =
    let r = evaluation.Residuals

    let count (n: int) =
        Some(n.ToString CultureInfo.InvariantCulture)

    [
        "_reflns_number_total", count r.RowCount
        "_reflns_number_gt", count r.ObservedCount
        "_reflns_threshold_expression", Some @"I>3\s(I)"
        "_refine_ls_structure_factor_coef", Some "F"
        "_refine_ls_weighting_scheme", Some "sigma"
        "_refine_ls_weighting_details", Some @"w=1/(\s^2^(F)+0.0001F^2^)"
        "_refine_ls_R_factor_gt", fixedPoint 4 r.Pooled.RFObs
        "_refine_ls_R_factor_all", fixedPoint 4 r.Pooled.RFAll
        "_refine_ls_wR_factor_ref", fixedPoint 4 r.Pooled.WRFAll
        "_refine_ls_goodness_of_fit_ref", Option.bind (fixedPoint 3) r.GoodnessOfFit
        "_refine_ls_number_reflns", count r.RowCount
        "_refine_ls_number_parameters", count r.ParameterCount
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
        "_refine_diffraction_theory", Some "dynamical"
        if not (Array.isEmpty nanometres) then
            "_refine_ls_sample_thickness", fixedPoint 2 (Array.average nanometres)
        "_refine_special_details", Some(details settings evaluation)
        yield! residuals evaluation
    ]
