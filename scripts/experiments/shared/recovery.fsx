// How well a refinement recovers the thickness curve that its data were synthesised with: numbers and a figure.
#load "../../load.fsx"
#load "experiment.fsx"
#load "figure.fsx"
#load "thicknessCurve.fsx"

open System
open Pendel.Crystallography
open Pendel.Core
open Pendel.IO
open Pendel.Report

/// α-quartz on a goniometer that turns from −49° to 49°: 50 adjoining frames of 2°, 200 kV.
let crystal =
    (StructureReader.Read(Experiment.inRepository "src/Pendel.Cli/Demo/quartz.cif")).Value

let private geometry =
    RotationSeries.create
        crystal.Cell
        0.025079
        (Matrix3.Rotation(Vector3(0.7, -0.4, 1.1)))
        1.0
        (RotationSeries.centred 50 2.0)

/// A thickness profile over the frames' angles, seed 0.
let profile kind range =
    ThicknessProfile.create kind range 0 [| for f in geometry.Frames -> f.Alpha |]

/// Orientations as they are, one thickness within a frame.
let settings =
    { Settings.standard with
        Orientation = Fixed
        Cycles = 3
        Epochs = 40
        ThicknessDistribution = Plate
    }

let threads = Environment.ProcessorCount

/// Noisy data of a thickness profile, seed 0.
let synthesise dynamicRange profile =
    let conditions: Synthesis.Conditions =
        {
            DynamicRange = dynamicRange
            NoiseFloor = 1.0
            Seed = 0
        }

    Synthesis.synthesise settings threads conditions profile crystal geometry

/// Every site displaced by up to 0.1 Å along each axis.
let start = Synthesis.displace 0 0.1 crystal

/// A refinement and the numbers that it is judged by.
type Recovery =
    {
        Outcome: Outcome
        Values: (string * float) list
    }

/// A sine between 300 and 900 Å.
let private sine = profile ThicknessProfile.Sine (300.0, 900.0)

/// Synthesises the sine at a dynamic range and refines with changed settings.
let recover change dynamicRange =
    let made = synthesise dynamicRange sine
    let atTruth = Synthesis.atTruth settings threads crystal made
    let outcome = Refine.run Monitor.silent (change settings) threads start made.Data
    let frames = outcome.Final.Frames

    {
        Outcome = outcome
        Values =
            [
                "thickness correlation", ThicknessCurve.correlationWith sine frames
                "thickness RMS, relative", ThicknessCurve.rms sine frames
                "wR_mean", outcome.Final.Residuals.WRMean
                "wR_mean at the truth", atTruth.Residuals.WRMean
                "RMSD / Å", Comparison.rmsd crystal outcome.Final.Crystal
            ]
    }

/// Recovers the sine at a dynamic range; writes figure and result.
let run scriptFolder title dynamicRange =
    let recovery = recover id dynamicRange

    ThicknessCurve.panels sine [ ("refined", recovery.Outcome.Final.Frames) ]
    |> Figure.draw title
    |> Experiment.write scriptFolder "thickness.svg"

    Experiment.writeResult scriptFolder recovery.Values
