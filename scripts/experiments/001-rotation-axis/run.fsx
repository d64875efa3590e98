// Does the goniometer axis lie where the data file says? See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Collections.Immutable
open System.IO
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO

let data = Experiment.dataFolder ()

/// Tilts about the laboratory's x axis instead of the goniometer axis at azimuth ω: in the ω-free axes R_z(−ω) R_x(δ) R_z(ω).
let aboutLaboratoryX (problem: Problem.Problem) (state: Problem.State) (frame: VirtualFrame) =
    let omega = Angle.Radians frame.Omega

    (Problem.tilts problem state frame)
    |> Seq.map (fun tilt -> Tilt(Matrix3.RotationZ(-omega) * tilt.Rotation * Matrix3.RotationZ omega, tilt.Weight))
    |> ImmutableArray.CreateRange

/// Mean over frames of wR_I, each frame at its best thickness.
let wRMean (problem: Problem.Problem) state tilts =
    let stage = Problem.planWith tilts problem state problem.Experiment.Frames
    let scan = ThicknessScan.scan Monitor.silent problem stage state.Structure
    scan.WR |> Map.values |> Seq.averageBy Array.min

let compare name structure frames beamGMax scoredGMax (rsg: float) =
    let crystal = (StructureReader.Read(Path.Combine(data, name, structure))).Value
    let experiment = (PetsReader.Read(Path.Combine(data, name, frames))).Value

    let settings =
        { Settings.standard with
            Selection = SelectionSettings(beamGMax, 0.01, scoredGMax, rsg, 0.0015)
            Tilts = Count 60
            ThicknessMax = 1500.0
            ThicknessDistribution = Plate
        }

    let problem, state =
        Problem.create settings Environment.ProcessorCount crystal experiment

    let right = wRMean problem state (Problem.tilts problem state)
    let wrong = wRMean problem state (aboutLaboratoryX problem state)

    [ $"{name}, axis at omega", right; $"{name}, about x", wrong ]

// wR_mean, each frame at its best thickness
Experiment.writeResult
    __SOURCE_DIRECTORY__
    (compare "glycine" "alpha_glycine.cif" "glycine_dyn.cif_pets" 1.6 1.4 0.66
     @ compare "lta" "lta.cif" "lta.cif_pets" 1.2 1.0 0.66)
