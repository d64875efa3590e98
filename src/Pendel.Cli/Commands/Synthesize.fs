/// `pendel synthesize`: noisy data of a known structure, with the truth beside them.
module Pendel.Cli.SynthesizeCommand

open System
open System.Diagnostics
open System.IO
open Pendel.Crystallography
open Pendel.Core
open Pendel.Diffraction
open Pendel.IO
open Pendel.Report

[<Literal>]
let private Extension = ".cif_pets"

/// Most expected counts.
[<Literal>]
let private MostCounts = 1e12

/// The profile that an option names: a word or a file.
let private profile (options: Map<string, string>) =
    let words =
        [
            "smooth", ThicknessProfile.Smooth
            "constant", ThicknessProfile.Constant
            "sine", ThicknessProfile.Sine
            "bowl", ThicknessProfile.Bowl
        ]

    match options.TryFind "profile" with
    | Some path when File.Exists path ->
        let points = ThicknessTable.Read path
        ThicknessProfile.Table [| for p in points -> p.Alpha, p.Thickness |], [ path ]
    | _ -> OptionValues.choice options "profile" words, []

/// The measurement: that of a data file, or a series of frames with an orientation drawn from the seed.
let private experiment (options: Map<string, string>) seed structurePath (crystal: Crystal) =
    match options.TryFind "like" with
    | Some path ->
        for name in [ "frames"; "frame-step"; "semi-angle"; "voltage" ] do
            if options.ContainsKey name then
                raise (UsageException $"--{name} and --like exclude each other: the data set says it")

        let data = PetsReader.Read path
        let cells = CellComparison.Check(crystal.Cell, structurePath, data.Value.Cell, path)
        data.Value, [ path ], [ for w in Seq.append data.Warnings cells -> w.ToString() ]
    | None ->
        let count = OptionValues.count options "frames" 99 100000
        let isBelowRightAngle x = 0.0 < x && x < 90.0

        let semiAngle =
            OptionValues.number options "semi-angle" 1.0 "a positive number below 90" isBelowRightAngle

        let kilovolts =
            OptionValues.number options "voltage" 200.0 "a number from 1 to 10000" (fun x -> 1.0 <= x && x <= 10000.0)

        RotationSeries.create
            crystal.Cell
            (ElectronOptics.FromVoltage(1000.0 * kilovolts)).Wavelength
            (RotationSeries.randomOrientation seed)
            semiAngle
            (RotationSeries.centred count (OptionValues.positive options "frame-step" 1.0 180.0)),
        [],
        []

let private files (path: string) crystal (synthetic: Synthesis.Synthetic) truth =
    let name = Results.nameOf path

    let stem =
        if name.EndsWith Extension then
            name[.. name.Length - Extension.Length - 1]
        else
            name

    [
        ResultFile(name, PetsWriter.Write synthetic.Data)
        ResultFile($"{stem}.truth.json", truth)
        ResultFile($"{stem}.truth.cif", StructureWriter.Write(crystal, "truth", []))
        ResultFile($"{stem}.truth.csv", Tables.expectedCounts synthetic.NoiseFree)
    ]

/// Raises `OperationCanceledException` after an interruption.
let private requireRunning (terminal: Terminal) =
    if terminal.Stop.IsCancellationRequested then
        raise (OperationCanceledException "interrupted: data are written when they are complete, so there are none")

/// Synthesises data and writes them with their truth.
///
/// Raises `UsageException`, `DataException` and `NumericalException`.
let run (terminal: Terminal) arguments (options: Map<string, string>) =
    let watch = Stopwatch.StartNew()
    let structurePath = Inputs.structurePath arguments
    let settings = EffectiveSettings.ofOptions Options.synthesis options
    Inputs.refuseRefined settings
    let threads = EffectiveSettings.threads options
    let quiet, force = options.ContainsKey "quiet", options.ContainsKey "force"

    let conditions: Synthesis.Conditions =
        {
            DynamicRange = OptionValues.positive options "dynamic-range" 1e6 MostCounts
            NoiseFloor = OptionValues.positive options "noise-floor" 1.0 MostCounts
            Seed = settings.Seed
        }

    let profile, profileFiles = profile options
    let structure = StructureReader.Read structurePath

    let geometry, geometryFiles, odd =
        experiment options settings.Seed structurePath structure.Value

    let warnings =
        [
            for w in structure.Warnings do
                yield w.ToString()

            yield! odd
            yield! Inputs.beyondTheModel settings structure.Value geometry

            if not profileFiles.IsEmpty && options.ContainsKey "thickness-range" then
                yield "thickness-range has no effect with a profile from a file"
        ]

    if not quiet then
        Terminal.warn terminal warnings

    let crystal =
        Crystal(geometry.Cell, structure.Value.SpaceGroup, structure.Value.Sites)

    let synthetic, evaluation =
        Inputs.guard structurePath (fun () ->
            let angles = [| for f in geometry.Frames -> f.Alpha |]

            let thickness =
                ThicknessProfile.create profile (settings.ThicknessMin, settings.ThicknessMax) settings.Seed angles

            let made =
                Synthesis.synthesise settings threads conditions thickness crystal geometry

            requireRunning terminal
            let evaluation = Synthesis.atTruth settings threads crystal made
            requireRunning terminal
            made, evaluation)

    let record: Summary.Run =
        {
            Command = "synthesize"
            Version = Results.version
            Settings = settings
            Inputs = structurePath :: geometryFiles @ profileFiles |> List.map Inputs.file
            Threads = threads
            Warnings = warnings
            TotalSeconds = watch.Elapsed.TotalSeconds
        }

    let name = options.TryFind "profile" |> Option.defaultValue "smooth"

    let written =
        files options["out"] crystal synthetic (Truth.write record name conditions synthetic evaluation)

    Results.writeBeside options["out"] force written

    if not quiet then
        Terminal.print terminal ("at the truth:" :: Text.residuals evaluation.Residuals)
        terminal.Out.WriteLine(Results.place (Results.folderOf options["out"]) written)

    ExitCode.Done
