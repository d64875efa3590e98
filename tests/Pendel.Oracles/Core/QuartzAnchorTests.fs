/// An anchor, not a truth: it moves only when the physics, the selection or the residuals do. A change that means to move it
/// records the new numbers, and says why.
module Pendel.Oracles.Core.QuartzAnchorTests

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Xunit
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tests.SharedData

let private settings =
    { Settings.standard with
        Selection = SelectionSettings(2.0, 0.01, 2.0, 0.9, 0.0015)
        Tilts = Count 42
        Mosaicity = Degrees 0.05
        Precision = Double
        ThicknessDistribution = Plate
    }

/// Five frames of quartz at 850 Å, in the orientations of the file.
let private evaluate () =
    let crystal = (StructureReader.Read(path "data/quartz/quartz.cif")).Value
    let experiment = (PetsReader.Read(path "data/quartz/quartz.cif_pets")).Value
    let problem, state = Problem.create settings 2 crystal experiment
    let frames = [ 14; 28; 50; 65; 86 ]

    let chosen =
        experiment.Frames
        |> Seq.filter (fun f -> List.contains f.Id frames)
        |> ImmutableArray.CreateRange

    let state =
        { state with
            Thickness = frames |> List.map (fun id -> id, 850.0) |> Map.ofList
        }

    Evaluate.at problem (Problem.plan problem state chosen) state

[<SharedFact("data/quartz/quartz.cif", "data/quartz/quartz.cif_pets")>]
let ``residuals of five quartz frames are those recorded`` () =
    let recorded =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Core", "quartz-anchor.json"))

    let evaluation = evaluate ()

    let found =
        [
            for f in evaluation.Frames do
                $"frame {f.Id} rows", float f.RowCount
                $"frame {f.Id} wR", f.WR.Value
                $"frame {f.Id} R_obs", f.RObs.Value
                $"frame {f.Id} scale", f.Scale
            "wRF_all", evaluation.Residuals.Pooled.WRFAll
            "RF_obs", evaluation.Residuals.Pooled.RFObs
            "RF_all", evaluation.Residuals.Pooled.RFAll
        ]

    let values = (JsonDocument.Parse recorded).RootElement.GetProperty "values"

    let moved =
        [
            for name, value in found do
                let expected =
                    match values.TryGetProperty name with
                    | true, v -> v.GetDouble()
                    | _ -> nan

                if not (abs (value / expected - 1.0) < 1e-6) then
                    $"\"{name}\": {value:R}"
        ]

    let text = String.Join(",\n", moved)
    Assert.True(moved.IsEmpty, $"moved:\n{text}")
    Assert.Equal(found.Length, Seq.length (values.EnumerateObject()))
