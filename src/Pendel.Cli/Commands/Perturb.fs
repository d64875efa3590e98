/// `pendel perturb`: a structure displaced at random within its symmetry.
module Pendel.Cli.PerturbCommand

open System
open System.IO
open Pendel.Core
open Pendel.IO
open Pendel.Report

/// Displaces a structure and writes it.
///
/// Raises `UsageException` and `DataException`.
let run (terminal: Terminal) arguments (options: Map<string, string>) =
    let path = Inputs.structurePath arguments
    let settings = EffectiveSettings.ofOptions Settings.standard options
    let quiet, force = options.ContainsKey "quiet", options.ContainsKey "force"
    let delta = OptionValues.positive options "displacement" 0.2 2.0

    let adps =
        OptionValues.choice
            options
            "adp"
            [
                "scaled", Synthesis.Scaled
                "isotropic", Synthesis.Isotropic
                "kept", Synthesis.Kept
            ]

    if Path.GetFullPath path = Path.GetFullPath options["out"] then
        raise (DataException(path, "the perturbed structure would replace this file; choose another --out"))

    let structure = StructureReader.Read path

    let displaced =
        Inputs.guard path (fun () -> Synthesis.displaceWith adps settings.Seed delta structure.Value)

    let how =
        let adp = options.TryFind "adp" |> Option.defaultValue "scaled"

        FormattableString.Invariant
            $"Pendel {Results.version}: perturb --displacement {delta} --adp {adp} --seed {settings.Seed}"

    let text =
        StructureWriter.Write(displaced, "perturbed", [ ExtraItem("_audit_creation_method", how) ])

    let file = ResultFile(Results.nameOf options["out"], text)

    Results.writeBeside options["out"] force [ file ]

    if not quiet then
        Terminal.warn terminal (structure.Warnings |> Seq.map _.ToString())
        let rmsd = Comparison.rmsd structure.Value displaced
        terminal.Out.WriteLine(FormattableString.Invariant $"RMSD {rmsd:F4} Å from {path}")
        terminal.Out.WriteLine(Results.place (Results.folderOf options["out"]) [ file ])

    ExitCode.Done
