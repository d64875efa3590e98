// What every experiment needs: its data, its folder for results, the file of values that the build compares.
open System
open System.Collections.Generic
open System.IO
open System.Text.Json

let private repository =
    Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", "..", ".."))

/// The folder of measured data that the command line names; the run ends without it.
let dataFolder () =
    match fsi.CommandLineArgs with
    | [| _; folder |] -> folder
    | _ ->
        eprintfn "usage: dotnet fsi run.fsx DATA-FOLDER"
        exit 1

/// A file of the repository, such as a structure that the program brings along.
let inRepository (path: string) = Path.Combine(repository, path)

/// out/experiments/NAME, created where it is absent; NAME is that of the script's folder.
let outFolder (scriptFolder: string) =
    let name = Path.GetFileName(scriptFolder.TrimEnd(Path.DirectorySeparatorChar))

    Directory.CreateDirectory(Path.Combine(repository, "out", "experiments", name)).FullName

/// Writes a text into the experiment's folder and says where.
let write scriptFolder (name: string) (content: string) =
    let path = Path.Combine(outFolder scriptFolder, name)
    File.WriteAllText(path, content)
    printfn "wrote %s" (Path.GetRelativePath(repository, path))

/// Writes result.json, which `build.fsx experiments` compares with expected.json, and prints it.
let writeResult scriptFolder (values: (string * float) list) =
    for name, value in values do
        printfn "%s" (FormattableString.Invariant $"  {name, -32} {value:G6}")

    let ordered = Dictionary(values |> List.map KeyValuePair)
    write scriptFolder "result.json" (JsonSerializer.Serialize(ordered, JsonSerializerOptions(WriteIndented = true)))
