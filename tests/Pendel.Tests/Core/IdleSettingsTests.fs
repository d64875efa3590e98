module Pendel.Tests.Core.IdleSettingsTests

open Pendel.Core
open Pendel.Diffraction
open Xunit

let private standard = Settings.standard

let private named (warnings: string list) =
    warnings |> List.map (fun w -> w.Split(' ')[0])

[<Fact>]
let ``settings of stages and parts that do not take part are named, the defaults are not`` () =
    let idle =
        { standard with
            ThicknessPrior = QuadraticPrior
            ThicknessSamples = 4
            NetworkLearningRate = 1e-3
            Seed = 3
            OrientationPrior = 0.1
            OrientationBound = 2.0
            FreeSeed = 1
        }

    Assert.Equal<string list>([ "free-seed" ], named (IdleSettings.ofStages idle))

    Assert.Equal<string list>(
        [
            "thickness-prior"
            "thickness-samples"
            "network-learning-rate"
            "seed"
            "orientation-prior"
            "orientation-bound"
        ],
        named (
            IdleSettings.ofStages
                { idle with
                    ThicknessModel = ThicknessChoice.PerFrame
                    Orientation = Fixed
                    Free = 0.1
                }
        )
    )

    Assert.Equal<string list>(
        [ "thickness-samples"; "occupancies"; "free-seed" ],
        named (
            IdleSettings.ofStages
                { idle with
                    Epochs = 0
                    Occupancies = [ RefinedOccupancy.Alone "Na1" ]
                }
        )
    )

    let withoutEpochs orientation =
        { standard with
            Loss = LossChoice.WR2
            Orientation = orientation
            Epochs = 0
        }

    Assert.Equal<string list>([ "loss" ], named (IdleSettings.ofStages (withoutEpochs Gradient)))
    Assert.Empty(IdleSettings.ofStages (withoutEpochs Intensities))

    Assert.Empty(
        IdleSettings.ofStages
            { standard with
                ThicknessModel = ThicknessChoice.PerFrame
                Orientation = Fixed
            }
    )

[<Fact>]
let ``widths about the axis of a precession and a ratio without its absorption are named`` () =
    let idle =
        { standard with
            MosaicityAlong = Degrees 0.1
            AbsorptionRatio = 0.2
        }

    Assert.Equal<string list>(
        [ "mosaicity-along"; "absorption-ratio" ],
        named (IdleSettings.ofModel CollectionGeometry.Precession idle)
    )

    Assert.Empty(
        IdleSettings.ofModel
            CollectionGeometry.Rotation
            { idle with
                Absorption = Absorption.Proportional
            }
    )
