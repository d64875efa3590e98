/// Settings that differ from their default and have no effect beside the others, each as a warning.
module Pendel.Core.IdleSettings

open Pendel.Diffraction

let private idle reason names =
    [
        for name, differs in names do
            if differs then
                $"{name} has no effect {reason}"
    ]

/// Those of the model.
///
/// - `geometry`: how the crystal moves, as it is taken to
let ofModel (geometry: CollectionGeometry) (settings: Settings) =
    [
        if geometry = CollectionGeometry.Precession then
            yield!
                idle
                    "in a precession"
                    [
                        "mosaicity-along", settings.MosaicityAlong <> Settings.standard.MosaicityAlong
                    ]
        if settings.Absorption <> Absorption.Proportional then
            yield!
                idle
                    "without absorption proportional"
                    [
                        "absorption-ratio", settings.AbsorptionRatio <> Settings.standard.AbsorptionRatio
                    ]
    ]

/// Those of the stages.
let ofStages (settings: Settings) =
    let standard = Settings.standard

    [
        if settings.ThicknessModel <> ThicknessChoice.Network then
            yield!
                idle
                    "with a thickness-model other than network"
                    [
                        "thickness-prior", settings.ThicknessPrior <> standard.ThicknessPrior
                        "thickness-samples", settings.ThicknessSamples <> standard.ThicknessSamples
                        "network-learning-rate", settings.NetworkLearningRate <> standard.NetworkLearningRate
                        "seed", settings.Seed <> standard.Seed
                    ]
        elif settings.Epochs = 0 then
            yield! idle "without epochs" [ "thickness-samples", settings.ThicknessSamples <> standard.ThicknessSamples ]
        if settings.Orientation = Fixed then
            yield!
                idle
                    "with orientation none"
                    [
                        "orientation-prior", settings.OrientationPrior <> standard.OrientationPrior
                        "orientation-bound", settings.OrientationBound <> standard.OrientationBound
                    ]
        if settings.Epochs = 0 then
            yield!
                idle
                    "without epochs"
                    [
                        "loss", settings.Loss <> standard.Loss && settings.Orientation <> Intensities
                        "hydrogens", settings.Hydrogens <> standard.Hydrogens
                        "occupancies", settings.Occupancies <> standard.Occupancies
                        "restraints", settings.Restraints <> standard.Restraints
                    ]
        if settings.Restraints.IsEmpty then
            yield!
                idle "without restraints" [ "restraint-weight", settings.RestraintWeight <> standard.RestraintWeight ]
        if settings.Free = 0.0 then
            yield! idle "without free" [ "free-seed", settings.FreeSeed <> standard.FreeSeed ]
    ]
