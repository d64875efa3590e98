/// Sets of frames as text: PETS ids and ranges of them, "19,20,50-60".
module Pendel.Core.FrameIds

open System
open System.Globalization

/// More ids than any data set has.
let private largest = 100000

let private tryId (text: string) =
    match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
    | true, id when 1 <= id && id <= largest -> Some id
    | _ -> None

let private tryPart (text: string) =
    match text.Trim().Split '-' |> Array.map tryId with
    | [| Some id |] -> Some [ id ]
    | [| Some first; Some last |] when first <= last -> Some [ first..last ]
    | _ -> None

/// The ids of a text, ascending and each once; None if it is no list of ids and ranges from 1.
let tryOfText (text: string) =
    let parts = text.Split ',' |> Array.toList |> List.map tryPart

    if List.forall Option.isSome parts then
        Some(parts |> List.choose id |> List.concat |> List.distinct |> List.sort)
    else
        None

/// The shortest text of ids: three and more that follow each other as a range.
let toText (ids: int seq) =
    let extend runs id =
        match runs with
        | (first, last) :: rest when id = last + 1 -> (first, id) :: rest
        | _ -> (id, id) :: runs

    let run (first, last) =
        match last - first with
        | 0 -> $"{first}"
        | 1 -> $"{first},{last}"
        | _ -> $"{first}-{last}"

    ids
    |> Seq.distinct
    |> Seq.sort
    |> Seq.fold extend []
    |> List.rev
    |> List.map run
    |> String.concat ","
