/// The truth beside synthetic data as JSON, schema pendel/truth/1: how they were made, and what they were made from.
module Pendel.Report.Truth

open Pendel.Core
open Pendel.Diffraction
open Pendel.Report.Json

[<Literal>]
let Schema = "pendel/truth/1"

/// The text.
///
/// - `profile`: as the command line has it
/// - `evaluation`: the data at their truth
let write (run: Summary.Run) profile (conditions: Synthesis.Conditions) (synthetic: Synthesis.Synthetic) evaluation =
    let frame (f: VirtualFrame) =
        object
            [
                "frame", integer f.Id
                "alpha_deg", number f.Alpha
                "thickness_A", number synthetic.Thickness[f.Id]
                "nAll", integer f.Observations.Length
            ]

    object
        [
            "schema", text Schema
            "version", text run.Version
            "profile", text profile
            "dynamicRange", number conditions.DynamicRange
            "noiseFloor", number conditions.NoiseFloor
            "seed", integer conditions.Seed
            "countsPerIntensity", number synthetic.CountsPerIntensity
            "residualsAtTruth", Summary.residuals evaluation
            "frames", array (Seq.map frame synthetic.Data.Frames)
            "settings", SettingsJson.node run.Settings
            "inputs", Summary.inputs run.Inputs
        ]
    |> Json.write
