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
                "crystals", "a structure (.cif) and the data set (.cif_pets) of each crystal"
                "paths", "structures (.cif) and data sets (.cif_pets)"
                "inputs", "a structure (.cif) and a data set (.cif_pets) to time an epoch of"
                "data", "folder with the data sets that are timed: quartz/quartz.cif and .cif_pets, cspbbr3/ likewise"
                "json", "one JSON object a line in place of a table"
                "out", "folder for the results; it must be new or empty"
                "force", "replace the results in a folder that is not empty"
                "resume",
                "go on from the checkpoint in the folder of the results, with its settings; options that are given have to agree"
                "settings", "JSON file of settings, such as the settings.json of an earlier run; options win over it"
                "threads", "most threads at a time; the default is one for each processor"
                "quiet", "print nothing but errors"
                "structure", "a structure (.cif)"
                "structures", "two structures (.cif, or .cif_pets with atom sites)"
                "json", "print the result as JSON"
                "like", "data set (.cif_pets) whose cell, orientation and frames are taken"
                "frames", "number of frames where no data set is given (default: 99)"
                "frame-step", "angle from one frame to the next, degrees (default: 1)"
                "semi-angle", "half of a frame's rotation, degrees (default: 1)"
                "voltage", "accelerating voltage, kV (default: 200)"
                "profile",
                "thickness over the angle: constant, sine, smooth, bowl, or a file of angle, thickness (default: smooth)"
                "dynamic-range", "expected counts of the strongest reflection (default: 1e6)"
                "noise-floor", "least expected counts of a row, and least variance (default: 1)"
                "thickness", "thickness of every frame, Å; the default is that of a scan"
                "limit", "R between two steps has to be below this, per cent (default: 0.5)"
                "steps", "most steps that are calculated (default: 30)"
                "memory", "most memory of a frame, MB, its matrix counted once; threads have one each (default: 500)"
                "displacement", "largest shift of a site along each axis, Å (default: 0.2)"
                "adp",
                "displacement parameters: scaled with the shift, isotropic (and scaled), or kept (default: scaled)"
            ]

    let private describe standard (setting: Setting.Setting) =
        let standard =
            match setting.Default with
            | Some other -> other
            | None -> Setting.show (setting.Get standard)

        $"{setting.Meaning}; {setting.Expected} (default: {standard})"

    /// Settings of `pendel synthesize` before any option.
    let synthesis =
        { Settings.standard with
            ThicknessMin = 300.0
            ThicknessMax = 1100.0
        }

    /// What the help says of an option of a command with these standard settings.
    let usageWith standard (option: obj) =
        let case, _ = FSharpValue.GetUnionFields(option, option.GetType())
        let name = nameOf case

        match SettingsTable.tryFind name with
        | Some setting -> describe standard setting
        | None -> common[name]

    /// What the help says of an option.
    let usage (option: obj) = usageWith Settings.standard option

    /// The same for a command in which the seed is that of something else.
    let usageSeeding seeded standard (option: obj) =
        let case, _ = FSharpValue.GetUnionFields(option, option.GetType())

        match nameOf case with
        | "seed" -> $"seed of {seeded}; a whole number from 0 (default: 0)"
        | _ -> usageWith standard option

    /// The same for a command whose result is a file.
    let usageOfFile seeded standard (option: obj) =
        let case, _ = FSharpValue.GetUnionFields(option, option.GetType())

        match nameOf case with
        | "out" -> "file to be written"
        | "force" -> "replace files that exist"
        | _ -> usageSeeding seeded standard option

    /// The same for `pendel converge`, whose frames are a sample.
    let usageOfSample (option: obj) =
        let case, _ = FSharpValue.GetUnionFields(option, option.GetType())

        match nameOf case with
        | "frames" -> "most frames of the sample, spread over the data (default: 8)"
        | "out" -> "settings file to be written"
        | "force" -> "replace a file that exists"
        | _ -> usage option

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
        member this.Usage =
            Options.usageSeeding "noise, displacement and the network's first weights" Settings.standard this

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
    | Free of fraction: string
    | Free_Seed of n: string
    | Exclude_Frames of ids: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel converge`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type ConvergeOption =
    | [<MainCommand; Mandatory>] Files of file: string list
    | Out of file: string
    | Force
    | Frames of n: string
    | Thickness of length: string
    | Limit of R: string
    | Steps of n: string
    | Memory of MB: string
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
    | Free of fraction: string
    | Free_Seed of n: string
    | Exclude_Frames of ids: string
    | Threads of n: string
    | Json
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usageOfSample this

/// Options of `pendel refine`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type RefineOption =
    | [<MainCommand; Mandatory>] Crystals of file: string list
    | [<Mandatory>] Out of dir: string
    | Force
    | Resume
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
    | Thickness_Samples of n: string
    | Hydrogens of name: string
    | Occupancies of labels: string
    | Restraint_Weight of weight: string
    | Loss of name: string
    | Optimiser of name: string
    | Epochs of n: string
    | Learning_Rate of rate: string
    | Network_Learning_Rate of rate: string
    | Seed of n: string
    | Free of fraction: string
    | Free_Seed of n: string
    | Exclude_Frames of ids: string
    | Memory_Ceiling of MB: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel absolute`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type AbsoluteOption =
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
    | Thickness_Samples of n: string
    | Hydrogens of name: string
    | Occupancies of labels: string
    | Restraint_Weight of weight: string
    | Loss of name: string
    | Optimiser of name: string
    | Epochs of n: string
    | Learning_Rate of rate: string
    | Network_Learning_Rate of rate: string
    | Seed of n: string
    | Free of fraction: string
    | Free_Seed of n: string
    | Exclude_Frames of ids: string
    | Memory_Ceiling of MB: string
    | Threads of n: string
    | Json
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usage this

/// Options of `pendel synthesize`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type SynthesizeOption =
    | [<MainCommand; Mandatory>] Structure of file: string list
    | [<Mandatory>] Out of file: string
    | Force
    | Like of file: string
    | Frames of n: string
    | Frame_Step of angle: string
    | Semi_Angle of angle: string
    | Voltage of kV: string
    | Profile of name: string
    | Thickness_Range of range: string
    | Dynamic_Range of counts: string
    | Noise_Floor of counts: string
    | Seed of n: string
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
    | Thickness_Distribution of shape: string
    | Scattering_Factors of table: string
    | Absorption of kind: string
    | Absorption_Ratio of ratio: string
    | Precision of name: string
    | Threads of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage =
            Options.usageOfFile "noise, profile and orientation" Options.synthesis this

/// Options of `pendel perturb`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type PerturbOption =
    | [<MainCommand; Mandatory>] Structure of file: string list
    | [<Mandatory>] Out of file: string
    | Force
    | Displacement of length: string
    | Adp of name: string
    | Seed of n: string
    | Quiet

    interface IArgParserTemplate with
        member this.Usage = Options.usageOfFile "the shifts" Settings.standard this

/// Options of `pendel compare`.
[<HelpFlags("--help"); RequireQualifiedAccess>]
type CompareOption =
    | [<MainCommand; Mandatory>] Structures of file: string list
    | Json

    interface IArgParserTemplate with
        member this.Usage = Options.usage this
