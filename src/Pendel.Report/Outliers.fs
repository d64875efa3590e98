/// Outliers as text and JSON.
module Pendel.Report.Outliers

open System
open System.Globalization
open Pendel.Core
open Pendel.Core.Diagnosis
open Pendel.Report.Json

/// Lines of measurements on the terminal; summary.json has them all.
[<Literal>]
let private MostLines = 10

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

/// The likely cause in words.
let frameCause cause =
    match cause with
    | FewReflections -> "few reflections"
    | Weak -> "weak"
    | OrientationFarOff -> "orientation far off: its correction is near the bound"
    | ThicknessAtBound -> "thickness at an end of its range"
    | ScaleOff -> "scale off its neighbours: damaged, or partly out of the beam"
    | OneReflection hkl -> $"misfit of one strong reflection, {hkl}"
    | Spread -> "misfit of many reflections: orientation or thickness wrong, or damaged"

/// The likely cause in words.
let measurementCause cause =
    match cause with
    | OutlyingFrames -> "its frames are outliers"
    | OneFrame id -> $"frame {id} alone: orientation"
    | EndOfRange -> "at the end of the frames' range"
    | TooStrong -> "measured too strong: overlap with another reflection or crystal, or model incomplete"
    | TooWeak -> "measured too weak: saturated, shadowed or damaged, or model wrong"

let private frameLine (o: FrameOutlier) =
    format
        "  {0,6} {1,9}  {2}"
        [|
            o.Frame.Id
            o.Frame.WR |> Option.map Text.percent |> Option.defaultValue "left out"
            frameCause o.Cause
        |]

let private measurementLine (o: MeasurementOutlier) =
    let hkl = o.Measurement.Hkl

    format
        "  {0,4}{1,4}{2,4} {3,11:G5} {4,9:G3} {5,11:G5} {6,7:F1}  {7,-9} {8}"
        [|
            hkl.H
            hkl.K
            hkl.L
            o.Measurement.Intensity
            o.Measurement.Su
            o.Calculated
            o.Misfit
            FrameIds.toText o.Frames
            measurementCause o.Cause
        |]

/// Frames and measurements that disagree far more than the others; nothing where none does.
let text (d: Diagnosis) =
    [
        if d.Frames.Length > 0 then
            match d.FrameLimit with
            | Some limit -> $"outlying frames, wR above {Text.percent limit} or left out, and the likely cause:"
            | None -> "frames left out, and the likely cause:"

            yield! d.Frames |> Array.map frameLine

        if d.Measurements.Length > 0 then
            format
                "outlying measurements, {0}{1}, and the likely cause:"
                [|
                    d.Measurements.Length
                    (if d.Measurements.Length > MostLines then
                         ", the worst"
                     else
                         "")
                |]

            format
                "  {0,4}{1,4}{2,4} {3,11} {4,9} {5,11} {6,7}  {7,-9}"
                [| "h"; "k"; "l"; "I_obs"; "su"; "I_calc"; "misfit"; "frames" |]

            yield! d.Measurements |> Array.truncate MostLines |> Array.map measurementLine
    ]

/// The same for summary.json.
let internal node (d: Diagnosis) =
    object
        [
            "wR_limit", optional d.FrameLimit
            "frames",
            array
                [
                    for o in d.Frames ->
                        object
                            [
                                "frame", integer o.Frame.Id
                                "wR", optional o.Frame.WR
                                "cause", Json.text (frameCause o.Cause)
                            ]
                ]
            "measurements",
            array
                [
                    for o in d.Measurements ->
                        object
                            [
                                "hkl",
                                array
                                    [
                                        integer o.Measurement.Hkl.H
                                        integer o.Measurement.Hkl.K
                                        integer o.Measurement.Hkl.L
                                    ]
                                "frames", array (o.Frames |> Seq.map integer)
                                "I_obs", number o.Measurement.Intensity
                                "su", number o.Measurement.Su
                                "I_calc", number o.Calculated
                                "misfit", number o.Misfit
                                "cause", Json.text (measurementCause o.Cause)
                            ]
                ]
        ]
