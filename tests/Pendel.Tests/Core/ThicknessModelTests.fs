module Pendel.Tests.Core.ThicknessModelTests

open Pendel.Tensors
open Pendel.Core
open Pendel.Core.ThicknessModel
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Tensors
open Xunit

let private angles = [| for i in -24 .. 24 -> 2.0 * float i |]

let private settings =
    { Settings.standard with
        ThicknessMin = 100.0
        ThicknessMax = 1000.0
    }

let private network change = ofSettings (change settings) angles

let private withPrior s =
    { s with
        ThicknessPrior = QuadraticPrior
    }

let private models =
    [
        "constant", constant
        "per frame", perFrame 100.0 1000.0 0.03 angles
        "quadratic", quadratic 100.0 0.03 angles
        "network", network id
        "network with a prior", network withPrior
    ]

let private curve thickness =
    {
        Angles = angles
        Thickness = angles |> Array.map thickness
        Trust = Array.create angles.Length 1.0
        Stiffness = ThicknessNN.Stiff
    }

/// What a model makes of a curve, at other angles.
let private followed model (thickness: float -> float) at =
    values model at (model.Follow(curve thickness))

[<Fact>]
let ``the derivative of every model agrees with differences`` () =
    let at = [| -48.0; -7.0; 31.0 |]

    for name, model in models do
        let count = (model.Follow(curve (fun a -> 400.0 + 0.05 * a * a))).Length

        PullbackCheck.holdsAt
            3
            { PullbackCheck.case name [ [| count |] ] (fun p -> model.At at p[0]) with
                Interval = -0.2, 0.2
                Step = 1e-3
                Tolerance = 1e-6
            }

[<Fact>]
let ``a model follows the curves that it can describe, at every angle`` () =
    let at = [| -47.0; -20.0; 0.5; 33.0 |]
    let bowl a = 400.0 + 0.3 * a + 0.1 * a * a

    let holds name tolerance thickness =
        let model = List.find (fst >> (=) name) models |> snd

        Array.iter2
            (fun a t -> Assert.True(abs (t - thickness a) < tolerance, $"{name} at {a}: {t} Å"))
            at
            (followed model thickness at)

    holds "constant" 1e-9 (fun _ -> 400.0)
    holds "per frame" 0.2 bowl
    holds "quadratic" 0.1 bowl
    holds "network" 5.0 bowl
    holds "network with a prior" 5.0 bowl
    // a parabola bent downwards is not the quadratic model's: a stays positive
    let flat =
        followed (snd models[2]) (fun a -> 600.0 - 0.1 * a * a) [| -48.0; 0.0; 48.0 |]

    Assert.True(flat[0] > flat[1] && flat[2] > flat[1])

[<Fact>]
let ``the kinematical model knows one thickness and no parameter`` () =
    let model =
        network (fun s ->
            { s with
                ThicknessModel = ThicknessChoice.Kinematical
            })

    Assert.Equal<float>([| 10.0; 10.0 |], followed model (fun _ -> 700.0) [| 0.0; 5.0 |])
    Assert.Empty(model.Follow(curve (fun _ -> 700.0)))

[<Fact>]
let ``one thickness is the mean of the frames that are trusted`` () =
    let trusted =
        { curve (fun a -> 400.0 + a) with
            Trust = angles |> Array.map (fun a -> if a > 0.0 then 1.0 else 0.0)
        }

    Assert.Equal(425.0, (constant.Follow trusted)[0], 1e-9)

[<Fact>]
let ``a model of one's own is refined`` () =
    let experiment = geometry quartz.Cell [ -50.0; -25.0; 0.0; 25.0; 50.0 ]

    let plate a =
        400.0 / cos (a * System.Math.PI / 180.0)

    let data =
        noiseFree DataSets.settings quartz experiment (fun s ->
            { s with
                Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, plate f.Alpha ]
            })

    let model =
        {
            Follow = fun curve -> [| curve.Thickness[2] |]
            Spread = None
            At = fun angles p -> p * dsharp.tensor (angles |> Array.map (fun a -> plate a / 400.0))
            LearningRate = 1.0
        }

    let problem, initial =
        Problem.create { DataSets.settings with Epochs = 60 } 1 quartz data

    let problem = Problem.withThickness model problem
    let start = Joint.follow problem (uniform data 412.0 initial)
    Assert.Equal(412.0 / 400.0 * plate 50.0, start.Thickness[5], 1e-9)

    let result =
        Joint.run Monitor.silent problem (Problem.plan problem start data.Frames) start

    Assert.Equal(400.0, result.States[0].ThicknessParameters.Value[0], 1.0)
