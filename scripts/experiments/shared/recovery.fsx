// How well a refinement recovers the thickness curve that its data were synthesised with: numbers and a figure.
#load "../../load.fsx"
#load "experiment.fsx"
#load "figure.fsx"

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

/// A sine between 300 and 900 Å.
let private sine =
    ThicknessProfile.create ThicknessProfile.Sine (300.0, 900.0) 0 [| for f in geometry.Frames -> f.Alpha |]

let private settings =
    { Settings.standard with
        Orientation = Fixed
        Cycles = 3
        Epochs = 40
        ThicknessDistribution = Plate
    }

/// Correlation coefficient of two lists.
let correlation (a: float array) (b: float array) =
    let a, b =
        Array.map (fun x -> x - Array.average a) a, Array.map (fun x -> x - Array.average b) b

    let dot = Array.map2 (*) >> fun f x -> Array.sum (f x)
    dot a b / sqrt (dot a a * dot b b)

let private figure title (frames: FrameResult array) =
    let truth = frames |> Array.map (fun f -> f.Alpha, sine f.Alpha)
    let found = frames |> Array.map (fun f -> f.Alpha, f.Thickness)

    let error =
        Array.map2 (fun (alpha, t) (_, r) -> alpha, 100.0 * (r / t - 1.0)) truth found

    let panel y series : Figure.Panel =
        {
            X = Figure.axis "goniometer angle α / °"
            Y = Figure.axis y
            Series = series
        }

    Figure.draw
        title
        [
            panel
                "apparent thickness / Å"
                [
                    Figure.series "refined" Figure.Solid found
                    Figure.series "truth" Figure.Dashed truth
                ]
            panel
                "refined − truth / % of truth"
                [
                    Figure.series "refined" Figure.Solid error
                    Figure.series "truth" Figure.Dashed (truth |> Array.map (fun (alpha, _) -> alpha, 0.0))
                ]
        ]

/// A refinement and the numbers that it is judged by.
type Recovery =
    {
        Outcome: Outcome
        Values: (string * float) list
    }

/// Synthesises at a dynamic range, displaces every site by up to 0.1 Å along each axis and refines with changed settings.
let recover change dynamicRange =
    let threads = Environment.ProcessorCount

    let conditions: Synthesis.Conditions =
        {
            DynamicRange = dynamicRange
            NoiseFloor = 1.0
            Seed = 0
        }

    let made = Synthesis.synthesise settings threads conditions sine crystal geometry
    let atTruth = Synthesis.atTruth settings threads crystal made
    let start = Synthesis.displace 0 0.1 crystal
    let outcome = Refine.run Monitor.silent (change settings) threads start made.Data
    let frames = outcome.Final.Frames
    let thickness = frames |> Array.map _.Thickness
    let expected = frames |> Array.map (fun f -> sine f.Alpha)

    let rms =
        Array.map2 (fun t e -> (t / e - 1.0) ** 2.0) thickness expected
        |> Array.average
        |> sqrt

    {
        Outcome = outcome
        Values =
            [
                "thickness correlation", correlation thickness expected
                "thickness RMS, relative", rms
                "wR_mean", outcome.Final.Residuals.WRMean
                "wR_mean at the truth", atTruth.Residuals.WRMean
                "RMSD / Å", Comparison.rmsd crystal outcome.Final.Crystal
            ]
    }

/// Recovers at a dynamic range; writes figure and result.
let run scriptFolder title dynamicRange =
    let recovery = recover id dynamicRange
    Experiment.write scriptFolder "thickness.svg" (figure title recovery.Outcome.Final.Frames)
    Experiment.writeResult scriptFolder recovery.Values
