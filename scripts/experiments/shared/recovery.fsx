/// How well a refinement recovers the thickness curve that its data were synthesised with: numbers and a figure.
module Recovery

#load "../../load.fsx"
#load "experiment.fsx"
#load "figure.fsx"

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO
open Pendel.Report

/// α-quartz on a goniometer that turns from −49° to 49°: 50 adjoining frames of 2°, 200 kV.
let crystal =
    (StructureReader.Read(Experiment.inRepository "src/Pendel.Cli/Demo/quartz.cif")).Value

let private geometry =
    Experiment(
        crystal.Cell,
        0.025079,
        Matrix3.Rotation(Vector3(0.7, -0.4, 1.1)) * crystal.Cell.Reciprocal,
        CollectionGeometry.Rotation,
        Nullable(),
        Nullable(),
        [
            for i in 0..49 -> VirtualFrame(i + 1, float (2 * i - 49), 0.0, 0.0, 1.0, 1.0, ImmutableArray.Empty)
        ]
            .ToImmutableArray()
    )

/// A sine between 300 and 900 Å.
let sine alpha =
    600.0 + 300.0 * sin (Math.PI * alpha / 49.0)

let private settings =
    { Settings.standard with
        Orientation = Fixed
        Cycles = 3
        LearningRate = 0.1
        NetworkLearningRate = 2e-4
        Epochs = 40
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

/// Synthesises at a dynamic range, displaces every site by up to 0.1 Å along each axis, refines, writes figure and result.
let run scriptFolder title dynamicRange =
    let threads = Environment.ProcessorCount
    let data = Synthesis.run settings threads 0 dynamicRange sine crystal geometry
    let start = Synthesis.displace 0 0.1 crystal
    let outcome = Refine.run Monitor.silent settings threads start data
    let problem, initial = Problem.create settings threads crystal data

    let truth =
        { initial with
            Thickness = Map.ofSeq [ for f in data.Frames -> f.Id, sine f.Alpha ]
        }

    let atTruth = Evaluate.at problem (Problem.plan problem truth data.Frames) truth

    let frames = outcome.Final.Frames
    let thickness = frames |> Array.map _.Thickness
    let expected = frames |> Array.map (fun f -> sine f.Alpha)

    let rms =
        Array.map2 (fun t e -> (t / e - 1.0) ** 2.0) thickness expected
        |> Array.average
        |> sqrt

    Experiment.write scriptFolder "thickness.svg" (figure title frames)

    Experiment.writeResult
        scriptFolder
        [
            "thickness correlation", correlation thickness expected
            "thickness RMS, relative", rms
            "wR_mean", outcome.Final.Residuals.WRMean
            "wR_mean at the truth", atTruth.Residuals.WRMean
            "RMSD / Å", Comparison.rmsd crystal outcome.Final.Crystal
        ]
