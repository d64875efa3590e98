namespace Pendel.Cli

open Argu
open Microsoft.FSharp.Reflection
open Pendel.Core
open Pendel.Report

/// Names of options and what they mean.
module Options =
    /// `Beam_Gmax` → "beam-gmax", as Argu has it.
    let nameOf (case: UnionCaseInfo) =
        case.Name.ToLowerInvariant().Replace('_', '-')

    let private common =
        Map
            [
                "files", "a structure (.cif) and a data set (.cif_pets)"
                "paths", "structures (.cif) and data sets (.cif_pets)"
                "inputs", "a structure (.cif) and a data set (.cif_pets) to time an epoch of"
                "data", "folder with the data sets that are timed: quartz/quartz.cif and .cif_pets, cspbbr3/ likewise"
                "json", "one JSON object a line in place of a table"
                "out", "folder for the results; it must be new or empty"
                "force", "replace the results in a folder that is not empty"
                "settings", "JSON file of settings, such as the settings.json of an earlier run; options win over it"
                "threads", "most threads at a time; the default is one for each processor"
                "quiet", "print nothing but errors"
            ]

    let private show value =
        match value with
        | SettingsTable.Number x -> x.ToString System.Globalization.CultureInfo.InvariantCulture
        | SettingsTable.Word w -> w
        | SettingsTable.Range(low, high) -> System.FormattableString.Invariant($"{low}..{high}")

    let private describe (setting: SettingsTable.Setting) =
        let standard =
            match setting.Default with
            | Some other -> other
            | None -> show (setting.Get Settings.standard)

        $"{setting.Meaning}; {setting.Expected} (default: {standard})"

    /// What the help says of an option.
    let usage (option: obj) =
        let case, _ = FSharpValue.GetUnionFields(option, option.GetType())
        let name = nameOf case

        match SettingsTable.tryFind name with
        | Some setting -> describe setting
        | None -> common[name]

/// Options of `pendel info`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type InfoOption =
    | [<MainCommand; Mandatory>] Paths of file: string list

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel bench`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type BenchOption =
    | [<MainCommand>] Inputs of file: string list
    | Data of dir: string
    | Json
    | Threads of n: string

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel demo`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type DemoOption =
    | Seed of n: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel simulate`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type SimulateOption =
    | [<MainCommand; Mandatory>] Files of file: string list
    | Out of dir: string
    | Force
    | Settings of file: string
    | Beam_Gmax of g: string
    | Scored_Gmax of g: string
    | Sgmax of s: string
    | Rsg of limit: string
    | Dsg of limit: string
    | Geometry of name: string
    | Arcs of cut: string
    | Tilts of n: string
    | Mosaicity of angle: string
    | Mosaicity_Along of angle: string
    | Thickness_Range of range: string
    | Thickness_Distribution of shape: string
    | Scattering_Factors of table: string
    | Absorption of kind: string
    | Absorption_Ratio of ratio: string
    | Precision of name: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel refine`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type RefineOption =
    | [<MainCommand; Mandatory>] Files of file: string list
    | [<Mandatory>] Out of dir: string
    | Force
    | Settings of file: string
    | Beam_Gmax of g: string
    | Scored_Gmax of g: string
    | Sgmax of s: string
    | Rsg of limit: string
    | Dsg of limit: string
    | Geometry of name: string
    | Arcs of cut: string
    | Tilts of n: string
    | Mosaicity of angle: string
    | Mosaicity_Along of angle: string
    | Thickness_Range of range: string
    | Thickness_Distribution of shape: string
    | Scattering_Factors of table: string
    | Absorption of kind: string
    | Absorption_Ratio of ratio: string
    | Precision of name: string
    | Orientation of method: string
    | Orientation_Prior of angle: string
    | Orientation_Bound of angle: string
    | Cycles of n: string
    | Thickness_Model of name: string
    | Thickness_Prior of name: string
    | Optimiser of name: string
    | Epochs of n: string
    | Learning_Rate of rate: string
    | Network_Learning_Rate of rate: string
    | Seed of n: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this
