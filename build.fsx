// The house's build script: plain F#, no packages. `dotnet fsi build.fsx help` lists the targets.
#load "scripts/build/testResults.fsx"
#load "scripts/build/experiments.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open TestResults

Environment.CurrentDirectory <- __SOURCE_DIRECTORY__

let usage =
    """dotnet fsi build.fsx TARGET [-- arguments]

  restore      tools and packages
  check        build with warnings as errors; references, format, length of files, scripts
  test         check, then scripts, quick experiments and all tests; the last line counts them
  oracles      only the slow tests against other programs' numbers
  experiments  the quick experiments, or those named in the arguments, against their expected values
  demo         pendel demo, with the arguments
  bench        pendel bench, with the arguments
  micro        micro-benchmarks, with the arguments of BenchmarkDotNet
  pack         packages into out/packages
  help         this list"""

// -- what the house allows ------------------------------------------------------------------------------------------

/// The projects under src, each with all that it references: C# lies below, F# above, data flow one way.
let references =
    """
    Pendel.Crystallography
    Pendel.Kernels
    Pendel.Diffraction Pendel.Crystallography
    Pendel.IO Pendel.Crystallography Pendel.Diffraction
    Pendel.Tensors
    Pendel.Core Pendel.Crystallography Pendel.Diffraction Pendel.Kernels Pendel.Tensors
    Pendel.Report Pendel.Core Pendel.Crystallography Pendel.Diffraction
    Pendel.Cli Pendel.Crystallography Pendel.Kernels Pendel.Diffraction Pendel.IO Pendel.Tensors Pendel.Core Pendel.Report
    """
        .Split('\n', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
    |> Array.map (fun line -> line.Split ' ')
    |> Array.map (fun names -> names[0], set names[1..])
    |> Map

/// Who shows its internals, and to whom: the tests compare the kernels with their scalar twins.
let internalsVisibleTo = set [ ("Pendel.Kernels", "Pendel.Tests") ]

let longestFile = 400
let suite = "tests/Pendel.Tests"
let oracles = "tests/Pendel.Oracles"
let cli = "src/Pendel.Cli"
let resultsFolder = "out/test-results"
let packagesFolder = "out/packages"

/// Switches that step the vector width down: 512 → 256 → 128 bits → no intrinsics.
let vectorWidths =
    [ "DOTNET_EnableAVX512"; "DOTNET_EnableAVX2"; "DOTNET_EnableHWIntrinsic" ]

// -- running other programs -----------------------------------------------------------------------------------------

/// The build cannot go on; the message says why.
exception Stop of message: string

let mutable private running = false
let mutable private interrupted = false

// Ctrl-C reaches the running program as well: wait for it, then leave.
Console.CancelKeyPress.Add(fun e ->
    interrupted <- true
    e.Cancel <- running)

/// Starts dotnet, lets `during` read what it prints, and waits for its exit code.
let private launch captured environment (arguments: string list) (during: Process -> unit) =
    let info =
        ProcessStartInfo("dotnet", arguments, UseShellExecute = false, RedirectStandardOutput = captured)

    for name, value in environment do
        info.Environment[name] <- value

    use child = new Process(StartInfo = info)
    child.Start() |> ignore
    running <- true
    during child
    child.WaitForExit()
    running <- false

    if interrupted then
        exit (if child.ExitCode = 0 then 130 else child.ExitCode)

    child.ExitCode

/// Runs dotnet, its output streaming through, and returns the exit code.
let dotnetWith environment arguments =
    let settings = [ for name, value in environment -> $"{name}={value}" ]
    printfn "\n> %s" (String.concat " " (settings @ [ "dotnet" ] @ arguments))
    launch false environment arguments ignore

/// The arguments of a command line that has no spaces inside them.
let words (line: string) = line.Split ' ' |> List.ofArray

/// Runs dotnet; the build stops when it fails.
let dotnet line =
    match dotnetWith [] (words line) with
    | 0 -> ()
    | code -> raise (Stop $"dotnet {line}: exit code {code}")

// -- restore and build ----------------------------------------------------------------------------------------------

/// The first enabled package source of this machine; paket.dependencies and paket.lock call it %NUGET_SOURCE%.
let packageSource () =
    let mutable listed = ""

    launch true [] (words "nuget list source --format short") (fun child -> listed <- child.StandardOutput.ReadToEnd())
    |> ignore

    let enabled = Regex.Match(listed, @"^E\w*\s+(\S.*?)\s*$", RegexOptions.Multiline)

    if not enabled.Success then
        raise (Stop "dotnet nuget list source shows no enabled source")

    enabled.Groups[1].Value

let restore () =
    if String.IsNullOrEmpty(Environment.GetEnvironmentVariable "NUGET_SOURCE") then
        Environment.SetEnvironmentVariable("NUGET_SOURCE", packageSource ())

    dotnet "tool restore"
    dotnet "paket restore"

/// Builds in Release after one restore; the property keeps every project from restoring all of them again.
let buildOf target options =
    restore ()
    dotnet $"build {target} -c Release --nologo -p:PaketDisableGlobalRestore=true {options}"

let build () =
    buildOf "Pipeline.sln" "-v minimal -warnaserror"

// -- check ----------------------------------------------------------------------------------------------------------

let code = [ ".cs"; ".fs"; ".fsx" ]
let projectFiles = [ ".csproj"; ".fsproj"; ".props" ]

/// Files below a folder with one of these extensions, build outputs left out.
let rec filesOf extensions folder : string list =
    let wanted (file: string) =
        List.contains (Path.GetExtension file) extensions

    let isOutput (inner: string) =
        List.contains (Path.GetFileName inner) [ "bin"; "obj"; "out" ]

    if not (Directory.Exists folder) then
        []
    else
        let here = Directory.GetFiles folder |> List.ofArray |> List.filter wanted

        let inner =
            Directory.GetDirectories folder |> List.ofArray |> List.filter (isOutput >> not)

        List.sort here @ List.collect (filesOf extensions) (List.sort inner)
        |> List.map (fun file -> file.Replace('\\', '/'))

/// File, line number and first group of every match of a pattern in src.
let private findInSource extensions pattern =
    [
        for file in filesOf extensions "src" do
            for number, line in File.ReadLines file |> Seq.indexed do
                for found in Regex.Matches(line, pattern) do
                    file, number + 1, found.Groups[1].Value
    ]

let private projects = filesOf [ ".csproj"; ".fsproj" ] "src"

/// Where the project files differ from the table of references.
let wrongReferences () =
    let referencesOf project =
        findInSource projectFiles @"<ProjectReference\s+Include=""([^""]+)"""
        |> List.filter (fun (file, _, _) -> file = project)
        |> List.map (fun (_, _, path) -> Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))

    let found =
        projects
        |> List.map (fun project -> Path.GetFileNameWithoutExtension project, set (referencesOf project))
        |> Map

    let shown = Option.map (String.concat ", ") >> Option.defaultValue "no such project"

    [
        for name in Seq.append found.Keys references.Keys |> Seq.distinct do
            let actual, allowed = found.TryFind name, references.TryFind name

            if actual <> allowed then
                $"{name} knows [{shown actual}], the table says [{shown allowed}]"
    ]

let longFiles () =
    [
        for file in "build.fsx" :: List.collect (filesOf code) [ "src"; "tests"; "scripts" ] do
            let lines = File.ReadLines file |> Seq.length

            if lines > longestFile then
                $"{file} has {lines} lines, more than {longestFile}"
    ]

let promises () =
    [
        for file, line, word in findInSource code @"\b(TBD|TODO)\b" -> $"{file}:{line}: {word}"
    ]

let shownInternals () =
    [
        for file, line, friend in findInSource (code @ projectFiles) @"InternalsVisibleTo[^""]*""([^""]+)""" do
            if not (internalsVisibleTo.Contains(file.Split('/')[1], friend)) then
                $"{file}:{line}: internals are shown to {friend}"
    ]

/// Every check but the build: its name, and a function that says what is wrong.
let private checks () =
    let run arguments () =
        match dotnetWith [] arguments with
        | 0 -> []
        | exitCode -> [ $"exit code {exitCode}" ]

    let formatted = List.filter Directory.Exists [ "src"; "tests"; "scripts" ]

    [
        "references between projects", wrongReferences
        "length of files", longFiles
        "promises", promises
        "internals", shownInternals
        "format of F#", run (words "fantomas --check build.fsx" @ formatted)
        "format of C#", run (words "csharpier check src")
        for script in "build.fsx" :: filesOf [ ".fsx" ] "scripts" do
            $"types of {script}", run [ "fsi"; "--typecheck-only"; script ]
    ]

/// Builds and runs every check; what is wrong, a line each.
let check () =
    build ()

    let wrong =
        [
            for name, findings in checks () do
                for finding in findings () -> $"{name}: {finding}"
        ]

    for line in wrong do
        printfn "check failed: %s" line

    wrong

// -- test -----------------------------------------------------------------------------------------------------------

/// Runs the tests of a built project; a run that ends badly without a failed test counts as one failure.
let runTests environment project filter =
    let results = Path.Combine(resultsFolder, "latest.trx")
    Directory.CreateDirectory resultsFolder |> ignore
    File.Delete results

    let options =
        $"test {project} -c Release --no-build --nologo --logger console;verbosity=minimal"
        + $" --logger trx;LogFileName=latest.trx --results-directory {resultsFolder}"

    let exitCode = dotnetWith environment (words options @ filter)

    let counts =
        if File.Exists results then
            TestResults.read results
        else
            Counts.Failures 0

    if exitCode <> 0 && counts.Failed = 0 then
        printfn "%s: exit code %d without a failed test" project exitCode
        counts + Counts.Failures 1
    else
        counts

/// Prints the reasons of the skipped tests and, last of all, the counts; returns the exit code.
let private close counts =
    if not counts.Skipped.IsEmpty then
        printfn "\nSkipped:"

    for reason, times in List.countBy id counts.Skipped do
        printfn "  %s%s" reason (if times > 1 then $" ({times} times)" else "")

    printfn "\n%d passed, %d failed, %d skipped" counts.Passed counts.Failed counts.Skipped.Length
    if counts.Failed > 0 || counts.Passed = 0 then 1 else 0

let testOracles () =
    build ()
    runTests [] oracles [] |> close

/// Runs the scripts that show what each stage yields; what is wrong, a line each.
let private inspect () =
    [
        for script in filesOf [ ".fsx" ] "scripts/inspect" do
            match dotnetWith [] [ "fsi"; script ] with
            | 0 -> ()
            | code -> $"{script}: exit code {code}"
    ]

/// Everything: the suite, what is written with vectors at every vector width, the oracles. A finding of `check`, a script that
/// fails and an experiment that gives other numbers count as failures.
let testAll () =
    try
        let findings = check () @ inspect () @ Experiments.run (dotnetWith []) []

        let narrower width =
            runTests [ (width, "0") ] suite (words "--filter FullyQualifiedName~.Kernels.|FullyQualifiedName~.Tensors.")

        let runs =
            runTests [] suite [] :: List.map narrower vectorWidths
            @ [ runTests [] oracles [] ]

        for line in findings do
            printfn "check failed: %s" line

        List.reduce (+) (Counts.Failures findings.Length :: runs) |> close
    with Stop message ->
        printfn "\n%s" message
        close (Counts.Failures 1)

// -- the other targets ----------------------------------------------------------------------------------------------

/// Builds the command line and runs one of its commands.
let pendel command arguments =
    buildOf cli "-v quiet"
    dotnetWith [] ($"{cli}/bin/Release/net10.0/pendel.dll" :: command :: arguments)

/// The micro-benchmarks; without arguments all of them.
let micro arguments =
    let project = "tests/Pendel.Benchmarks"
    buildOf project "-v quiet"

    let chosen =
        if List.isEmpty arguments then
            [ "--filter"; "*" ]
        else
            arguments

    dotnetWith [] ([ "run"; "--project"; project; "-c"; "Release"; "--no-build"; "--" ] @ chosen)

/// Experiments against their expected values.
let experiments chosen =
    build ()
    Experiments.run (dotnetWith []) chosen

/// Packages of the libraries, and of the command line as a dotnet tool.
let pack () =
    build ()

    for project in projects do
        dotnet $"pack {project} -c Release --no-build --nologo -o {packagesFolder}"

/// Runs a target; returns the exit code.
let private run arguments =
    let zero () = 0

    match arguments with
    | [ "restore" ] -> restore () |> zero
    | [ "check" ] -> if (check ()).IsEmpty then 0 else 1
    | [ "test" ] -> testAll ()
    | [ "oracles" ] -> testOracles ()
    | "demo" :: rest -> pendel "demo" rest
    | "bench" :: rest -> pendel "bench" rest
    | "micro" :: rest -> micro rest
    | "experiments" :: rest -> if (experiments rest).IsEmpty then 0 else 1
    | [ "pack" ] -> pack () |> zero
    | [ "help" ] -> printfn "%s" usage |> zero
    | _ -> raise (Stop usage)

try
    fsi.CommandLineArgs |> List.ofArray |> List.tail |> run |> exit
with Stop message ->
    eprintfn "\n%s" message
    exit 1
