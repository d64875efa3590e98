// Figure S3: what does one thickness for all frames cost, beside a network? See README.md.
#load "../shared/recovery.fsx"

open Pendel.Core
open Pendel.Report

let truth = Recovery.profile ThicknessProfile.Smooth (300.0, 1100.0)
let made = Recovery.synthesise 1e6 truth

let atTruth =
    Synthesis.atTruth Recovery.settings Recovery.threads Recovery.crystal made

let refine settings =
    (Refine.run Monitor.silent settings Recovery.threads Recovery.start made.Data).Final

let network = refine Recovery.settings

/// The mean of the frames' best thicknesses on a grid of 2 Å; as many epochs as the network has in all its rounds.
let single =
    refine
        { Recovery.settings with
            ThicknessModel = ThicknessChoice.Constant
            ThicknessMin = 5.0
            ThicknessMax = 2000.0
            Cycles = 1
            Epochs = Recovery.settings.Cycles * Recovery.settings.Epochs
        }

let figure =
    Figure.draw
        "One thickness for all frames and a network, synthetic quartz"
        (ThicknessCurve.panels truth [ "network", network.Frames; "one thickness", single.Frames ]
         @ [
             ThicknessCurve.residuals
                 [
                     "network", Figure.Solid, network.Frames
                     "one thickness", Figure.Solid, single.Frames
                     "at the truth", Figure.Dashed, atTruth.Frames
                 ]
         ])

Experiment.write __SOURCE_DIRECTORY__ "thickness.svg" figure

let values name (evaluation: Evaluation) =
    [
        $"{name}: thickness RMS, relative", ThicknessCurve.rms truth evaluation.Frames
        $"{name}: wR_mean", evaluation.Residuals.WRMean
        $"{name}: Robs_mean", evaluation.Residuals.RObsMean
        $"{name}: RMSD / Å", Comparison.rmsd Recovery.crystal evaluation.Crystal
    ]

Experiment.writeResult
    __SOURCE_DIRECTORY__
    [
        "wR_mean at the truth", atTruth.Residuals.WRMean
        yield! values "network" network
        yield! values "one thickness" single
        "one thickness / Å", single.Frames[0].Thickness
        "mean of the truth / Å", made.Data.Frames |> Seq.averageBy (fun f -> truth f.Alpha)
    ]
