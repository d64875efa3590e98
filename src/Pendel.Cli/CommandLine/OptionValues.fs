/// Values of options that are no settings of a refinement.
module Pendel.Cli.OptionValues

open System
open System.Globalization
open Pendel.Report

/// A number that is allowed, or the default where the option is absent.
///
/// Raises `UsageException` for another one.
let number (options: Map<string, string>) name standard expected isAllowed =
    match options.TryFind name with
    | None -> standard
    | Some text ->
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, x when Double.IsFinite x && isAllowed x -> x
        | _ -> raise (UsageException $"--{name}: found \"{text}\", expected {expected}")

/// A positive number up to a limit.
let positive options name standard limit =
    number options name standard $"a positive number up to {Setting.text limit}" (fun x -> 0.0 < x && x <= limit)

/// A whole number from 1 to the most.
let count options name standard (most: int) =
    let isAllowed x =
        1.0 <= x && x <= float most && Double.IsInteger x

    number options name (float standard) $"a whole number from 1 to {most}" isAllowed
    |> int

/// The case of a name, or the first one where the option is absent.
let choice (options: Map<string, string>) name (cases: (string * 'T) list) =
    match options.TryFind name with
    | None -> snd cases.Head
    | Some text ->
        match cases |> List.tryFind (fun (word, _) -> word = text) with
        | Some(_, value) -> value
        | None ->
            let words = cases |> List.map fst |> String.concat ", "
            raise (UsageException $"--{name}: found \"{text}\", expected one of {words}")
