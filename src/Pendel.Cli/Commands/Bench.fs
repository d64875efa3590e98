/// `pendel bench`: how close to the machine's limit each part runs.
module Pendel.Cli.BenchCommand

open System
open System.IO
open System.Text.Json.Nodes
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO
open Pendel.Cli.Timing
open Pendel.Cli.DataBench

let private case name structure data settings frame thickness =
    {
        Name = name
        Structure = structure
        Data = data
        Settings =
            { settings with
                Mosaicity = Degrees 0.0
            }
        Frame = frame
        Thickness = thickness
    }

let private files folder name =
    Path.Combine(folder, name, $"{name}.cif"), Path.Combine(folder, name, $"{name}.cif_pets")

/// Frame 11 of CsPbBr3 as diffBloch computes it, elastic and with absorption.
let private cspbbr3 folder =
    let structure, data = files folder "cspbbr3"

    let settings =
        { Settings.standard with
            Selection = SelectionSettings(2.3, 0.02, 2.3, 0.66, 0.0015)
            Tilts = Count 60
            ThicknessDistribution = Plate
        }

    let frame name settings =
        case $"cspbbr3-frame11-{name}" structure data settings (Some 11) 460.0

    frame "elastic" settings,
    frame
        "absorption"
        { settings with
            Absorption = Absorption.ThermalDiffuse
        }

/// An epoch of quartz as diffBloch computes it.
let private quartz folder =
    let structure, data = files folder "quartz"

    let settings =
        { Settings.standard with
            Tilts = Count 42
            ThicknessDistribution = Plate
        }

    case "quartz-epoch" structure data settings None 850.0

/// What the folder has, in groups of entries; what it lacks, in words.
let private known threads folder : Choice<Entry list, string> seq =
    let elastic, absorptive = cspbbr3 folder
    let quartz = quartz folder

    let timed (case: Case) compute =
        match List.tryFind (File.Exists >> not) [ case.Structure; case.Data ] with
        | Some absent -> Choice2Of2 $"{case.Name}: skipped, there is no {absent}"
        | None -> Choice1Of2(compute threads case)

    seq {
        timed elastic DataBench.entries
        timed elastic DataBench.manyThicknesses
        timed absorptive DataBench.entries
        timed quartz DataBench.entries
    }

let private json (entry: Entry) =
    let line = JsonObject()
    line.Add("name", JsonValue.Create entry.Name)
    line.Add("seconds", JsonValue.Create(median entry.Times))
    line.Add("least", JsonValue.Create(Array.min entry.Times))
    line.Add("most", JsonValue.Create(Array.max entry.Times))
    line.Add("repeats", JsonValue.Create entry.Times.Length)

    for name, value in entry.Found do
        line.Add(name, JsonValue.Create value)

    line.ToJsonString()

let private invariant (text: FormattableString) = FormattableString.Invariant text

let private row (entry: Entry) =
    let show (name, value: float) =
        match name with
        | "fractionOfPeak"
        | "share" -> invariant $"{name} {100.0 * value:F1} %%"
        | "N"
        | "tilts"
        | "frames"
        | "threads" -> invariant $"{name} {value:F0}"
        | _ -> invariant $"{name} {value:F3}"

    let found = entry.Found |> List.map show |> String.concat "  "

    invariant
        $"{entry.Name, -36} {median entry.Times, 11:G4} s  ({Array.min entry.Times:G4} to {Array.max entry.Times:G4})  {found}"

/// The cases that the command line asks for: those of the folder, and an epoch of the given files.
let private asked threads paths (options: Map<string, string>) =
    let given =
        match paths with
        | [] -> Seq.empty
        | paths ->
            let structure, data: string * string = Inputs.paths paths
            let name = $"{Path.GetFileNameWithoutExtension data}-epoch"
            let case = case name structure data Settings.standard None 500.0
            Seq.delay (fun () -> Seq.singleton (Choice1Of2(DataBench.entries threads case)))

    let known =
        match options.TryFind "data" with
        | Some folder -> known threads folder
        | None when paths.IsEmpty ->
            Seq.singleton (Choice2Of2 "data sets: skipped, --data DIR would say where they are")
        | None -> Seq.empty

    Seq.append known given

let private checkFolder folder =
    if not (Directory.Exists folder) then
        raise (DataException(folder, "there is no such folder"))

/// Times the kernels and the forward model on data.
///
/// Raises `UsageException` and `DataException`.
let run (terminal: Terminal) paths (options: Map<string, string>) =
    let threads = EffectiveSettings.threads options
    options.TryFind "data" |> Option.iter checkFolder
    let show = if options.ContainsKey "json" then json else row
    let print (entry: Entry) = terminal.Out.WriteLine(show entry)
    KernelBench.entries () |> Seq.iter print

    for group in asked threads paths options do
        match group with
        | Choice1Of2 entries -> List.iter print entries
        | Choice2Of2 reason -> terminal.Error.WriteLine reason

    ExitCode.Done
