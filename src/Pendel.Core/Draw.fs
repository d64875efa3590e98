/// Numbers that follow from a seed and from what they are drawn for, not from the order in which they are drawn.
module Pendel.Core.Draw

open MathNet.Numerics.Distributions

/// The finaliser of SplitMix64: Steele, Lea & Flood (2014), doi 10.1145/2660193.2660195.
let private mix (x: uint64) =
    let x = (x ^^^ (x >>> 30)) * 0xBF58476D1CE4E5B9UL
    let x = (x ^^^ (x >>> 27)) * 0x94D049BB133111EBUL
    x ^^^ (x >>> 31)

/// A number in [0, 1) that belongs to these words in this order, the same on every machine.
let uniform (words: uint64 list) =
    words
    |> List.fold (fun state word -> mix (state + word + 0x9E3779B97F4A7C15UL)) 0UL
    |> fun hash -> float (hash >>> 11) / float (1UL <<< 53)

/// Half of the smallest positive `uniform`.
let private least = 0.5 / float (1UL <<< 53)

/// A number of the standard normal distribution that belongs to these words: Φ⁻¹ of `uniform`.
let normal words =
    Normal.InvCDF(0.0, 1.0, max least (uniform words))
