/// How many of the symmetry-unique reflections the scored rows measure.
module Pendel.Core.Completeness

open System.Collections.Generic
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction

/// Reflections up to the largest scored |g| that differ under the Laue class of the crystal; those that its centring forbids do
/// not count, those that screw axes and glide planes forbid do, since multiple scattering excites them.
type Completeness =
    {
        /// Largest scored |g|, Å⁻¹.
        GMax: float
        Unique: int
        /// Those that a scored row measures.
        Measured: int
    }

    /// Measured over unique.
    member c.Share = float c.Measured / float c.Unique

/// Of scored rows.
let ofRows (crystal: Crystal) (rows: ReflectionResult seq) =
    let measured = rows |> Seq.map _.Row.Observation.Hkl |> HashSet

    let gMax =
        measured
        |> Seq.fold (fun g hkl -> max g (crystal.Cell.ReciprocalLength hkl)) 0.0

    let uniqueOf (reflections: MillerIndex seq) =
        SupportList(ImmutableArray.CreateRange reflections, crystal.SpaceGroup).Unique.Length

    let possible =
        if gMax = 0.0 then
            HashSet()
        else
            ReciprocalLattice.Within(crystal.Cell, crystal.SpaceGroup, gMax * (1.0 + 1e-9))
            |> Seq.filter (fun hkl -> hkl <> MillerIndex.Zero)
            |> HashSet

    {
        GMax = gMax
        Unique = uniqueOf possible
        Measured = measured |> Seq.filter possible.Contains |> uniqueOf
    }

/// Of the scored rows of all data sets of a structure, held-out ones included.
let ofEvaluations (evaluations: Evaluation list) =
    evaluations |> Seq.collect _.Reflections |> ofRows evaluations.Head.Crystal
