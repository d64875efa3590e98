/// Where the measured data and the oracles of other programs lie: `PENDEL_DATA`, or `shared` beside the checkout.
module Pendel.Tests.SharedData

open System
open System.IO
open Xunit

let private root =
    let rec above (folder: DirectoryInfo | null) =
        match folder with
        | null -> None
        | f ->
            let candidate = Path.Combine(f.FullName, "shared")

            if File.Exists(Path.Combine(candidate, "SPEC.md")) then
                Some candidate
            else
                above f.Parent

    match Environment.GetEnvironmentVariable "PENDEL_DATA" with
    | null
    | "" -> above (DirectoryInfo AppContext.BaseDirectory)
    | folder -> Some folder

/// The full path of a shared file, or None where it is absent.
let tryPath (relative: string) =
    root
    |> Option.map (fun folder -> Path.Combine(folder, relative))
    |> Option.filter (fun path -> File.Exists path || Directory.Exists path)

/// A test that needs shared files; it is skipped, with the reason, where one of them is absent.
[<AttributeUsage(AttributeTargets.Method)>]
type SharedFactAttribute([<ParamArray>] files: string array) =
    inherit FactAttribute()

    do
        match files |> Array.tryFind (fun f -> (tryPath f).IsNone) with
        | Some missing -> base.Skip <- $"needs shared/{missing}: set PENDEL_DATA to the folder that holds it"
        | None -> ()

/// The full path of a shared file that a `SharedFact` has named.
let path relative =
    tryPath relative
    |> Option.defaultWith (fun () -> failwith $"shared/{relative} is absent")
