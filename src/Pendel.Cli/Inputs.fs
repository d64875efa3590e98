/// The files that a run is given.
module Pendel.Cli.Inputs

open System
open Pendel.Crystallography
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO
open Pendel.Report

/// A structure with its data.
type Inputs =
    {
        Crystal: Crystal
        Experiment: Experiment
        /// What is odd about them.
        Warnings: string list
        Files: Summary.Input list
        /// Their names, for messages.
        Name: string
    }

/// The one structure and the one data set of a command line.
let paths files =
    match files with
    | [ structure; data ] -> structure, data
    | _ :: _ :: _ -> raise (UsageException $"found {files.Length - 1} data sets, expected one: one data set for now")
    | _ -> raise (UsageException "a structure (.cif) and a data set (.cif_pets) are expected")

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

/// Reads and compares a structure and a data set.
///
/// Raises `DataException` for a file that is wrong, or if their cells differ by more than 5 %.
let read settings (structurePath: string) (dataPath: string) =
    let structure = StructureReader.Read structurePath
    let data = PetsReader.Read dataPath

    let comparison =
        CellComparison.Check(structure.Value.Cell, structurePath, data.Value.Cell, dataPath)

    {
        Crystal = structure.Value
        Experiment = data.Value
        Warnings =
            [
                for w in Seq.concat [ structure.Warnings; data.Warnings; comparison ] do
                    w.ToString()

                yield! beyondTheModel settings structure.Value data.Value
                yield! IdleSettings.ofStages settings
                yield! ridingHydrogens settings structure.Value data.Value
            ]
        Files = [ file structurePath; file dataPath ]
        Name = $"{structurePath} with {dataPath}"
    }

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
