/// Command lines in a folder of their own.
module Pendel.Tests.Cli.CommandRun

open System.IO
open System.Threading
open Pendel.Cli
open Pendel.IO
open Pendel.Tests.Core.DataSets

/// Runs a command line that may be stopped; its exit code and what it printed.
let runUntil stop (arguments: string list) =
    use out = new StringWriter()
    use error = new StringWriter()

    let terminal =
        {
            Out = out
            Error = error
            IsInteractive = false
            Stop = stop
        }

    let code = Application.run terminal (List.toArray arguments)
    code, out.ToString(), error.ToString()

/// Runs a command line; its exit code and what it printed.
let pendel arguments =
    runUntil CancellationToken.None arguments

/// Runs a command line and stops it at the first line of progress with a phrase.
let stoppedAt (phrase: string) arguments =
    use source = new CancellationTokenSource()

    use error =
        { new StringWriter() with
            override this.WriteLine(line: string) =
                base.WriteLine line

                if line.Contains phrase then
                    source.Cancel()
        }

    let terminal =
        {
            Out = TextWriter.Null
            Error = error
            IsInteractive = false
            Stop = source.Token
        }

    Application.run terminal (List.toArray arguments), error.ToString()

/// Runs a test on a folder with quartz and a centrosymmetric structure; `path` gives the path of a name in it.
let inFolder (test: (string -> string) -> unit) =
    let folder = Directory.CreateTempSubdirectory "pendel-test"

    try
        let path name = Path.Combine(folder.FullName, name)
        File.WriteAllText(path "quartz.cif", StructureWriter.Write(quartz, "quartz", []))
        File.WriteAllText(path "flat.cif", StructureWriter.Write(centrosymmetric, "flat", []))
        test path
    finally
        folder.Delete true

/// Options of a small model.
let quick =
    [
        "--beam-gmax"
        "1.2"
        "--tilts"
        "8"
        "--thickness-distribution"
        "single"
        "--quiet"
    ]

/// Writes data of eight frames, a.cif_pets, of a structure in the folder.
let synthesize (path: string -> string) structure =
    let code, _, error =
        pendel (
            [
                "synthesize"
                path structure
                "--out"
                path "a.cif_pets"
                "--frames"
                "8"
                "--frame-step"
                "12"
            ]
            @ quick
        )

    if code <> ExitCode.Done then
        failwith error
