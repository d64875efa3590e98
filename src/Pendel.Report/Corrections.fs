/// Distribution of the orientation corrections |ω_f|.
module Pendel.Report.Corrections

open System
open Pendel.Core

/// Angles in degrees.
type Distribution =
    {
        Median: float
        /// Nine tenths of the frames have less.
        NinthDecile: float
        Largest: float
        /// Borders of the classes, from 0 to the bound in tenths.
        Edges: float array
        /// Frames of each class; the last includes the bound and what exceeds it by rounding.
        Counts: int array
    }

[<Literal>]
let private Classes = 10

/// |ω_f| of a frame, degrees.
let magnitude (frame: FrameResult) =
    frame.Correction.Length * 180.0 / Math.PI

/// The distribution over the frames; None without frames.
///
/// - `bound`: bound on |ω_f|, degrees
let distribution bound (frames: FrameResult array) =
    let angles = frames |> Array.map magnitude |> Array.sort

    let quantile p =
        angles[int (Math.Round(p * float (angles.Length - 1)))]

    let classOf angle =
        min (Classes - 1) (int (angle / bound * float Classes))

    if Array.isEmpty angles then
        None
    else
        Some
            {
                Median = quantile 0.5
                NinthDecile = quantile 0.9
                Largest = Array.last angles
                Edges = [| for i in 0..Classes -> bound * float i / float Classes |]
                Counts =
                    [|
                        for i in 0 .. Classes - 1 -> angles |> Array.filter (fun a -> classOf a = i) |> Array.length
                    |]
            }
