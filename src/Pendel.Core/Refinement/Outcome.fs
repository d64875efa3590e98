namespace Pendel.Core

open Pendel.Crystallography
open Pendel.Diffraction

/// Result of one frame.
type FrameResult =
    {
        /// PETS id.
        Id: int
        /// α, degrees.
        Alpha: float
        /// Scored rows.
        RowCount: int
        /// Scored rows above 3σ.
        ObservedCount: int
        /// wR_I; None if the frame is left out of the mean.
        WR: float option
        /// R_obs; None if the frame is left out of the mean.
        RObs: float option
        /// Orientations that integrate the frame, mosaic blocks not counted.
        TiltCount: int
        /// ΔS·t of its rocking curve for its thickness and its rows (`RockingCurve.Fringes`).
        TiltStep: float
        /// Steps of its rocking curve that its thickness, its rows and its mosaic blocks ask for (`RockingCurve.SufficientTilts`).
        SufficientTilts: int
        /// Thickness, Å; where it is sampled, the mean μ of the samples' distribution, at which intensities are.
        Thickness: float
        /// σ of the thickness, Å; None where it is not sampled.
        ThicknessSpread: float option
        /// Orientation correction ω_f, rotation vector in the ω-free axes, rad.
        Correction: Vector3
        /// Scale c: I_o ≈ c I_c.
        Scale: float
    }

/// Agreement of a set of rows, pooled over independent measurements: a row counts 1/m of a measurement that stands in m rows.
/// The scale of a frame is that of its working rows.
type Agreement =
    {
        /// √(Σw²(I_o − cI_c)² / Σw²I_o²); NaN without rows.
        WR: float
        /// JANA's residuals; NaN without rows.
        Pooled: Residual.Pooled
        /// Independent measurements.
        MeasurementCount: int
        /// Their rows.
        RowCount: int
        /// Rows above 3σ.
        ObservedCount: int
    }

/// What was refined against beside what was held out, on the frames that enter wR_mean.
type Validation =
    {
        Working: Agreement
        HeldOut: Agreement
    }

/// Result of one scored row.
type ReflectionResult =
    {
        FrameId: int
        Row: ScoredReflection
        /// c I_c, on the observed scale.
        Calculated: float
        /// w, the amplitude weight.
        Weight: float
        /// Above 3σ.
        IsObserved: bool
        /// Held out of the refinement.
        IsFree: bool
    }

/// Residuals of a data set (CONVENTIONS, Residuals), of the rows that are refined against unless stated.
type Residuals =
    {
        /// Mean over frames of wR_I.
        WRMean: float
        /// Mean over frames of R_obs.
        RObsMean: float
        /// Frames left out of wR_mean.
        FramesLeftOutOfWR: int
        /// Frames left out of Robs_mean.
        FramesLeftOutOfRObs: int
        /// JANA's residuals.
        Pooled: Residual.Pooled
        /// Goodness of fit; None if there are not more independent measurements than parameters.
        GoodnessOfFit: float option
        /// Scored rows above 3σ.
        ObservedCount: int
        /// Scored rows.
        RowCount: int
        /// Scored measurements, those repeated in overlapping frames counted once.
        UniqueMeasurementCount: int
        /// Those of them that are above 3σ.
        UniqueObservedCount: int
        /// P of the goodness of fit.
        ParameterCount: int
        /// Working against held-out measurements; None where none are held out.
        Validation: Validation option
    }

/// A structure with its data: what the model says of every frame and row.
type Evaluation =
    {
        Crystal: Crystal
        /// Labels of the hydrogens that ride.
        Riding: Set<string>
        /// The restraints of the refinement at this structure.
        Restraints: Restraints.RestraintResult array
        /// How the crystal moved, and what tells.
        Geometry: GeometryEvidence
        /// Scored rows have RSg below this.
        RsgLimit: float
        /// Widths of the mosaic blocks' distribution, rad.
        Mosaicity: Rocking.Mosaicity
        Residuals: Residuals
        Frames: FrameResult array
        Reflections: ReflectionResult array
    }

/// Data sets of one structure.
type Evaluations =
    {
        /// In the order of the data sets.
        Each: Evaluation array
        /// Over the frames and rows of all.
        Residuals: Residuals
    }

/// One line of the history.
type HistoryEntry =
    {
        Stage: StageName
        /// Round of orientation and joint refinement, from 1.
        Cycle: int
        /// Step within the stage, from 0: the state before it.
        Step: int
        WRMean: float
        /// None within the joint refinement, whose loss stands for wR_mean.
        RObsMean: float option
        /// None within the joint refinement but for the step that is kept, and where nothing is held out.
        Validation: Validation option
    }

/// Result of a refinement against one data set, or what one against several says of one of them: history, best step, seconds
/// and interruption are then those of the whole.
type Outcome =
    {
        /// Before the refinement, thickness from the scan.
        Start: Evaluation
        /// The best state of the last stage.
        Final: Evaluation
        /// Standard uncertainties of its sites; None where they are not determined, nothing was refined, or before they were asked for.
        Uncertainties: SiteUncertainty array option
        /// R_misset, rotation vector, rad.
        Misset: Vector3
        /// Relative strain of UB against the cell.
        Strain: float
        /// One entry for each step of the stages.
        History: HistoryEntry array
        /// Step of the last joint refinement that was kept; 0 is its start.
        BestStep: int
        /// Seconds of each stage that ran, in order; a stage of a later cycle stands again.
        Seconds: (StageName * float) array
        /// True if the refinement was asked to stop early.
        Interrupted: bool
    }

/// Result of a refinement against several data sets, which ends in one structure.
type Outcomes =
    {
        /// In the order of the data sets, at least one.
        Each: Outcome array
        /// Over the frames and rows of all, before the refinement.
        Start: Residuals
        /// The same at the best state of the last stage.
        Final: Residuals
    }

module Outcomes =
    /// Of one data set.
    let ofOne (outcome: Outcome) : Outcomes =
        {
            Each = [| outcome |]
            Start = outcome.Start.Residuals
            Final = outcome.Final.Residuals
        }
