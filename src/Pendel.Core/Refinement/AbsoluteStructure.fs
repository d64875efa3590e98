/// Which hand of a structure agrees better with the data, and how certain that is.
///
/// Signed-rank test over the N independent measurements that are scored in both hands: with d = |I_o − cI_c| of the inverse less
/// that of the structure as given, and r the rank of |d| among those that differ, z = Σ sign(d) r / √Σ r²; p = Φ(z). Were both
/// hands alike, each sign would be chance. Many reflections hardly differ between the hands; their ranks are low, while they
/// count like any other in the sign test, which is given beside it: of N measurements k are fitted better by the structure as
/// given, z = (k − N/2)/(√N/2).
/// Sources: Wilcoxon (1945), Biometrics Bull. 1, 80; sign test: Klar et al. (2023), doi 10.1038/s41557-023-01186-1, after Le Page,
/// Gabe & Gainsford (1990), J. Appl. Cryst. 23, 406.
module Pendel.Core.AbsoluteStructure

open MathNet.Numerics.Distributions
open MathNet.Numerics.Statistics
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core.Problem

/// The hand that the data prefer.
type Hand =
    | Given
    | Inverted
    | Undecided

/// Outcome of the tests.
type HandTest =
    {
        /// N: independent measurements that are scored in both hands.
        MeasurementCount: int
        /// k: those that the structure as given fits better; a tie counts one half.
        BetterAsGiven: float
        /// Of the signed ranks, positive for the structure as given; 0 without measurements that differ.
        Z: float
        /// Of the signs alone.
        SignZ: float
        /// Φ(z): probability that the hand is the given one.
        Probability: float
        /// Φ(−z): probability that it is the other one, exact also where it is small.
        ProbabilityOfOther: float
        Hand: Hand
    }

/// |z| below which no hand is named.
[<Literal>]
let Limit = 3.0

let private misfit (r: ReflectionResult) =
    abs (r.Row.Observation.Intensity - r.Calculated)

/// z of signed differences: Σ sign(d) r / √Σ r² over those that are not 0, with the mean rank of equal ones.
let private signedRanks (differences: float array) =
    let d = differences |> Array.filter ((<>) 0.0)
    let ranks = Statistics.Ranks(Array.map abs d, RankDefinition.Average)

    if d.Length = 0 then
        0.0
    else
        Array.fold2 (fun sum x r -> sum + float (sign x) * r) 0.0 d ranks
        / sqrt (ranks |> Array.sumBy (fun r -> r * r))

/// The tests on measurements with the misfits that each hand leaves.
let private test (misfits: struct (float * float) array) : HandTest =
    let differences =
        misfits |> Array.map (fun (struct (given, inverted)) -> inverted - given)

    let better = differences |> Array.sumBy (fun d -> 0.5 * float (1 + sign d))
    let n = float misfits.Length
    let z = signedRanks differences

    {
        MeasurementCount = misfits.Length
        BetterAsGiven = better
        Z = z
        SignZ = if n = 0.0 then 0.0 else (better - n / 2.0) / (sqrt n / 2.0)
        Probability = Normal.CDF(0.0, 1.0, z)
        ProbabilityOfOther = Normal.CDF(0.0, 1.0, -z)
        Hand =
            if z >= Limit then Given
            elif z <= -Limit then Inverted
            else Undecided
    }

/// Compares the misfits |I_o − cI_c| of the same measurements in both hands. A measurement that stands in several rows has the mean
/// misfit of those that are scored in both hands.
let compare (given: ReflectionResult array) (inverted: ReflectionResult array) : HandTest =
    let key (r: ReflectionResult) =
        struct (r.FrameId, r.Row.Observation.Hkl)

    let other = inverted |> Array.map (fun r -> key r, misfit r) |> dict

    given
    |> Array.filter (fun r -> other.ContainsKey(key r))
    |> Array.groupBy _.Row.Observation
    |> Array.map (fun (_, rows) ->
        struct (rows |> Array.averageBy misfit, rows |> Array.averageBy (fun r -> other[key r])))
    |> test

/// The state that a refinement ended in, as the start of another problem.
let private resumed settings threads experiment (outcome: Outcome) =
    let problem, initial =
        Problem.create { settings with Occupancies = [] } threads outcome.Final.Crystal experiment

    let byFrame value =
        outcome.Final.Frames |> Array.map (fun f -> f.Id, value f) |> Map.ofArray

    problem,
    { initial with
        Misset = outcome.Misset
        Corrections = byFrame _.Correction
        Thickness = byFrame _.Thickness
        Mosaicity = outcome.Final.Mosaicity
    }

/// The answer without another refinement: the opposite hand with every parameter of the refined one, which has therefore had its
/// orientations, scales and thicknesses fitted.
///
/// - `outcome`: refinement of the structure as given
let instant settings threads experiment (outcome: Outcome) : HandTest =
    let problem, state = resumed settings threads experiment outcome
    let stage = Problem.plan problem state problem.Experiment.Frames

    compare (Evaluate.at problem stage state).Reflections (Evaluate.atOppositeHand problem stage state).Reflections
