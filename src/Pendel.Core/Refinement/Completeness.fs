/// How many of the symmetry-unique reflections the scored rows measure.
module Pendel.Core.Completeness

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction

/// Reflections up to a |g| that differ under the Laue class of the crystal; those that its centring forbids do not count, those
/// that screw axes and glide planes forbid do, since multiple scattering excites them.
type Completeness =
    {
        /// Å⁻¹.
        GMax: float
        Unique: int
        /// Those that a scored row measures.
        Measured: int
    }

    /// Measured over unique.
    member c.Share = float c.Measured / float c.Unique

/// - `gMax`: Å⁻¹
/// - `rows`: scored rows
let ofRows (crystal: Crystal) gMax (rows: ReflectionResult seq) =
    let uniqueOf (reflections: MillerIndex seq) =
        SupportList(ImmutableArray.CreateRange reflections, crystal.SpaceGroup).Unique.Length

    let possible =
        ReciprocalLattice.Within(crystal.Cell, crystal.SpaceGroup, gMax)
        |> Seq.filter (fun hkl -> hkl <> MillerIndex.Zero)
        |> set

    {
        GMax = gMax
        Unique = uniqueOf possible
        Measured =
            rows
            |> Seq.map _.Row.Observation.Hkl
            |> Seq.distinct
            |> Seq.filter possible.Contains
            |> uniqueOf
    }

/// Of the scored rows of all data sets of a structure, held-out ones included.
let ofEvaluations (settings: Settings) (evaluations: Evaluation list) =
    evaluations
    |> Seq.collect _.Reflections
    |> ofRows evaluations.Head.Crystal settings.Selection.ScoredGMax
