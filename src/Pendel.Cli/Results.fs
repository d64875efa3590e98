/// Results → files of the output folder.
module Pendel.Cli.Results

open System
open System.Globalization
open System.IO
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

/// Tables of a data set.
///
/// - `number`: what follows their names
let private tables number (evaluation: Evaluation) =
    [
        ResultFile($"frames{number}.csv", Tables.frames evaluation.Frames)
        ResultFile($"reflections{number}.csv", Tables.reflections evaluation.Reflections)
    ]

let private common (run: Summary.Run) summary =
    [
        ResultFile("summary.json", summary)
        ResultFile("settings.json", SettingsJson.write run.Settings)
    ]

/// Files of a simulation.
let ofSimulation run evaluation =
    common run (Summary.write run evaluation None) @ tables "" evaluation

/// Files of a refinement; those of each data set are numbered from 1 where there are several.
let ofRefinement (run: Summary.Run) (data: (string * Experiment) list) (outcomes: Outcomes) =
    let first = outcomes.Each[0]
    let evaluations = [ for o in outcomes.Each -> o.Final ]

    let uncertainties = first.Uncertainties |> Option.toObj

    let items =
        RefinedCif.items run.Version run.Settings (List.zip (List.map snd data) evaluations) outcomes.Final
        @ RefinedCif.uncertainties first
        |> List.map (fun (name, value) -> ExtraItem(name, Option.toObj value))

    [
        ResultFile(
            "refined.cif",
            StructureWriter.Write(first.Final.Crystal, "refined", items, first.Final.Riding, uncertainties)
        )
        ResultFile("history.csv", Tables.history first.History)
        match evaluations with
        | [ one ] ->
            yield! common run (Summary.write run one (Some first))
            yield! tables "" one
        | several ->
            yield! common run (Summary.writeSeveral run data outcomes)
            yield! several |> List.mapi (fun i one -> tables $"-{i + 1}" one) |> List.concat
    ]

/// Writes the files, all or none.
let write folder force (files: ResultFile list) =
    ResultFolder.Write(folder, ResizeArray files, force)

/// The first path beside a folder that nothing has: DIR-1, DIR-2 …
let private freeSibling (folder: string) =
    let whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath folder)

    Seq.initInfinite (fun i -> $"{whole}-{i + 1}")
    |> Seq.find (fun path -> not (Path.Exists path))

let private refuges folder =
    let instant =
        DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)

    let name = $"pendel-results-{instant}-{Environment.ProcessId}"

    [
        fun () -> freeSibling folder
        fun () -> Path.GetFullPath name
        fun () -> Path.Combine(Path.GetTempPath(), name)
    ]

/// Writes the files of a finished run, whatever has become of its folder since it was claimed: where they cannot go there
/// they go beside it, into the current folder or into the temporary one, and an error line says so.
///
/// The folder that has them, None if there is no place.
let keep (terminal: Terminal) folder force (files: ResultFile list) =
    let tryWrite force path =
        try
            write path force files
            Ok path
        with :? DataException as e ->
            Error e.Message

    /// Finding a place fails, too, where the current folder is gone.
    let tryRefuge (refuge: unit -> string) =
        try
            tryWrite false (refuge ()) |> Result.toOption
        with :? IOException ->
            None

    match tryWrite force folder with
    | Ok path -> Some path
    | Error reason ->
        let kept = refuges folder |> List.tryPick tryRefuge

        let fate =
            match kept with
            | Some path -> $"the results are in {path}"
            | None -> "there is no other place for the results"

        terminal.Error.WriteLine $"error: {reason}; {fate}"
        kept

/// The folder of a file to be written.
let folderOf (path: string) =
    match Path.GetDirectoryName(Path.GetFullPath path) with
    | null -> path
    | parent -> parent

/// The name of a file to be written, without its folder.
let nameOf (path: string) =
    match Path.GetFileName path with
    | null
    | ""
    | "."
    | ".." -> raise (DataException(path, "found a folder, expected a file to be written"))
    | name -> name

/// Refuses to replace files in the folder of a path unasked.
///
/// Raises `DataException` if one exists that may not be replaced.
let refuseExisting (path: string) force (files: ResultFile list) =
    for file in files do
        let target = Path.Combine(folderOf path, file.Name)

        if File.Exists target && not force then
            raise (DataException(target, "the file exists; choose another name, or --force to replace it"))

/// Writes files into the folder of a path, all or none.
///
/// Raises `DataException` if one exists that may not be replaced.
let writeBeside (path: string) force (files: ResultFile list) =
    refuseExisting path force files
    ResultFolder.Write(folderOf path, ResizeArray files, true)

/// Where the files are.
let place (folder: string) (files: ResultFile list) =
    let names = files |> List.map _.Name |> String.concat ", "
    $"written to {folder}: {names}"
