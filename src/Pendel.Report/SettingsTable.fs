/// Every setting by the name that options, settings files and summaries share: one table for reading, checking and writing.
module Pendel.Report.SettingsTable

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Report.Setting

/// A part of the half-width of the range.
let private rsgLimit = 10.0

/// Degrees.
let private mosaicityLimit = 5.0

/// Degrees.
let private correctionLimit = 10.0

let private learningRateLimit = 1000.0

/// MB
let private memoryLimit = 1e9

let private select change (settings: Settings) =
    { settings with
        Selection = change settings.Selection
    }

let private scoredGMax =
    let plain =
        positive
            "scored-gmax"
            "scored reflections have |g| up to this, 1/Å"
            Settings.largestGMax
            _.Selection.ScoredGMax
            (fun x -> select (fun s -> SelectionSettings(s.BeamGMax, s.SgMax, x, s.Rsg, s.Dsg)))

    { plain with
        Default = Some "that of the beams"
    }

let private rsg =
    {
        Name = "rsg"
        Meaning = "scored reflections have RSg below this: auto is 0.9 in a rotation, 0.4 in a precession"
        Expected = $"auto or a positive number up to {text rsgLimit}"
        Default = None
        Get =
            fun settings ->
                settings.Selection.Rsg
                |> Option.ofNullable
                |> Option.map Number
                |> Option.defaultValue (Word "auto")
        Set =
            fun value settings ->
                let limited limit =
                    Some(select (fun s -> SelectionSettings(s.BeamGMax, s.SgMax, s.ScoredGMax, limit, s.Dsg)) settings)

                match value with
                | Word "auto" -> limited (Nullable())
                | Number x when x > 0.0 && x <= rsgLimit -> limited (Nullable x)
                | _ -> None
    }

let private selection =
    [
        positive "beam-gmax" "beams have |g| up to this, 1/Å" Settings.largestGMax _.Selection.BeamGMax (fun x ->
            select (fun s -> SelectionSettings(x, s.SgMax, s.ScoredGMax, s.Rsg, s.Dsg)))
        scoredGMax
        positive
            "sgmax"
            "beams come within this excitation error, 1/Å"
            Settings.largestSgMax
            _.Selection.SgMax
            (fun x -> select (fun s -> SelectionSettings(s.BeamGMax, x, s.ScoredGMax, s.Rsg, s.Dsg)))
        rsg
        number
            "dsg"
            "scored reflections have DSg above this, 1/Å"
            "a number from -1 to 1"
            (fun x -> abs x <= 1.0)
            _.Selection.Dsg
            (fun x -> select (fun s -> SelectionSettings(s.BeamGMax, s.SgMax, s.ScoredGMax, s.Rsg, x)))
    ]

let private arcs =
    choice
        "arcs"
        "how many neighbouring orientations share a list of beams: by a cost model, or each has its own"
        [ "cost-model", ArcCut.CostModel; "per-tilt", ArcCut.PerTilt ]
        _.Arcs
        (fun x s -> { s with Arcs = x })

let private tilts =
    {
        Name = "tilts"
        Meaning = "orientations that integrate a frame: auto, or the same number for each"
        Expected = $"auto or a whole number from 1 to {Settings.mostTilts}"
        Default = None
        Get =
            fun settings ->
                match settings.Tilts with
                | Sufficient -> Word "auto"
                | Count n -> Number(float n)
        Set =
            fun value settings ->
                match value with
                | Word "auto" -> Some { settings with Tilts = Sufficient }
                | Number n when Double.IsInteger n && n >= 1.0 && n <= float Settings.mostTilts ->
                    Some { settings with Tilts = Count(int n) }
                | _ -> None
    }

let private geometry =
    choice
        "geometry"
        "how the crystal moved while a frame was exposed: auto is as the data show"
        [
            "auto", None
            "rotation", Some CollectionGeometry.Rotation
            "precession", Some CollectionGeometry.Precession
        ]
        _.Geometry
        (fun x s -> { s with Geometry = x })

let private mosaicity name meaning get set =
    {
        Name = name
        Meaning = meaning
        Expected = $"auto, refine or a number from 0 to {text mosaicityLimit}"
        Default = None
        Get =
            fun settings ->
                match get settings with
                | FromData -> Word "auto"
                | Refined -> Word "refine"
                | Degrees m -> Number m
        Set =
            fun value settings ->
                match value with
                | Word "auto" -> Some(set FromData settings)
                | Word "refine" -> Some(set Refined settings)
                | Number m when 0.0 <= m && m <= mosaicityLimit -> Some(set (Degrees m) settings)
                | _ -> None
    }

let private rocking =
    [
        geometry
        arcs
        tilts
        mosaicity
            "mosaicity"
            "spread of the mosaic blocks perpendicular to the rocking axis, degrees: auto is the data file's, and 0 in a precession"
            _.Mosaicity
            (fun x s -> { s with Mosaicity = x })
        mosaicity
            "mosaicity-along"
            "spread of the mosaic blocks about the rocking axis, degrees: auto is the data file's"
            _.MosaicityAlong
            (fun x s -> { s with MosaicityAlong = x })
    ]

/// Whether thicknesses and weights are numbers that a sum and a quotient of them can hold.
let private isOfOneScale distribution =
    let isModerate x = 1e-6 <= x && x <= 1e6

    match distribution with
    | Given values -> values |> List.forall (fun (t, w) -> isModerate t && isModerate w)
    | _ -> true

let private thicknessDistribution =
    let shapes = ThicknessDistribution.names |> List.map fst |> String.concat ", "

    {
        Name = "thickness-distribution"
        Meaning = "how the thickness spreads within a frame, whose thickness is the largest"
        Expected = $"one of {shapes}, or thicknesses with weights such as 0.5:1,1:3, each number from 1e-6 to 1e6"
        Default = None
        Get = fun settings -> Word(ThicknessDistribution.toText settings.ThicknessDistribution)
        Set =
            fun value settings ->
                match value with
                | Word text ->
                    ThicknessDistribution.tryOfText text
                    |> Option.filter isOfOneScale
                    |> Option.map (fun d ->
                        { settings with
                            ThicknessDistribution = d
                        })
                | _ -> None
    }

let private thicknessRange =
    {
        Name = "thickness-range"
        Meaning = "smallest and largest thickness, Å"
        Expected =
            $"a range of positive numbers, the smaller first, such as 100..2000, up to {text Settings.largestThickness}"
        Default = None
        Get = fun settings -> Range(settings.ThicknessMin, settings.ThicknessMax)
        Set =
            fun value settings ->
                match value with
                | Range(low, high) when 0.0 < low && low < high && high <= Settings.largestThickness ->
                    Some
                        { settings with
                            ThicknessMin = low
                            ThicknessMax = high
                        }
                | _ -> None
    }

let private thicknessModel =
    [
        choice
            "thickness-model"
            "thickness as a function of the angle"
            [
                "kinematical", ThicknessChoice.Kinematical
                "constant", ThicknessChoice.Constant
                "per-frame", ThicknessChoice.PerFrame
                "quadratic", ThicknessChoice.Quadratic
                "network", ThicknessChoice.Network
            ]
            _.ThicknessModel
            (fun x s -> { s with ThicknessModel = x })
        choice
            "thickness-prior"
            "prior of the network's curve"
            [ "none", NoPrior; "quadratic", QuadraticPrior ]
            _.ThicknessPrior
            (fun x s -> { s with ThicknessPrior = x })
        integer
            "thickness-samples"
            "thicknesses of a frame over which the joint refinement averages, drawn about the network's mean; 1: the mean alone"
            1
            1000
            _.ThicknessSamples
            (fun x s -> { s with ThicknessSamples = x })
    ]

let private scatteringFactors =
    choice
        "scattering-factors"
        "table of electron scattering factors"
        [
            "lobato", ScatteringFactorTable.Lobato
            "kirkland", ScatteringFactorTable.Kirkland
            "peng1996", ScatteringFactorTable.Peng1996
            "peng1996-extended", ScatteringFactorTable.Peng1996Extended
            "peng1998-ions", ScatteringFactorTable.Peng1998Ions
            "peng1999", ScatteringFactorTable.Peng1999
            "doyle-turner", ScatteringFactorTable.DoyleTurner
            "weickenmeier-kohl", ScatteringFactorTable.WeickenmeierKohl
        ]
        _.ScatteringFactors
        (fun x s -> { s with ScatteringFactors = x })

let private absorption =
    [
        choice
            "absorption"
            "imaginary part of the potential: none, in proportion to the real part, or thermal diffuse scattering"
            [
                "none", Absorption.None
                "proportional", Absorption.Proportional
                "tds", Absorption.ThermalDiffuse
            ]
            _.Absorption
            (fun x s -> { s with Absorption = x })
        number
            "absorption-ratio"
            "imaginary over real part of the potential, for proportional absorption"
            "a number from 0 to 1"
            (fun x -> 0.0 <= x && x <= 1.0)
            _.AbsorptionRatio
            (fun x s -> { s with AbsorptionRatio = x })
    ]

let private precision =
    choice
        "precision"
        "arithmetic of the inner loop"
        [ "auto", Automatic; "single", Single; "double", Double ]
        _.Precision
        (fun x s -> { s with Precision = x })

let private memoryCeiling =
    let plain =
        positive
            "memory-ceiling"
            "most memory for what gradients keep of the propagations, MB; what is beyond is computed again"
            memoryLimit
            _.MemoryCeiling
            (fun x s -> { s with MemoryCeiling = x })

    let written value =
        if value = Number infinity then Word "none" else value

    { plain with
        Expected = $"none or a positive number up to {text memoryLimit}"
        Get = plain.Get >> written
        Set =
            function
            | Word "none" -> fun s -> Some { s with MemoryCeiling = infinity }
            | value -> plain.Set value
    }

let private refinement =
    [
        choice
            "orientation"
            "how the orientation of each frame is refined"
            [
                "gradient", Gradient
                "robust", Robust
                "intensities", Intensities
                "nelder-mead", NelderMead
                "hexagonal", Hexagonal
                "none", Fixed
            ]
            _.Orientation
            (fun x s -> { s with Orientation = x })
        positive
            "orientation-prior"
            "standard deviation of the corrections' prior, degrees"
            correctionLimit
            _.OrientationPrior
            (fun x s -> { s with OrientationPrior = x })
        positive
            "orientation-bound"
            "largest correction of a frame, degrees"
            correctionLimit
            _.OrientationBound
            (fun x s -> { s with OrientationBound = x })
        integer "cycles" "rounds of orientation and joint refinement" 1 1000 _.Cycles (fun x s -> { s with Cycles = x })
        choice
            "loss"
            "what the joint refinement minimises, and orientations by intensities: the frames' mean of wR on intensities with weights of amplitudes, or of wR2"
            [ "wr", LossChoice.WRI; "wr2", LossChoice.WR2 ]
            _.Loss
            (fun x s -> { s with Loss = x })
        choice
            "optimiser"
            "what minimises the loss of the joint refinement"
            [ "adam", OptimiserChoice.Adam; "lbfgs", OptimiserChoice.Lbfgs ]
            _.Optimiser
            (fun x s -> { s with Optimiser = x })
        integer
            "epochs"
            "evaluations of the loss in the last joint refinement; those before have a quarter where orientations are refined, at least 1"
            0
            1000000
            _.Epochs
            (fun x s -> { s with Epochs = x })
        positive
            "learning-rate"
            "learning rate of the structure at the start"
            learningRateLimit
            _.LearningRate
            (fun x s -> { s with LearningRate = x })
        positive
            "network-learning-rate"
            "learning rate of the thickness network at the start"
            learningRateLimit
            _.NetworkLearningRate
            (fun x s -> { s with NetworkLearningRate = x })
        integer "seed" "seed of network and thickness samples" 0 Int32.MaxValue _.Seed (fun x s -> { s with Seed = x })
    ]

/// Every setting, in the order in which it is written.
let all =
    selection
    @ rocking
    @ [ thicknessRange ]
    @ thicknessModel
    @ [ thicknessDistribution; scatteringFactors ]
    @ absorption
    @ [ precision ]
    @ refinement
    @ StructureSettings.all
    @ ValidationSettings.all
    @ [ memoryCeiling ]

/// The setting of a name.
let tryFind name =
    all |> List.tryFind (fun s -> s.Name = name)
