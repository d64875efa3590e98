namespace Pendel.Cli

open System
open System.IO
open System.Text
open System.Threading

/// A writer that goes on where the other one fails, and remembers why: a full disk below the output must not end a run.
type TolerantWriter(inner: TextWriter) =
    inherit TextWriter()

    let mutable failure = None

    let attempt (write: unit -> unit) =
        try
            write ()
        with
        | :? IOException
        | :? UnauthorizedAccessException as e -> failure <- failure |> Option.orElse (Some e.Message)

    /// Why the first write failed, None if none did.
    member _.Failure: string option = failure

    override _.Encoding: Encoding = inner.Encoding
    override _.Write(value: char) = attempt (fun () -> inner.Write value)

    override _.Write(value: string) = attempt (fun () -> inner.Write value)

    override _.Write(buffer: char array, index: int, count: int) =
        attempt (fun () -> inner.Write(buffer, index, count))

    override _.WriteLine(value: string) =
        attempt (fun () -> inner.WriteLine value)

    override _.Flush() = attempt inner.Flush

/// Where a command writes, and who can stop it.
type Terminal =
    {
        /// Results.
        Out: TextWriter
        /// Errors, warnings and progress.
        Error: TextWriter
        /// Whether somebody watches `Error`, so that it may be redrawn.
        IsInteractive: bool
        /// Asks for an early end that keeps the best state.
        Stop: CancellationToken
    }

/// The command line is wrong; the message says how to put it right.
type UsageException(message: string) =
    inherit Exception(message)

/// What the process returns.
module ExitCode =
    /// All is written.
    [<Literal>]
    let Done = 0

    /// The command line is wrong.
    [<Literal>]
    let Usage = 1

    /// A file or a folder is not usable.
    [<Literal>]
    let Data = 2

    /// The numbers went wrong, or the program did.
    [<Literal>]
    let Numbers = 3

    /// Interrupted; the best state so far is written.
    [<Literal>]
    let Interrupted = 130

/// Lines on a terminal.
module Terminal =
    /// Writes lines of results.
    let print (terminal: Terminal) (lines: string seq) =
        for line in lines do
            terminal.Out.WriteLine line

    /// Writes warnings.
    let warn (terminal: Terminal) (warnings: string seq) =
        for warning in warnings do
            terminal.Error.WriteLine $"warning: {warning}"
