/// Shows how a computation goes on: redrawn in a terminal, plain lines when redirected, or not at all.
module Pendel.Cli.ProgressView

open System
open Spectre.Console
open Pendel.Core
open Pendel.Report

/// Lines for each stage, beside its start and its end.
[<Literal>]
let private LinesPerStage = 8

/// Says what happens on lines of their own.
let private plain (terminal: Terminal) =
    let mutable steps = 1

    fun progress ->
        let line =
            match progress with
            | Started(stage, count) ->
                steps <- max 1 count

                Some(
                    if count = 1 then
                        $"{Stages.title stage}: 1 step"
                    else
                        $"{Stages.title stage}: {count} steps"
                )
            | Advanced(stage, step, Some wR) when step * LinesPerStage / steps > (step - 1) * LinesPerStage / steps ->
                Some $"{Stages.title stage}: step {step} of {steps}, wR_mean {Text.percent wR}"
            | Advanced _ -> None
            | Ended(stage, wR, rObs, seconds) ->
                Some(
                    FormattableString.Invariant(
                        $"{Stages.title stage}: wR_mean {Text.percent wR}, Robs_mean {Text.percent rObs} after {seconds:F1} s"
                    )
                )

        line |> Option.iter terminal.Error.WriteLine

/// Moves one bar for each stage.
let private bars (context: ProgressContext) =
    let mutable current: (StageName * ProgressTask) option = None

    let update stage change =
        match current with
        | Some(s, task) when s = stage -> change task
        | _ -> ()

    fun progress ->
        match progress with
        | Started(stage, steps) ->
            current <- Some(stage, context.AddTask(Stages.title stage, true, float (max 1 steps)))
        | Advanced(stage, step, wR) ->
            update stage (fun task ->
                task.Value <- float step

                wR
                |> Option.iter (fun r -> task.Description <- $"{Stages.title stage}  wR {Text.percent r}"))
        | Ended(stage, wR, rObs, _) ->
            update stage (fun task ->
                task.Description <- $"{Stages.title stage}  wR {Text.percent wR}  Robs {Text.percent rObs}"
                task.Value <- task.MaxValue
                task.StopTask())

let private live clears (terminal: Terminal) (compute: (Progress -> unit) -> 'T) : 'T =
    let console =
        AnsiConsole.Create(AnsiConsoleSettings(Out = AnsiConsoleOutput terminal.Error))

    console
        .Progress()
        .AutoClear(clears)
        .Columns(
            TaskDescriptionColumn(Alignment = Justify.Left),
            ProgressBarColumn(Width = Nullable 24),
            PercentageColumn(),
            ElapsedTimeColumn()
        )
        .Start(fun context -> compute (bars context))

let private show clears (terminal: Terminal) quiet (compute: Monitor -> 'T) : 'T =
    let monitored report =
        compute
            {
                Report = report
                Stop = terminal.Stop
            }

    if quiet then
        monitored ignore
    elif terminal.IsInteractive then
        live clears terminal monitored
    else
        monitored (plain terminal)

/// Runs a computation that reports its progress and can be stopped.
let run terminal quiet (compute: Monitor -> 'T) : 'T = show false terminal quiet compute

/// The same for a computation whose result is a line of its own: what is redrawn vanishes at its end.
let passing terminal quiet (compute: Monitor -> 'T) : 'T = show true terminal quiet compute
