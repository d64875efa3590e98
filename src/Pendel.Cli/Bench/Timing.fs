/// Wall times of repeated work, and what is made of them.
module Pendel.Cli.Timing

open System
open System.Diagnostics

/// Seconds of a call.
let seconds (work: unit -> 'T) () =
    let start = Stopwatch.GetTimestamp()
    work () |> ignore
    Stopwatch.GetElapsedTime(start).TotalSeconds

[<Literal>]
let private WarmUp = 0.5

[<Literal>]
let private FewestRepeats = 5

[<Literal>]
let private MostRepeats = 200

/// Times clocks in turns, so that what disturbs one disturbs all, for about so many seconds after they are warm; a row of times
/// for each. A clock says the seconds of what it does.
let inTurns budget (clocks: (unit -> float) list) : float array list =
    let start = Stopwatch.GetTimestamp()

    while Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUp do
        for clock in clocks do
            clock () |> ignore

    let round () = [ for clock in clocks -> clock () ]
    let start = Stopwatch.GetTimestamp()

    let rounds =
        [
            for repeat in 1..MostRepeats do
                if repeat <= FewestRepeats || Stopwatch.GetElapsedTime(start).TotalSeconds < budget then
                    round ()
        ]

    List.transpose rounds |> List.map List.toArray

/// The median; of an even number of values the mean of the middle two.
let median (values: float array) =
    let sorted = Array.sort values
    let n = sorted.Length
    0.5 * (sorted[(n - 1) / 2] + sorted[n / 2])

/// The median of the ratios of two rows of times, turn by turn.
let ratio (numerator: float array) (denominator: float array) =
    Array.map2 (/) numerator denominator |> median

/// p of y = c xᵖ by least squares on logarithms.
let exponent (points: (float * float) list) =
    let points = [ for x, y in points -> log x, log y ]
    let meanX, meanY = List.averageBy fst points, List.averageBy snd points

    List.sumBy (fun (x, y) -> (x - meanX) * (y - meanY)) points
    / List.sumBy (fun (x, _) -> (x - meanX) ** 2.0) points

/// One line of a benchmark.
type Entry =
    {
        Name: string
        /// Every time that was taken, s.
        Times: float array
        /// What else was found, by its name: "fractionOfPeak", "gflops", "N", "tilts", "ratio", "exponent", "share".
        Found: (string * float) list
    }
