// What the inspecting scripts look at: α-quartz and five frames of a synthetic measurement.
#load "../load.fsx"

open Pendel.Crystallography
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO

let crystal =
    (StructureReader.Read(__SOURCE_DIRECTORY__ + "/../../src/Pendel.Cli/Demo/quartz.cif")).Value

/// Few beams, few tilts: seconds, not minutes.
let settings =
    { Settings.standard with
        Selection = SelectionSettings(BeamGMax = 1.4, SgMax = 0.01, ScoredGMax = 1.4, Rsg = 0.9, Dsg = 0.0015)
        Tilts = Count 40
        ThicknessMin = 200.0
        ThicknessMax = 800.0
        Orientation = Fixed
        ThicknessDistribution = Plate
    }

/// Five frames of ±1°, 200 kV.
let geometry =
    RotationSeries.create
        crystal.Cell
        0.025079
        (Matrix3.Rotation(Vector3(0.7, -0.4, 1.1)))
        1.0
        (RotationSeries.centred 5 10.0)

let thickness alpha = 500.0 + 5.0 * alpha

let data = Synthesis.run settings 2 0 1e6 thickness crystal geometry

/// The problem of refining a structure against the data, in the state of the true thickness.
let problemOf structure =
    let problem, initial = Problem.create settings 2 structure data

    problem,
    { initial with
        Thickness = Map.ofSeq [ for f in data.Frames -> f.Id, thickness f.Alpha ]
    }
