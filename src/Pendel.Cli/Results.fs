/// Results → files of the output folder.
module Pendel.Cli.Results

open System.Reflection
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO
open Pendel.Report

/// Version of the program, with the commit that it was built from.
let version =
    match typeof<UsageException>.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>() with
    | null -> "unknown"
    | attribute -> attribute.InformationalVersion

let private common run (evaluation: Evaluation) outcome =
    [
        ResultFile("summary.json", Summary.write run evaluation outcome)
        ResultFile("settings.json", SettingsJson.write run.Settings)
        ResultFile("frames.csv", Tables.frames evaluation.Frames)
        ResultFile("reflections.csv", Tables.reflections evaluation.Reflections)
    ]

/// Files of a simulation.
let ofSimulation run evaluation = common run evaluation None

/// Files of a refinement.
let ofRefinement (run: Summary.Run) (experiment: Experiment) (outcome: Outcome) =
    let items =
        RefinedCif.items run.Version run.Settings experiment outcome.Final
        |> List.map (fun (name, value) -> ExtraItem(name, Option.toObj value))

    ResultFile("refined.cif", StructureWriter.Write(outcome.Final.Crystal, "refined", items))
    :: ResultFile("history.csv", Tables.history outcome.History)
    :: common run outcome.Final (Some outcome)

/// Writes the files, all or none.
let write folder force (files: ResultFile list) =
    ResultFolder.Write(folder, ResizeArray files, force)

/// Where the files are.
let place (folder: string) (files: ResultFile list) =
    let names = files |> List.map _.Name |> String.concat ", "
    $"written to {folder}: {names}"
