/// The commands, their help and their exit codes.
module Pendel.Cli.Application

open System
open Pendel.Core
open Pendel.IO

let private overview =
    [
        "Pendel refines crystal structures against three-dimensional electron diffraction data."
        ""
        "pendel demo                                 refine synthetic quartz, truth beside result"
        "pendel info FILES...                        what structures (.cif) and data sets (.cif_pets) hold"
        "pendel simulate STRUCTURE DATA              residuals of a structure as it is"
        "pendel converge STRUCTURE DATA              how many beams and orientations the data need"
        "pendel refine STRUCTURE DATA... --out DIR   refine a structure, against one crystal or several"
        "pendel absolute STRUCTURE DATA --out DIR    refine both hands of a structure, and say which it is"
        "pendel bench [STRUCTURE DATA]               times of the kernels and the model on this machine"
        "pendel synthesize STRUCTURE --out FILE      noisy data of a known structure, with the truth beside them"
        "pendel perturb STRUCTURE --out FILE         a structure displaced at random within its symmetry"
        "pendel compare STRUCTURE STRUCTURE          how far two structures are apart"
        "pendel COMMAND --help                       options of a command"
        "pendel --version                            version"
        ""
        "Exit codes: 0 done, 1 wrong command line, 2 unusable file or folder, 3 numbers went wrong"
        "or internal error, 130 interrupted with the best state so far written."
    ]

let private commands: (string * (Terminal -> string list -> int)) list =
    let dispatch request (terminal: Terminal) run =
        match request with
        | CommandLine.Help text ->
            terminal.Out.WriteLine text
            ExitCode.Done
        | CommandLine.Order(files, options) -> run terminal files options

    [
        "demo",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<DemoOption> "demo" arguments) terminal (fun t _ o -> DemoCommand.run t o))
        "info",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<InfoOption> "info" arguments) terminal (fun t f _ -> Info.run t f))
        "simulate",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<SimulateOption> "simulate" arguments) terminal SimulateCommand.run)
        "converge",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<ConvergeOption> "converge" arguments) terminal ConvergeCommand.run)
        "refine",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<RefineOption> "refine" arguments) terminal RefineCommand.run)
        "absolute",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<AbsoluteOption> "absolute" arguments) terminal AbsoluteCommand.run)
        "bench",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<BenchOption> "bench" arguments) terminal BenchCommand.run)
        "synthesize",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<SynthesizeOption> "synthesize" arguments) terminal SynthesizeCommand.run)
        "perturb",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<PerturbOption> "perturb" arguments) terminal PerturbCommand.run)
        "compare",
        (fun terminal arguments ->
            dispatch (CommandLine.parse<CompareOption> "compare" arguments) terminal CompareCommand.run)
    ]

let private unknown (command: string) =
    let names = "--help" :: "--version" :: List.map fst commands

    let hint =
        match Suggestion.nearest names command with
        | Some known -> $"did you mean {known}?"
        | None -> "see pendel --help"

    UsageException $"unknown command {command}; {hint}"

let private dispatch (terminal: Terminal) arguments =
    match arguments with
    | [] ->
        overview |> List.iter terminal.Error.WriteLine
        ExitCode.Usage
    | ("--help" | "-h" | "help") :: _ ->
        Terminal.print terminal overview
        ExitCode.Done
    | [ "--version" ] ->
        terminal.Out.WriteLine $"pendel {Results.version}"
        ExitCode.Done
    | name :: rest ->
        match List.tryFind (fun (known, _) -> known = name) commands with
        | Some(_, command) -> command terminal rest
        | None -> raise (unknown name)

/// What went wrong: an exit code and a message.
let private verdict (error: exn) =
    match Inputs.cause error with
    | :? UsageException as e -> ExitCode.Usage, e.Message
    | :? DataException as e -> ExitCode.Data, e.Message
    | :? NumericalException as e -> ExitCode.Numbers, e.Message
    | :? OperationCanceledException as e -> ExitCode.Interrupted, e.Message
    | e ->
        let message = e.Message.ReplaceLineEndings " "
        ExitCode.Numbers, $"internal error: {e.GetType().Name}: {message}; please report it with the command"

/// Runs a command line; the result is the exit code.
///
/// What goes wrong is said on `Error`, also that lines were lost on `Out`: that ends no run, but turns `Done` into `Data`.
let run (terminal: Terminal) (arguments: string array) =
    use out = new TolerantWriter(terminal.Out)

    let fail (code, message: string) =
        terminal.Error.WriteLine $"error: {message}"
        code

    let code =
        try
            dispatch { terminal with Out = out } (Array.toList arguments)
        with error ->
            fail (verdict error)

    match out.Failure with
    | Some reason when code = ExitCode.Done -> fail (ExitCode.Data, $"standard output cannot be written: {reason}")
    | _ -> code
