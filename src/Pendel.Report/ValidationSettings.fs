/// Settings of what is left out of a refinement.
module internal Pendel.Report.ValidationSettings

open System
open System.Globalization
open Pendel.Core
open Pendel.Report.Setting

let private excludedFrames =
    let set text settings =
        FrameIds.tryOfText text
        |> Option.map (fun ids -> { settings with ExcludedFrames = ids })

    {
        Name = "exclude-frames"
        Meaning = "frames that are left out, by their PETS ids"
        Expected = "none, or ids and ranges such as 19,20,50-60"
        Default = None
        Get =
            fun settings ->
                Word(
                    if settings.ExcludedFrames.IsEmpty then
                        "none"
                    else
                        FrameIds.toText settings.ExcludedFrames
                )
        Set =
            fun value settings ->
                match value with
                | Word "none" -> Some { settings with ExcludedFrames = [] }
                | Word text -> set text settings
                | Number id -> set (id.ToString CultureInfo.InvariantCulture) settings
                | _ -> None
    }

let all =
    [
        number
            "free"
            "share of the measurements that is held out, for R_free"
            "a number from 0 to below 1"
            (fun x -> 0.0 <= x && x < 1.0)
            _.Free
            (fun x s -> { s with Free = x })
        integer "free-seed" "seed of their choice" 0 Int32.MaxValue _.FreeSeed (fun x s -> { s with FreeSeed = x })
        excludedFrames
    ]
