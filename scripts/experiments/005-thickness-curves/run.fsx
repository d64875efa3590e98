// Figures S4 to S6: the thickness curves of three samples, from displaced structures. See README.md.
#load "../shared/experiment.fsx"
#load "../shared/samples.fsx"
#load "../shared/thicknessCurve.fsx"

open System.Diagnostics
open Pendel.Core
open Pendel.Report

let seed = 0

/// Å along each axis.
let displacement = 0.2

let folder, chosen =
    match fsi.CommandLineArgs |> Array.toList |> List.tail with
    | [ folder ] -> folder, Samples.all
    | [ folder; name ] when Samples.all |> List.exists (fun s -> s.Name = name) ->
        folder, Samples.all |> List.filter (fun s -> s.Name = name)
    | _ ->
        let names = Samples.all |> List.map _.Name |> String.concat "|"
        eprintfn $"usage: dotnet fsi run.fsx DATA-FOLDER [{names}]"
        exit 1

/// Synthesises, refines from a displaced structure, writes the figure; returns the numbers.
let recover (sample: Samples.Sample) =
    let case = Samples.load folder sample
    let settings = Samples.settings case ThicknessChoice.Network seed
    let truth = Samples.thickness case seed
    let made = Samples.synthesise case seed
    let atTruth = Synthesis.atTruth settings Samples.threads case.Truth made
    let start = Synthesis.displace seed displacement case.Truth
    let watch = Stopwatch.StartNew()

    let final =
        (Refine.run Monitor.silent settings Samples.threads start made.Data).Final

    printfn $"{sample.Name}: refined in %.0f{watch.Elapsed.TotalSeconds} s"

    let residuals =
        ThicknessCurve.residuals
            [
                "refined", Figure.Solid, final.Frames
                "at the truth", Figure.Dashed, atTruth.Frames
            ]

    ThicknessCurve.panels truth [ ("refined", final.Frames) ] @ [ residuals ]
    |> Figure.draw $"Thickness of {sample.Name}, synthetic data in the measured geometry"
    |> Experiment.write __SOURCE_DIRECTORY__ $"{sample.Name}.svg"

    [
        $"{sample.Name}: thickness correlation", ThicknessCurve.correlationWith truth final.Frames
        $"{sample.Name}: thickness RMS, relative", ThicknessCurve.rms truth final.Frames
        $"{sample.Name}: wR_mean", final.Residuals.WRMean
        $"{sample.Name}: wR_mean at the truth", atTruth.Residuals.WRMean
        $"{sample.Name}: RMSD / Å", Comparison.rmsd case.Truth final.Crystal
    ]

chosen |> List.collect recover |> Experiment.writeResult __SOURCE_DIRECTORY__
