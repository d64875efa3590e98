/// Values of options that are no settings of a refinement.
module Pendel.Cli.OptionValues

open System
open System.Globalization

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

/// A positive number.
let positive options name standard =
    number options name standard "a positive number" (fun x -> x > 0.0)

/// A positive whole number.
let count options name standard =
    number options name (float standard) "a positive whole number" (fun x -> x >= 1.0 && x <= 1e6 && Double.IsInteger x)
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
