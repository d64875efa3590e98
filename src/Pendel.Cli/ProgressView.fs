/// Shows how a computation goes on: redrawn in a terminal, plain lines when redirected, or not at all.
module Pendel.Cli.ProgressView

open System
open System.Diagnostics
open Spectre.Console
open Pendel.Core
open Pendel.Report

/// Lines for each stage, beside its start and its end.
[<Literal>]
let private LinesPerStage = 8

/// Seconds after which the frames of a calculation are counted: since the last line, in a terminal since the last step.
[<Literal>]
let private Patience = 20.0

/// A stage, of the crystal whose turn it is.
let private titleOf turn stage =
    match turn with
    | Some number -> $"{Stages.title stage}, crystal {number}"
    | None -> Stages.title stage

/// What follows a step: the loss after a separator, where there is one.
let private lossText separator loss =
    loss
    |> Option.map (fun value -> $"{separator}loss {Text.percent value}")
    |> Option.defaultValue ""

/// Says what happens on lines of their own.
let private plain (terminal: Terminal) =
    let mutable steps = 1
    let mutable step = 0
    let mutable title = ""
    let mutable turn = None
    let silence = Stopwatch.StartNew()

    let isDue step =
        step * LinesPerStage / steps > (step - 1) * LinesPerStage / steps

    fun progress ->
        let line =
            match progress with
            | Turned number ->
                turn <- number
                None
            | Started(stage, count) ->
                steps <- max 1 count
                step <- 0
                title <- titleOf turn stage

                Some(
                    if count = 1 then
                        $"{title}: 1 step"
                    else
                        $"{title}: {count} steps"
                )
            | Advanced(_, number, loss) ->
                step <- number

                if (loss.IsSome || steps > LinesPerStage) && isDue step then
                    Some($"{title}: step {step} of {steps}" + lossText ", " loss)
                else
                    None
            | Calculated(frames, all) ->
                if silence.Elapsed.TotalSeconds > Patience then
                    Some $"{title}: step {min (step + 1) steps} of {steps}, {frames} of {all} frames"
                else
                    None
            | Ended(stage, wR, rObs, seconds) ->
                Some(
                    FormattableString.Invariant(
                        $"{Stages.title stage}: wR_mean {Text.percent wR}, Robs_mean {Text.percent rObs} after {seconds:F1} s"
                    )
                )

        match line with
        | Some text ->
            terminal.Error.WriteLine text
            silence.Restart()
        | None -> ()

/// Moves one bar for each stage, or for each crystal in it.
let private bars (context: ProgressContext) =
    let mutable current: (StageName * ProgressTask) option = None
    let mutable turn = None
    let silence = Stopwatch.StartNew()

    let finish (task: ProgressTask) =
        task.Value <- task.MaxValue
        task.StopTask()

    let update stage change =
        match current with
        | Some(s, task) when s = stage -> change task
        | _ -> ()

    fun progress ->
        match progress with
        | Turned number ->
            current |> Option.iter (snd >> finish)
            current <- None
            turn <- number
        | Started(stage, steps) ->
            silence.Restart()
            current <- Some(stage, context.AddTask(titleOf turn stage, true, float (max 1 steps)))
        | Advanced(stage, step, loss) ->
            silence.Restart()

            update stage (fun task ->
                task.Value <- float step
                task.Description <- titleOf turn stage + lossText "  " loss)
        | Calculated(frames, all) ->
            match current with
            | Some(stage, task) when silence.Elapsed.TotalSeconds > Patience ->
                task.Description <- $"{titleOf turn stage}  {frames} of {all} frames"
            | _ -> ()
        | Ended(stage, wR, rObs, _) ->
            let description =
                $"{Stages.title stage}  wR {Text.percent wR}  Robs {Text.percent rObs}"

            match current with
            | Some(_, task) -> task.Description <- description
            | None -> current <- Some(stage, context.AddTask(description, true, 1.0))

            update stage finish

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
