namespace Pendel.Core

open System
open System.Globalization
open Pendel.Diffraction

/// How the thickness spreads over the illuminated crystal, relative to the frame's thickness.
///
/// F(τ) is the share of the area that is thinner than τ times the thickness, which is the largest of the shape (Palatinus et al. 2015).
type ThicknessDistribution =
    /// One thickness: a plate.
    | Plate
    /// F = τ: a wedge, or a paraboloid; JANA's model 2.
    | Uniform
    /// F = 1 − √(1 − τ²): a cylinder that lies across the beam.
    | Cylinder
    /// F = τ².
    | Sphere
    /// F = 1 − √(1 − τ): a parabolic lens, curved in one direction.
    | Lens
    /// Thicknesses and their weights, both positive, of any unit: the largest is the frame's thickness.
    | Given of (float * float) list

module ThicknessDistribution =
    /// Names of the shapes.
    let names =
        [
            "single", Plate
            "uniform", Uniform
            "cylinder", Cylinder
            "sphere", Sphere
            "lens", Lens
        ]

    /// The name of a shape, or thicknesses with weights as "0.5:1,1:3".
    let toText distribution =
        let invariant (x: float) =
            x.ToString("R", CultureInfo.InvariantCulture)

        match distribution with
        | Given values ->
            values
            |> List.map (fun (t, w) -> $"{invariant t}:{invariant w}")
            |> String.concat ","
        | shape -> names |> List.find (fun (_, s) -> s = shape) |> fst

    /// What `toText` writes, or None; thicknesses and weights have to be positive.
    let tryOfText (text: string) =
        let positive (s: string) =
            match Double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, x when x > 0.0 && Double.IsFinite x -> Some x
            | _ -> None

        let pair (item: string) =
            match item.Split ':' |> Array.map positive with
            | [| Some t; Some w |] -> Some(t, w)
            | _ -> None

        let pairs = text.Split ',' |> Array.toList |> List.map pair

        match List.tryFind (fun (name, _) -> name = text) names with
        | Some(_, shape) -> Some shape
        | None when List.forall Option.isSome pairs -> Some(Given(List.choose id pairs))
        | None -> None

    /// F⁻¹ of the smooth shapes.
    let private quantile distribution p =
        match distribution with
        | Uniform -> p
        | Cylinder -> sqrt (p * (2.0 - p))
        | Sphere -> sqrt p
        | Lens -> p * (2.0 - p)
        | Plate
        | Given _ -> 1.0

    let private normalised values =
        let largest, sum = values |> List.map fst |> List.max, values |> List.sumBy snd
        [| for t, w in values -> ThicknessShare(t / largest, w / sum) |]

    /// Relative thicknesses with weights that add up to 1: for smooth shapes the quantiles in the middle of equal shares.
    ///
    /// - `spacing`: largest mean distance of neighbouring samples, relative to the thickness
    let samples distribution (spacing: float) =
        match distribution with
        | Plate -> [| ThicknessShare(1.0, 1.0) |]
        | Given values -> normalised values
        | shape ->
            let count = int (Math.Ceiling(1.0 / spacing))

            Array.init count (fun k ->
                ThicknessShare(quantile shape ((float k + 0.5) / float count), 1.0 / float count))

    /// F(τ).
    let cumulative distribution tau =
        let inside = Math.Clamp(tau, 0.0, 1.0)

        match distribution with
        | Plate -> if tau < 1.0 then 0.0 else 1.0
        | Uniform -> inside
        | Cylinder -> 1.0 - sqrt (1.0 - inside * inside)
        | Sphere -> inside * inside
        | Lens -> 1.0 - sqrt (1.0 - inside)
        | Given values ->
            normalised values
            |> Array.sumBy (fun share -> if share.Relative <= tau then share.Weight else 0.0)
