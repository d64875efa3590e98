/// Checkpoints of a refinement: written while it runs, read and compared where it goes on.
module Pendel.Cli.Checkpoints

open System.Collections.Immutable
open Pendel.Core
open Pendel.IO
open Pendel.Report
open Pendel.Report.CheckpointJson

/// The checkpoint of a folder.
///
/// Raises `DataException` naming the file if there is none or it is of no use to this version.
let read folder : Content =
    if not (CheckpointFile.IsIn folder) then
        raise (DataException(CheckpointFile.PathIn folder, "there is no checkpoint from which --resume could go on"))

    match CheckpointJson.read Results.version (CheckpointFile.Read folder) with
    | Ok content -> content
    | Error reason -> raise (DataException(CheckpointFile.PathIn folder, reason))

/// Whether a setting leaves the result as it is.
let private isFree (setting: Setting.Setting) = setting.Name = "memory-ceiling"

let private refuse (findings: Diagnostic list) =
    if not findings.IsEmpty then
        raise (DataException(findings.ToImmutableArray()))

let private finding path (item: string | null) message =
    Diagnostic(Severity.Error, path, TextPosition(), item, message)

/// The settings to go on with: those of a checkpoint, with which given ones have to agree where they change the result.
///
/// Raises `DataException` naming each setting that differs and both values, and as `EffectiveSettings.stated`.
let settings folder (content: Content) options : Settings =
    let given = EffectiveSettings.stated content.Settings options

    refuse
        [
            for setting in SettingsTable.all do
                let now, before = setting.Get given, setting.Get content.Settings

                if now <> before && not (isFree setting) then
                    finding
                        (CheckpointFile.PathIn folder)
                        setting.Name
                        $"found {Setting.show before}, but {Setting.show now} is asked for; a refinement goes on with its own settings only"
        ]

    given

/// Refuses inputs that are not those of a checkpoint.
///
/// Raises `DataException` naming each file that differs and both hashes, or both numbers of data sets.
let requireSameInputs folder (content: Content) (inputs: Summary.Input list) =
    let now, before = inputs.Length - 1, content.Inputs.Length - 1

    if now <> before then
        refuse
            [
                finding
                    (CheckpointFile.PathIn folder)
                    null
                    $"the checkpoint is of another number of data sets, {before} in place of {now}; a refinement goes on with the same files in the same order"
            ]

    refuse
        [
            for now, before in List.zip inputs content.Inputs do
                if now.Sha256 <> before.Sha256 then
                    finding
                        now.Path
                        null
                        $"the file is not that of {CheckpointFile.PathIn folder}: its SHA-256 is {now.Sha256}, that of {before.Path} was {before.Sha256}"
        ]

/// Refuses a folder with a checkpoint that nobody asked to go on from or to replace.
///
/// Raises `DataException`.
let requireNone folder =
    if CheckpointFile.IsIn folder then
        raise (
            DataException(
                folder,
                "the folder has the checkpoint of an unfinished refinement; --resume goes on from it, --force begins anew"
            )
        )

/// Writes checkpoints. A failure is a warning, and the run goes on; it is said again only after a success.
///
/// - `warn`: receives the warning
/// - `seconds`: wall time of the run up to a checkpoint, s
let writer warn folder settings inputs (seconds: unit -> float) =
    let mutable isFailing = false

    fun checkpoint ->
        let content =
            {
                Inputs = inputs
                Settings = settings
                TotalSeconds = seconds ()
                Checkpoint = checkpoint
            }

        try
            CheckpointFile.Write(folder, CheckpointJson.write Results.version content)
            isFailing <- false
        with :? DataException as e ->
            if not isFailing then
                warn $"no checkpoint could be written, the refinement goes on: {e.Message}"

            isFailing <- true

/// Removes the checkpoint of a refinement that has ended; a failure is a warning.
let remove warn folder =
    try
        CheckpointFile.Remove folder
    with :? DataException as e ->
        warn $"the checkpoint of the finished refinement could not be removed: {e.Message}"
