/// Measurements that are held out of a refinement, so that they can tell how far it describes what it has not seen.
///
/// A measurement (equal rows of overlapping frames) is wholly in or wholly out. Each one draws a number of its own from the
/// seed and from what the data file says of it, so the choice depends on neither orientation nor structure nor the other rows.
module Pendel.Core.HoldOut

open System
open System.Collections.Immutable
open Pendel.Diffraction

/// A number in [0, 1) that a seed gives to a measurement, the same on every machine.
let draw (seed: int) (measurement: Observation) =
    // −0 and 0 are equal, so they get one pattern of bits
    let bits (x: float) =
        BitConverter.DoubleToUInt64Bits(x + 0.0)

    let hkl = measurement.Hkl

    Draw.uniform
        [
            uint64 seed
            uint64 hkl.H
            uint64 hkl.K
            uint64 hkl.L
            bits measurement.Intensity
            bits measurement.Su
        ]

/// True for a measurement that is held out.
let isHeldOut (settings: Settings) measurement =
    settings.Free > 0.0 && draw settings.FreeSeed measurement < settings.Free

let private keeping choose (frame: VirtualFrame) =
    frame.Observations
    |> Seq.filter choose
    |> ImmutableArray.CreateRange
    |> frame.WithObservations

/// Frames with the rows that are refined against, and the same frames with those that are held out (none where `free` is 0).
let split (settings: Settings) (frames: ImmutableArray<VirtualFrame>) =
    let isFree = isHeldOut settings

    if settings.Free > 0.0 then
        struct (frames |> Seq.map (keeping (isFree >> not)) |> ImmutableArray.CreateRange,
                frames |> Seq.map (keeping isFree) |> ImmutableArray.CreateRange)
    else
        struct (frames, ImmutableArray.Empty)
