// Does averaging over samples of the thickness change what a refinement recovers? See README.md.
#load "../shared/recovery.fsx"

open Pendel.Core

let private recovered samples =
    Recovery.recover
        (fun settings ->
            { settings with
                ThicknessSamples = samples
            })
        1e6

let private named what (recovery: Recovery.Recovery) =
    [
        for name, value in recovery.Values do
            if name <> "wR_mean at the truth" then
                $"{name}, {what}", value
    ]

let alone, sampled = recovered 1, recovered 8
let spreads = sampled.Outcome.Final.Frames |> Array.choose _.ThicknessSpread

Experiment.writeResult
    __SOURCE_DIRECTORY__
    (named "mean alone" alone
     @ named "8 samples" sampled
     @ [ ("mean σ / Å, 8 samples", Array.average spreads) ])
