/// Results as text for a console of 100 columns.
module Pendel.Report.Text

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

/// How the crystal moved, in words.
let geometry geometry =
    match geometry with
    | CollectionGeometry.Rotation -> "continuous rotation"
    | CollectionGeometry.Precession -> "precession"
    | _ -> "nothing"

/// A residual in per cent: "3.69 %".
let percent (x: float) =
    if Double.IsFinite x then
        format "{0:F2} %" [| 100.0 * x |]
    else
        "-"

let private optional (x: float option) =
    x |> Option.map percent |> Option.defaultValue "-"

/// One line for each frame.
let frames (frames: FrameResult array) =
    let head =
        format
            "{0,6} {1,9} {2,5} {3,5} {4,9} {5,9} {6,11} {7,12}"
            [|
                "frame"
                "alpha/°"
                "rows"
                "obs"
                "wR"
                "Robs"
                "thickness/Å"
                "correction/°"
            |]

    let line (f: FrameResult) =
        format
            "{0,6} {1,9:F3} {2,5} {3,5} {4,9} {5,9} {6,11:F1} {7,12:F3}"
            [|
                f.Id
                f.Alpha
                f.RowCount
                f.ObservedCount
                optional f.WR
                optional f.RObs
                f.Thickness
                Corrections.magnitude f
            |]

    head :: (frames |> Seq.map line |> Seq.toList)

/// Held-out measurements beside those that were refined against.
let private validation (v: Validation) =
    let line name (choose: Agreement -> float) =
        let work, free = choose v.Working, choose v.HeldOut

        format
            "  {0,-9} {1,9} {2,9} {3,9}"
            [|
                name
                percent work
                percent free
                (if Double.IsFinite(free / work) then
                     format "{0:F2}" [| free / work |]
                 else
                     "-")
            |]

    [
        format
            "held out: {0} measurements in {1} rows, {2} of them above 3 sigma; each measurement counts once:"
            [| v.HeldOut.MeasurementCount; v.HeldOut.RowCount; v.HeldOut.ObservedCount |]
        format "  {0,-9} {1,9} {2,9} {3,9}" [| "pooled"; "R_work"; "R_free"; "ratio" |]
        line "wR" _.WR
        line "wRF_all" _.Pooled.WRFAll
        line "RF_obs" _.Pooled.RFObs
        line "RF_all" _.Pooled.RFAll
    ]

/// The residuals of a data set.
let residuals (r: Residuals) =
    [
        format "wR_mean    {0,9}   mean over frames, {1} left out" [| percent r.WRMean; r.FramesLeftOutOfWR |]
        format "Robs_mean  {0,9}   mean over frames, {1} left out" [| percent r.RObsMean; r.FramesLeftOutOfRObs |]
        format "wRF_all    {0,9}   pooled" [| percent r.Pooled.WRFAll |]
        format "RF_obs     {0,9}   pooled" [| percent r.Pooled.RFObs |]
        format "RF_all     {0,9}   pooled" [| percent r.Pooled.RFAll |]
        match r.GoodnessOfFit with
        | Some gof -> format "gof        {0,9:F2}   {1} parameters" [| gof; r.ParameterCount |]
        | None -> format "gof                -   {0} parameters" [| r.ParameterCount |]
        format
            "rows       {0,9}   {1} of them above 3 sigma, {2} measurements counted once"
            [| r.RowCount; r.ObservedCount; r.UniqueMeasurementCount |]
        yield! r.Validation |> Option.map validation |> Option.defaultValue []
    ]

/// How many of the unique reflections the rows of all data sets measure.
let completeness evaluations =
    let c = Completeness.ofEvaluations evaluations

    [
        format
            "complete   {0,9}   {1} of {2} symmetry-unique reflections up to {3:F2} Å⁻¹"
            [| percent c.Share; c.Measured; c.Unique; c.GMax |]
    ]

/// Number of restraints and riding hydrogens, and the restraint that is farthest off.
let constraints (evaluation: Evaluation) =
    let terms = evaluation.Restraints

    [
        if not evaluation.Riding.IsEmpty then
            $"hydrogens riding: {evaluation.Riding.Count}"
        if terms.Length > 0 then
            let worst = terms |> Array.maxBy (fun r -> abs r.Misfit)

            format
                "restraints: {0}; the worst is {1}: {2:F4}, target {3:F4}, off by {4:F1} su"
                [|
                    terms.Length
                    Restraints.name worst.Restraint
                    worst.Value
                    Restraints.target worst.Restraint
                    abs worst.Misfit
                |]
    ]

/// What frames were taken for: geometry, mosaicity, tilts, limit of RSg, and the spread of the thickness where it is sampled.
let model (evaluation: Evaluation) =
    let mosaicity = evaluation.Mosaicity
    let tilts = evaluation.Frames |> Array.map _.TiltCount
    let spreads = evaluation.Frames |> Array.choose _.ThicknessSpread

    let range least most =
        if least = most then $"{least}" else $"{least} to {most}"

    [
        $"geometry: {geometry evaluation.Geometry.Geometry}; {evaluation.Geometry.Reason}"
        format
            "mosaicity: {0:F3}° perpendicular to the rocking axis, {1:F3}° about it"
            [| Angle.Degrees mosaicity.Perpendicular; Angle.Degrees mosaicity.Along |]
        if tilts.Length > 0 then
            format
                "tilts of a frame: {0}; reflections with RSg below {1}"
                [| range (Array.min tilts) (Array.max tilts); evaluation.RsgLimit |]
        if spreads.Length > 0 then
            format
                "standard deviation of the sampled thickness: {0:F1} to {1:F1} Å"
                [| Array.min spreads; Array.max spreads |]
    ]

/// Start of a refinement, and which state was kept.
///
/// - `start`: over all data sets
let course (start: Residuals) (outcome: Outcome) =
    let kept =
        if outcome.Seconds |> Array.forall (fun (stage, _) -> stage <> JointRefinement) then
            "interrupted before the joint refinement: structure as it was"
        elif outcome.BestStep = 0 then
            "the joint refinement found nothing better than its start, which is kept"
        else
            $"step {outcome.BestStep} of the joint refinement is the best and is kept"

    [
        format "start: wR_mean {0}, Robs_mean {1}" [| percent start.WRMean; percent start.RObsMean |]
        kept
    ]

/// How the crystal of a data set lay and moved.
let crystal (outcome: Outcome) =
    let misset = outcome.Misset.Length * 180.0 / Math.PI

    format "misset {0:F3}°, strain of UB {1:F2} %" [| misset; 100.0 * outcome.Strain |]
    :: model outcome.Final

/// What a refinement against one data set says beside its tables.
let refinement (outcome: Outcome) =
    course outcome.Start.Residuals outcome
    @ crystal outcome
    @ constraints outcome.Final

/// The distribution of |ω_f|; nothing where no frame is corrected.
let corrections bound (frames: FrameResult array) =
    match Corrections.distribution bound frames with
    | None -> []
    | Some d when d.Largest = 0.0 -> []
    | Some d ->
        [
            format
                "orientation corrections: median {0:F3}°, 90 % below {1:F3}°, largest {2:F3}°, bound {3:F3}°"
                [| d.Median; d.NinthDecile; d.Largest; bound |]
            for i in 0 .. d.Counts.Length - 1 do
                format "  {0:F2}–{1:F2}° {2,4}" [| d.Edges[i]; d.Edges[i + 1]; d.Counts[i] |]
        ]

/// Sites of a structure, with what symmetry leaves free.
let sites (crystal: Crystal) =
    let head =
        format
            "  {0,-8} {1,-5} {2,9} {3,9} {4,9} {5,6} {6,8} {7,5} {8,11}"
            [| "site"; "atom"; "x"; "y"; "z"; "occ"; "Ueq/Å²"; "mult"; "free xyz, U" |]

    let line (site: AtomSite) =
        let symmetry = SiteSymmetry.Of(site.Position, crystal.SpaceGroup, crystal.Cell)

        let free =
            match site.Adp with
            | :? Adp.Anisotropic -> symmetry.AdpBasis.Length
            | _ -> 1

        format
            "  {0,-8} {1,-5} {2,9:F5} {3,9:F5} {4,9:F5} {5,6:F3} {6,8:F5} {7,5} {8,11}"
            [|
                site.Label
                site.Element.Symbol
                site.Position.X
                site.Position.Y
                site.Position.Z
                site.Occupancy
                site.Adp.Equivalent crystal.Cell
                symmetry.Multiplicity
                $"{symmetry.PositionBasis.Length}, {free}"
            |]

    head :: (crystal.Sites |> Seq.map line |> Seq.toList)

/// Largest s.u. of an atom that has a place, Å.
let private wellDetermined = 0.1

/// What the standard uncertainties come to, for a refinement of the structure that ran to its end.
let uncertainties (settings: Settings) (outcome: Outcome) =
    let crystal = outcome.Final.Crystal

    let ofPosition (su: SiteUncertainty) =
        max (su.Position.X * crystal.Cell.A) (max (su.Position.Y * crystal.Cell.B) (su.Position.Z * crystal.Cell.C))

    match outcome.Uncertainties with
    | Some found ->
        let site, largest =
            found
            |> Seq.map ofPosition
            |> Seq.zip (crystal.Sites |> Seq.map _.Label)
            |> Seq.maxBy snd

        let judgement =
            if largest > wellDetermined then
                ": the measurements hardly determine it"
            else
                ""

        [
            format
                "standard uncertainties are in refined.cif; the largest along an axis {0:F4} Å, of {1}{2}"
                [| largest; site; judgement |]
        ]
    | None when outcome.Interrupted || settings.Epochs = 0 -> []
    | None ->
        [
            "no standard uncertainties: the measurements do not determine every parameter"
        ]
