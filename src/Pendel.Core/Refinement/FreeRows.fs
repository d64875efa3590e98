/// Held-out measurements beside those that were refined against.
module Pendel.Core.FreeRows

open Pendel.Diffraction

/// Scored rows of a frame and what is calculated for them.
type FrameRows =
    {
        Scored: ScoredReflection seq
        Rows: Residual.Rows
        /// I_c.
        Calculated: float array
        /// c of the frame's working rows.
        Scale: float
        /// s of the frame's working rows.
        AmplitudeScale: float
    }

/// The working rows of a frame.
let working (plan: FramePlan) rows calculated =
    {
        Scored = plan.Scored
        Rows = rows
        Calculated = calculated
        Scale = Residual.scale rows calculated
        AmplitudeScale = Residual.amplitudeScale rows calculated
    }

/// The held-out rows of a frame, on the scales of its working ones.
let heldOut (working: FrameRows) (plan: FramePlan) rows calculated =
    { working with
        Scored = plan.Scored
        Rows = rows
        Calculated = calculated
    }

/// The rows with intensities in units of `unit` in place of the data set's.
let inUnits unit (frame: FrameRows) =
    { frame with
        Rows = Residual.inUnits unit frame.Rows
        Scale = frame.Scale / unit
        AmplitudeScale = frame.AmplitudeScale / sqrt unit
    }

/// Rows of the frames of a data set that count 1/m each, m the rows of their measurement.
let private shared (frames: FrameRows array) : Residual.ScaledRows array =
    let repetitions =
        frames |> Seq.collect _.Scored |> Seq.countBy _.Observation |> dict

    frames
    |> Array.map (fun f ->
        {
            Rows = f.Rows
            Share = [| for row in f.Scored -> 1.0 / float repetitions[row.Observation] |]
            Intensity = f.Calculated |> Array.map ((*) f.Scale)
            Amplitude = Residual.amplitudesOn f.AmplitudeScale f.Calculated
        })

/// Agreement over independent measurements; those of different data sets are different ones.
let agreement (dataSets: FrameRows array array) : Agreement =
    let rows = dataSets |> Array.collect shared

    let measurements (frames: FrameRows array) =
        frames |> Seq.collect _.Scored |> Seq.distinctBy _.Observation |> Seq.length

    {
        WR = Residual.pooledWR rows
        Pooled = Residual.pooledRows rows
        MeasurementCount = dataSets |> Array.sumBy measurements
        RowCount = rows |> Array.sumBy _.Share.Length
        ObservedCount = rows |> Array.sumBy (fun f -> f.Rows.Observed |> Seq.filter id |> Seq.length)
    }
