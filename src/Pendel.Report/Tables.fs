/// The result tables as CSV: a header with units, numbers that round-trip, an empty field for what is absent.
module Pendel.Report.Tables

open System
open System.Globalization
open Pendel.Core
open Pendel.Diffraction

let private number (x: float) =
    if Double.IsFinite x then
        x.ToString("R", CultureInfo.InvariantCulture)
    else
        ""

let private optional (x: float option) =
    x |> Option.map number |> Option.defaultValue ""

let private flag b = if b then "1" else "0"

let private write (header: string list) (rows: string list seq) =
    Seq.append [ header ] rows
    |> Seq.map (fun fields -> String.Join(',', fields) + "\n")
    |> String.Concat

/// frames.csv: residuals, counts, thickness, orientation correction and scale of each frame.
let frames (frames: FrameResult array) =
    let degrees radians = number (radians * 180.0 / Math.PI)

    write
        [
            "frame"
            "alpha_deg"
            "rows"
            "observed"
            "wR"
            "Robs"
            "tilts"
            "thickness_A"
            "correction_x_deg"
            "correction_y_deg"
            "correction_z_deg"
            "correction_deg"
            "scale"
        ]
        (frames
         |> Seq.map (fun f ->
             [
                 string f.Id
                 number f.Alpha
                 string f.RowCount
                 string f.ObservedCount
                 optional f.WR
                 optional f.RObs
                 string f.TiltCount
                 number f.Thickness
                 degrees f.Correction.X
                 degrees f.Correction.Y
                 degrees f.Correction.Z
                 number (Corrections.magnitude f)
                 number f.Scale
             ]))

/// history.csv: the means at each step of each stage, and the residuals of held-out measurements at its end.
let history (entries: HistoryEntry array) =
    write
        [ "stage"; "cycle"; "step"; "wR_mean"; "Robs_mean"; "wR_work"; "wR_free" ]
        (entries
         |> Seq.map (fun e ->
             [
                 Stages.key e.Stage
                 string e.Cycle
                 string e.Step
                 number e.WRMean
                 optional e.RObsMean
                 e.Validation |> Option.map _.Working.WR |> optional
                 e.Validation |> Option.map _.HeldOut.WR |> optional
             ]))

/// reflections.csv: each scored row with its calculated intensity.
let reflections (rows: ReflectionResult array) =
    write
        [
            "frame"
            "h"
            "k"
            "l"
            "I_obs"
            "su"
            "I_calc"
            "weight"
            "observed"
            "Sg_invA"
            "RSg"
            "DSg_invA"
            "free"
        ]
        (rows
         |> Seq.map (fun r ->
             let observation = r.Row.Observation

             [
                 string r.FrameId
                 string observation.Hkl.H
                 string observation.Hkl.K
                 string observation.Hkl.L
                 number observation.Intensity
                 number observation.Su
                 number r.Calculated
                 number r.Weight
                 flag r.IsObserved
                 number r.Row.ExcitationError
                 number r.Row.Rsg
                 number r.Row.Dsg
                 flag r.IsFree
             ]))

/// Rows of a data set without noise: the expected counts of each.
let expectedCounts (experiment: Experiment) =
    write
        [ "frame"; "h"; "k"; "l"; "I_true" ]
        (seq {
            for f in experiment.Frames do
                for o in f.Observations ->
                    [
                        string f.Id
                        string o.Hkl.H
                        string o.Hkl.K
                        string o.Hkl.L
                        number o.Intensity
                    ]
        })
