module Pendel.Cli.Program

open System
open System.Text
open System.Threading

[<EntryPoint>]
let main arguments =
    Console.OutputEncoding <- UTF8Encoding false
    use stop = new CancellationTokenSource()

    // The first Ctrl-C asks to stop, the second one ends the process.
    Console.CancelKeyPress.Add(fun e ->
        if not stop.IsCancellationRequested then
            e.Cancel <- true
            eprintfn "stopping after the current step; press Ctrl-C again to give up at once"
            stop.Cancel())

    let terminal =
        {
            Out = Console.Out
            Error = Console.Error
            IsInteractive = not Console.IsErrorRedirected
            Stop = stop.Token
        }

    Application.run terminal arguments
