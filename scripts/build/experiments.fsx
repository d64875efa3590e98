// Runs experiments and compares their numbers with those expected (scripts/experiments/README.md).
open System
open System.IO
open System.Text.Json

let private root = "scripts/experiments"

/// The folder of shared data: `PENDEL_DATA`, else `shared` here or in a folder above, known by its SPEC.md.
let private shared () =
    let rec above (folder: DirectoryInfo) =
        if isNull folder then
            None
        elif File.Exists(Path.Combine(folder.FullName, "shared", "SPEC.md")) then
            Some(Path.Combine(folder.FullName, "shared"))
        else
            above folder.Parent

    match Environment.GetEnvironmentVariable "PENDEL_DATA" with
    | null
    | "" -> above (DirectoryInfo(Directory.GetCurrentDirectory()))
    | folder -> Some folder

/// What came of one experiment.
type private Outcome =
    | AsExpected
    | Skipped of reason: string
    | Wrong of findings: string list

let private property (name: string) (element: JsonElement) =
    match element.TryGetProperty name with
    | true, value -> Some value
    | _ -> None

let private load (path: string) =
    (JsonDocument.Parse(File.ReadAllText path)).RootElement

let private difference (result: JsonElement) (expected: JsonProperty) =
    let limit name =
        property name expected.Value |> Option.map _.GetDouble()

    match property expected.Name result with
    | None -> Some $"{expected.Name} is not in the result"
    | Some found ->
        let value = found.GetDouble()
        let low = limit "from" |> Option.forall (fun least -> value >= least)
        let high = limit "to" |> Option.forall (fun most -> value <= most)

        if low && high then
            None
        else
            Some(FormattableString.Invariant $"{expected.Name} is {value}, expected {expected.Value}")

/// Runs one experiment and compares.
let private runOne (dotnet: string list -> int) (name: string) =
    let expected = load $"{root}/{name}/expected.json"

    let needed =
        property "data" expected
        |> Option.map (fun files -> [ for f in files.EnumerateArray() -> f.GetString() ])
        |> Option.defaultValue []

    let folder = shared () |> Option.map (fun s -> Path.Combine(s, "data"))

    let absent file =
        folder |> Option.forall (fun f -> not (File.Exists(Path.Combine(f, file))))

    match List.tryFind absent needed with
    | Some file -> Skipped $"needs data/{file} of the folder that PENDEL_DATA names"
    | None ->
        let result = $"out/experiments/{name}/result.json"

        if File.Exists result then
            File.Delete result

        let argument = if needed.IsEmpty then [] else Option.toList folder

        match dotnet ([ "fsi"; $"{root}/{name}/run.fsx" ] @ argument) with
        | 0 ->
            let values = (expected.GetProperty "values").EnumerateObject()

            match values |> Seq.choose (difference (load result)) |> List.ofSeq with
            | [] -> AsExpected
            | findings -> Wrong findings
        | code -> Wrong [ $"exit code {code}" ]

/// Names of the folders, in order.
let names () =
    Directory.GetDirectories root
    |> Array.map Path.GetFileName
    |> Array.filter (fun name -> Char.IsDigit name[0])
    |> Array.sort
    |> List.ofArray

/// Runs those whose names begin with one of the given texts, or the quick ones; returns what is wrong, a line each.
///
/// - `dotnet`: runs dotnet with arguments, returns its exit code
let run dotnet (chosen: string list) =
    let isQuick (name: string) =
        (load $"{root}/{name}/expected.json").GetProperty("quick").GetBoolean()

    let wanted (name: string) =
        if chosen.IsEmpty then
            isQuick name
        else
            chosen
            |> List.exists (fun (c: string) -> name.StartsWith(c, StringComparison.Ordinal))

    let outcomes =
        [ for name in names () |> List.filter wanted -> name, runOne dotnet name ]

    for name, outcome in outcomes do
        match outcome with
        | AsExpected -> printfn $"{name}: as expected"
        | Skipped reason -> printfn $"{name}: skipped, {reason}"
        | Wrong findings -> findings |> List.iter (fun f -> printfn $"{name}: {f}")

    [
        for name, outcome in outcomes do
            match outcome with
            | Wrong findings -> yield! findings |> List.map (fun f -> $"{name}: {f}")
            | _ -> ()

        if outcomes.IsEmpty then
            "no experiment has such a name"
    ]
