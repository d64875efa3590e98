/// The files that a run is given.
module Pendel.Cli.Inputs

open System
open System.Collections.Generic
open Pendel.Crystallography
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO
open Pendel.Report

/// A structure with its data.
type Inputs =
    {
        Crystal: Crystal
        /// At least one.
        Experiments: Experiment list
        /// Their files.
        DataPaths: string list
        /// What is odd about them.
        Warnings: string list
        Files: Summary.Input list
        /// Their names, for messages.
        Name: string
    }

    /// The first data set, or the only one.
    member inputs.Experiment = inputs.Experiments.Head

/// The one structure and the data sets of a command line.
let pathsOfSeveral files =
    match files with
    | structure :: (_ :: _ as data) -> structure, data
    | _ -> raise (UsageException "a structure (.cif) and a data set (.cif_pets) are expected")

/// The one structure and the one data set of a command line.
let paths files =
    match pathsOfSeveral files with
    | structure, [ data ] -> structure, data
    | _, data -> raise (UsageException $"found {data.Length} data sets, expected one: only pendel refine takes several")

/// Sites whose B lies beyond the table of absorptive factors.
let private beyondAbsorption (crystal: Crystal) (experiment: Experiment) =
    [
        for site in crystal.Sites do
            let factor =
                AbsorptiveFactors.For(site.Element, ElectronOptics.FromWavelength experiment.Wavelength)

            let u = site.Adp.ToCartesian crystal.Cell
            let b = 8.0 * Math.PI ** 2.0 * (u.T11 + u.T22 + u.T33) / 3.0

            if b < factor.LowestB || b > factor.HighestB then
                FormattableString.Invariant
                    $"{site.Label} has B = {b:F2} Å²; its absorption is that of the nearest tabulated B, {factor.LowestB} to {factor.HighestB} Å²"
    ]

/// The one structure of a command line.
let structurePath files =
    match files with
    | [ structure ] -> structure
    | _ -> raise (UsageException $"files: found {List.length files}, expected one structure (.cif)")

/// A file with its fingerprint.
let file path : Summary.Input =
    {
        Path = path
        Sha256 = FileHash.Sha256 path
    }

/// What the model does not do as the files say.
let beyondTheModel (settings: Settings) (crystal: Crystal) (experiment: Experiment) =
    [
        let evidence = GeometryEvidence.Of experiment

        if settings.Geometry.IsNone && evidence.Contradicts experiment.Geometry then
            $"the header says {Text.geometry experiment.Geometry}, the data {Text.geometry evidence.Geometry}, which is what they are taken for: {evidence.Reason}"

        for site in crystal.Sites do
            if
                not (ScatteringFactors.Has(settings.ScatteringFactors, site.Element, site.Charge))
                && site.Charge <> 0
            then
                $"{site.Label} has the charge {site.Charge}; the scattering factors in use are those of the neutral atom"

        if settings.Absorption = Absorption.ThermalDiffuse then
            yield! beyondAbsorption crystal experiment

        yield! IdleSettings.ofModel (settings.Geometry |> Option.defaultValue evidence.Geometry) settings
    ]

/// Riding hydrogens that there are not, or that have nothing to ride on.
let private ridingHydrogens (settings: Settings) (crystal: Crystal) (experiment: Experiment) =
    let inDataCell = Crystal(experiment.Cell, crystal.SpaceGroup, crystal.Sites)

    [
        if settings.Hydrogens = RidingHydrogens then
            if not (Riding.hasHydrogen crystal) then
                "hydrogens has no effect without hydrogen"

            for label in Riding.orphans inDataCell do
                FormattableString.Invariant
                    $"{label} has no atom within {Riding.LongestBond} Å to ride on; it is refined freely"
    ]

/// Refuses widths of the mosaic blocks that are to be refined where nothing is.
///
/// Raises `UsageException`.
let refuseRefined (settings: Settings) =
    if MosaicityStage.count settings > 0 then
        raise (UsageException "mosaicity and mosaicity-along: refine is for pendel refine and pendel absolute")

/// Refuses a data set most of whose measurements another one has, too: they would count twice.
///
/// Raises `DataException` naming both files.
let private refuseRepeated (data: (string * Experiment) list) =
    let measurements =
        data
        |> List.map (fun (path, e) -> path, HashSet(e.Frames |> Seq.collect _.Observations))

    for i, (path, own) in List.indexed measurements do
        for earlier, other in List.truncate i measurements do
            let common = own |> Seq.filter other.Contains |> Seq.length

            if 2 * common > min own.Count other.Count then
                raise (
                    DataException(
                        path,
                        $"{common} of its {own.Count} measurements are those of {earlier}, with the same I and σ; give each one once"
                    )
                )

/// Warnings about each data set: what holds of all is said once, the rest with the file.
let private ofEach (warnings: (string * string list) list) =
    let areCommon warning =
        warnings |> List.forall (fun (_, own) -> List.contains warning own)

    [
        yield! warnings |> List.head |> snd |> List.filter areCommon
        for path, own in warnings do
            for warning in own do
                if not (areCommon warning) then
                    $"{path}: {warning}"
    ]

/// Reads and compares a structure and data sets.
///
/// Raises `DataException` for a file that is wrong, if cells differ by more than 5 % from that of the first data set, or if a data
/// set is given twice.
let readSeveral settings (structurePath: string) (dataPaths: string list) =
    let structure = StructureReader.Read structurePath
    let data = dataPaths |> List.map (fun path -> path, PetsReader.Read path)
    let files = dataPaths |> List.map file
    data |> List.map (fun (path, d) -> path, d.Value) |> refuseRepeated
    let first = (snd data.Head).Value

    /// Of a cell with that of the first data set.
    let compare cell path =
        CellComparison.Check(cell, path, first.Cell, dataPaths.Head)

    let diagnostics =
        [
            structure.Warnings

            for _, d in data do
                d.Warnings

            compare structure.Value.Cell structurePath

            for path, d in data.Tail do
                compare d.Value.Cell path
        ]

    {
        Crystal = structure.Value
        Experiments = data |> List.map (fun (_, d) -> d.Value)
        DataPaths = dataPaths
        Warnings =
            [
                for w in Seq.concat diagnostics do
                    w.ToString()

                yield!
                    ofEach
                        [
                            for path, d in data ->
                                path, beyondTheModel settings structure.Value (d.Value.WithCell first.Cell)
                        ]
                yield! IdleSettings.ofStages settings
                yield! ridingHydrogens settings structure.Value first
            ]
        Files = file structurePath :: files
        Name = $"{structurePath} with " + String.Join(", ", dataPaths)
    }

/// Reads and compares a structure and a data set.
///
/// Raises `DataException` as `readSeveral`.
let read settings structurePath dataPath =
    readSeveral settings structurePath [ dataPath ]

/// The exception behind one that comes from parallel work.
let cause (error: exn) =
    match error with
    | :? AggregateException as e -> e.Flatten().InnerExceptions[0]
    | _ -> error

/// Runs a computation on files; what it refuses to work with is their fault. More special exceptions are bugs.
///
/// Raises `DataException` naming the files in place of `ArgumentException`.
let guard (files: string) (compute: unit -> 'T) : 'T =
    try
        compute ()
    with e when (cause e).GetType() = typeof<ArgumentException> ->
        let refusal = cause e :?> ArgumentException
        let message = refusal.Message.Replace($" (Parameter '{refusal.ParamName}')", "")
        raise (DataException(files, message))

/// The circumstances of a run on inputs.
let record command settings threads (inputs: Inputs) seconds : Summary.Run =
    {
        Command = command
        Version = Results.version
        Settings = settings
        Inputs = inputs.Files
        Threads = threads
        Warnings = inputs.Warnings
        TotalSeconds = seconds
    }
