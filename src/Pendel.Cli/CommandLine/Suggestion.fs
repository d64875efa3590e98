/// The name that somebody who mistyped it meant.
module Pendel.Cli.Suggestion

/// Levenshtein distance: the fewest insertions, deletions and replacements that turn one text into the other.
let distance (a: string) (b: string) =
    let next (row: int array) i =
        let result = Array.create row.Length (i + 1)

        for j in 0 .. b.Length - 1 do
            let replaced = row[j] + (if a[i] = b[j] then 0 else 1)
            result[j + 1] <- min replaced (1 + min row[j + 1] result[j])

        result

    Seq.fold next [| 0 .. b.Length |] (seq { 0 .. a.Length - 1 }) |> Array.last

/// The nearest of the names, unless more than half of it would have to change.
let nearest (names: string seq) (mistyped: string) =
    let candidate = names |> Seq.minBy (distance mistyped)

    if 2 * distance mistyped candidate <= candidate.Length then
        Some candidate
    else
        None
