module Pendel.Cli.Program

open System
open System.Runtime.InteropServices
open System.Text
open System.Threading

[<EntryPoint>]
let main arguments =
    Console.OutputEncoding <- UTF8Encoding false
    Console.SetError(new TolerantWriter(Console.Error))
    use stop = new CancellationTokenSource()

    // The first signal asks to stop, the second one ends the process.
    let onSignal (context: PosixSignalContext) =
        if not stop.IsCancellationRequested then
            context.Cancel <- true
            Console.Error.WriteLine "stopping after the current step; press Ctrl-C again to give up at once"
            stop.Cancel()

    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, onSignal)
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, onSignal)

    let terminal =
        {
            Out = Console.Out
            Error = Console.Error
            IsInteractive = not Console.IsErrorRedirected
            Stop = stop.Token
        }

    Application.run terminal arguments
