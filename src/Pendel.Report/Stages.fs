/// Names of the stages.
module Pendel.Report.Stages

open Pendel.Core

/// Every stage.
let all =
    [
        ThicknessScan
        GlobalMisset
        FrameOrientation
        MosaicityRefinement
        JointRefinement
    ]

/// The name in files.
let key stage =
    match stage with
    | ThicknessScan -> "thickness-scan"
    | GlobalMisset -> "global-misset"
    | FrameOrientation -> "frame-orientation"
    | MosaicityRefinement -> "mosaicity"
    | JointRefinement -> "joint-refinement"
    | StandardUncertainties -> "standard-uncertainties"
    | SampledFrames -> "sampled-frames"

/// The name in messages.
let title stage =
    match stage with
    | ThicknessScan -> "thickness scan"
    | GlobalMisset -> "global misset"
    | FrameOrientation -> "frame orientation"
    | MosaicityRefinement -> "mosaicity"
    | JointRefinement -> "joint refinement"
    | StandardUncertainties -> "standard uncertainties"
    | SampledFrames -> "sampled frames"
