module Pendel.Tests.Core.ThicknessSamplingTests

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.ThicknessSampling
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Tensors
open Xunit

let private angles = [ for i in -6 .. 6 -> 8.0 * float i ]
let private experiment = geometry quartz.Cell angles
let private frames = Seq.toArray experiment.Frames

let private sampled n =
    { settings with
        ThicknessSamples = n
        ThicknessMin = 100.0
        ThicknessMax = 1100.0
    }

let private model n =
    ThicknessModel.ofSettings (sampled n) (List.toArray angles)

/// Parameters of a network whose μ follows a straight line over the angle, Å.
let private following n =
    (model n).Follow
        {
            Angles = List.toArray angles
            Thickness = [| for a in angles -> 500.0 + a |]
            Trust = Array.create angles.Length 1.0
            Stiffness = ThicknessNN.Stiff
        }

let private at n (p: float array) =
    (samples (sampled n) (model n) frames (dsharp.tensor p)).toArray1D<float>()

[<Fact>]
let ``deviations are standard normal, come in pairs about the mean and belong to seed, frame and place`` () =
    let drawn = [| for id in 1..5000 -> deviations 7 4 id |]
    let first = drawn |> Array.map (fun e -> e[0])
    // 5000 draws: standard errors 0.014, 0.02 and 0.07
    Assert.InRange(Array.average first, -0.05, 0.05)
    Assert.InRange(first |> Array.averageBy (fun e -> e * e), 0.93, 1.07)
    Assert.InRange(first |> Array.averageBy (fun e -> e ** 4.0), 2.6, 3.4)

    for e in drawn do
        Assert.Equal<float>([| e[0]; -e[0]; e[2]; -e[2] |], e)
        Assert.NotEqual(e[0], e[2])

    Assert.Equal(5000, (Array.distinct first).Length)
    Assert.Equal<float>(drawn[41], deviations 7 4 42)
    Assert.Equal<float>(Array.truncate 3 drawn[41], deviations 7 3 42)
    Assert.NotEqual<float>(drawn[41], deviations 8 4 42)

[<Fact>]
let ``without samples the thicknesses are those of the model, bit by bit`` () =
    Assert.True((model 1).Spread.IsNone)
    let p = following 1
    Assert.Equal<float>(ThicknessModel.values (model 1) (List.toArray angles) p, at 1 p)

[<Fact>]
let ``samples spread about the mean by 1 % of the range at first, and up to a tenth of it`` () =
    let p = following 4
    let mean = ThicknessModel.values (model 4) (List.toArray angles) p
    Assert.Equal<float>(mean, ThicknessModel.values (model 1) (List.toArray angles) (following 1))

    let spread (p: float array) =
        ((model 4).Spread.Value.At (List.toArray angles) (dsharp.tensor p)).toArray1D<float>()

    Assert.All(spread p, (fun s -> Assert.Equal(10.0, s, 1e-10)))

    let t = at 4 p

    for f in 0 .. frames.Length - 1 do
        let epsilon = deviations settings.Seed 4 frames[f].Id

        for j in 0..3 do
            Assert.Equal(mean[f] + 10.0 * epsilon[j], t[4 * f + j], 1e-9)

    for bias, expected in [ -50.0, 1.0; 50.0, 100.0 ] do
        let moved = Array.copy p
        moved[moved.Length - 1] <- bias
        Assert.All(spread moved, (fun s -> Assert.Equal(expected, s, 1e-9)))

[<Fact>]
let ``samples stay positive, however wide they spread about a thin crystal`` () =
    let p = ThicknessNN.initial 1 |> Array.map ((*) 0.0)
    p[p.Length - 2] <- -50.0
    p[p.Length - 1] <- 50.0
    let t = at 64 p
    Assert.All(t, (fun t -> Assert.True(t > 0.0, $"{t} Å")))
    Assert.InRange(Array.min t, 0.0, 10.0)

[<Fact>]
let ``the derivative of the samples agrees with differences in all weights`` () =
    let settings, model = sampled 3, model 3

    PullbackCheck.holdsAt
        3
        { PullbackCheck.case "samples" [ [| ThicknessNN.weightCount |] ] (fun p -> samples settings model frames p[0]) with
            Interval = -0.2, 0.2
            Step = 1e-3
            Tolerance = 1e-7
        }

/// A refinement of data from 400 Å + α, by a structure up to 0.1 Å off along each axis.
let private refined n threads =
    let settings =
        { settings with
            Selection = SelectionSettings(1.3, 0.015, 1.3, 0.9, 0.0)
            Epochs = 60
            LearningRate = 0.06
            NetworkLearningRate = 1e-3
            ThicknessSamples = n
        }

    let experiment = geometry quartz.Cell [ -45.0; -30.0; -15.0; 0.0; 15.0; 30.0; 45.0 ]

    let data =
        noiseFree settings quartz experiment (fun s ->
            { s with
                Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, 400.0 + f.Alpha ]
            })

    Refine.run Monitor.silent settings threads (Synthesis.displace 3 0.1 quartz) data

[<Fact>]
let ``a refinement with samples finds the structure, repeats to the bit and states the spread`` () =
    let outcome, again, alone = refined 4 1, refined 4 2, refined 1 1
    Assert.Equal<FrameResult>(outcome.Final.Frames, again.Final.Frames)
    Assert.Equal<HistoryEntry>(outcome.History, again.History)
    Assert.Equal<AtomSite>(outcome.Final.Crystal.Sites, again.Final.Crystal.Sites)
    Assert.NotEqual<HistoryEntry>(alone.History, outcome.History)

    Assert.All(alone.Final.Frames, (fun f -> Assert.True f.ThicknessSpread.IsNone))
    // the crystal is a plate: from 7 Å, where it starts, σ falls towards its least, 0.7 Å
    let spread = outcome.Final.Frames |> Array.averageBy _.ThicknessSpread.Value

    let off (o: Outcome) =
        (StructureComparison.Of(quartz, o.Final.Crystal)).Rmsd

    Assert.InRange(spread, 0.7, 5.0)
    Assert.InRange(off outcome, 0.0, 2.0 * off alone)
