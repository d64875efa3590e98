/// `pendel compare`: how far two structures are apart.
module Pendel.Cli.CompareCommand

open Pendel.Crystallography
open Pendel.IO
open Pendel.Report

/// A data file may hold sites without symmetry: the reader then takes P 1, and the other structure's group is meant.
let private isWithoutSymmetry (crystal: Crystal) =
    crystal.SpaceGroup.Operations.Length = 1

let private withGroup (group: SpaceGroup) (crystal: Crystal) =
    Crystal(crystal.Cell, group, crystal.Sites)

/// Both structures in one space group.
let private inOneGroup firstPath (first: Crystal) secondPath (second: Crystal) =
    if first.SpaceGroup.Equals second.SpaceGroup then
        first, second
    elif isWithoutSymmetry first then
        withGroup second.SpaceGroup first, second
    elif isWithoutSymmetry second then
        first, withGroup first.SpaceGroup second
    else
        let message =
            $"found the space group {second.SpaceGroup}, expected {first.SpaceGroup} as in {firstPath}"

        raise (DataException(secondPath, message))

/// False where the reader had to assume displacement parameters.
let private hasAdps (loaded: Loaded<Crystal>) =
    loaded.Warnings |> Seq.forall (fun w -> w.Item <> "_atom_site_U_iso_or_equiv")

/// Compares two structures and prints the result.
///
/// Raises `UsageException` and `DataException`.
let run (terminal: Terminal) files (options: Map<string, string>) =
    match files with
    | [ firstPath; secondPath ] ->
        let first, second =
            StructureReader.Read(firstPath: string), StructureReader.Read(secondPath: string)

        let cells =
            CellComparison.Check(second.Value.Cell, secondPath, first.Value.Cell, firstPath)

        Seq.concat [ first.Warnings; second.Warnings; cells ]
        |> Seq.map _.ToString()
        |> Terminal.warn terminal

        let one, other = inOneGroup firstPath first.Value secondPath second.Value

        let comparison =
            Inputs.guard $"{firstPath} with {secondPath}" (fun () -> StructureComparison.Of(one, other))

        let withAdps = hasAdps first && hasAdps second

        if options.ContainsKey "json" then
            terminal.Out.Write(Comparison.json withAdps comparison)
        else
            Terminal.print terminal (Comparison.text withAdps comparison)

        ExitCode.Done
    | _ -> raise (UsageException $"files: found {List.length files}, expected two structures")
