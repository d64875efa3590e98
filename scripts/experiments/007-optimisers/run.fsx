// Figure S7: Adam against L-BFGS, by epochs and by seconds, from the same start. See README.md.
#load "../shared/recovery.fsx"

open System.Diagnostics
open Pendel.Core
open Pendel.Report

let epochs = 200

/// The residual whose epoch and time are reported.
let goal = 0.02

let truth = Recovery.profile ThicknessProfile.Smooth (300.0, 1100.0)
let made = Recovery.synthesise 1e6 truth

/// One joint refinement; L-BFGS takes the learning rates as its units.
let settings =
    { Recovery.settings with
        Cycles = 1
        Epochs = epochs
    }

let adam =
    { settings with
        LearningRate = 0.1
        NetworkLearningRate = 2e-4
    }

let lbfgs =
    { settings with
        Optimiser = OptimiserChoice.Lbfgs
        LearningRate = 1.0
        NetworkLearningRate = 0.1
    }

/// One evaluation of loss and gradient.
type Epoch =
    {
        /// Since the joint refinement began.
        Seconds: float
        WR: float
    }

/// Refines, and records every epoch of the joint refinement.
let refine settings =
    let watch = Stopwatch()
    let epochs = ResizeArray()

    let report =
        function
        | Started(JointRefinement, _) -> watch.Start()
        | Advanced(JointRefinement, _, Some wR) ->
            epochs.Add
                {
                    Seconds = watch.Elapsed.TotalSeconds
                    WR = wR
                }
        | _ -> ()

    let outcome =
        Refine.run { Monitor.silent with Report = report } settings Recovery.threads Recovery.start made.Data

    outcome.Final, epochs.ToArray()

// the first run of a process pays for compiling
refine { adam with Epochs = 5 } |> ignore

let runs = [ "Adam", refine adam; "L-BFGS", refine lbfgs ]

let floor =
    (Synthesis.atTruth settings Recovery.threads Recovery.crystal made).Residuals.WRMean

/// wR_mean of each epoch, with the noise floor dashed.
let panel title (place: int -> Epoch -> float) : Figure.Panel =
    let curves =
        [
            for name, (_, epochs) in runs -> name, epochs |> Array.mapi (fun i e -> place i e, 100.0 * e.WR)
        ]

    let last = curves |> Seq.collect snd |> Seq.map fst |> Seq.max

    {
        X = Figure.axis title
        Y = Figure.logarithmic "wR_mean / %"
        Series =
            [
                for name, points in curves do
                    yield Figure.series name Figure.Solid points

                yield Figure.series "at the truth" Figure.Dashed [ 0.0, 100.0 * floor; last, 100.0 * floor ]
            ]
    }

[
    panel "epoch (evaluation of loss and gradient)" (fun i _ -> float i)
    panel "time of the joint refinement / s" (fun _ e -> e.Seconds)
]
|> Figure.draw "Adam and L-BFGS, synthetic quartz"
|> Experiment.write __SOURCE_DIRECTORY__ "optimisers.svg"

Experiment.writeResult
    __SOURCE_DIRECTORY__
    [
        "wR_mean at the truth", floor
        for name, (final, epochs) in runs do
            $"{name}: wR_mean", final.Residuals.WRMean
            $"{name}: RMSD / Å", Comparison.rmsd Recovery.crystal final.Crystal
            $"{name}: thickness RMS, relative", ThicknessCurve.rms truth final.Frames
            $"{name}: seconds", (Array.last epochs).Seconds

            match epochs |> Array.tryFindIndex (fun e -> e.WR <= goal) with
            | Some i ->
                $"{name}: epochs to wR_mean {goal}", float i
                $"{name}: seconds to wR_mean {goal}", epochs[i].Seconds
            | None -> ()
    ]
