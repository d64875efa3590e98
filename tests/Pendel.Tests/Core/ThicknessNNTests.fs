module Pendel.Tests.Core.ThicknessNNTests

open System
open System.IO
open System.Text.Json
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.SharedData
open Pendel.Tests.Tensors
open Xunit

let private at network (weights: float array) =
    (ThicknessNN.evaluate network (dsharp.tensor weights)).toArray1D<float>()

[<Fact>]
let ``no weights lead out of the bounds`` () =
    let network = ThicknessNN.create 100.0 700.0 [| -30.0; 10.0; 12.0; 60.0 |]

    Array.iter2
        (fun x (expected: float) -> Assert.Equal(expected, x, 1e-14))
        network.Inputs
        [| -1.0; -1.0 / 9.0; -1.0 / 15.0; 1.0 |]

    Assert.Equal(4418, ThicknessNN.weightCount)

    for scale in [ 0.0; 1.0; 1e3; 1e9 ] do
        for seed in 1..4 do
            let weights = ThicknessNN.initial seed |> Array.map ((*) scale)

            for t in at network weights do
                Assert.InRange(t, 100.0, 700.0)

    Assert.Equal<float>(Array.create 4 400.0, at network (Array.zeroCreate 4418))

    Assert.Throws<ArgumentException>(fun () -> ThicknessNN.create 100.0 700.0 [||] |> ignore)
    |> ignore

    Assert.Throws<ArgumentException>(fun () -> ThicknessNN.create 700.0 700.0 [| 1.0 |] |> ignore)
    |> ignore

[<SharedFact("oracle/diffbloch/quartz_gradients_nn_metrics.json")>]
let ``the network is the paper's up to its output map`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/diffbloch/quartz_gradients_nn_metrics.json"))

    let oracle = document.RootElement.GetProperty "thickness_nn"

    let values (e: JsonElement) =
        [| for x in e.EnumerateArray() -> x.GetDouble() |]

    let part (name: string) =
        (oracle.GetProperty "params").GetProperty name

    let bias layer = values (part $"layer{layer}.bias")
    // rows are outputs there and inputs here
    let weight layer =
        [| for row in (part $"layer{layer}.weight").EnumerateArray() -> values row |]
        |> Array.transpose
        |> Array.concat

    let weights = Array.concat [ weight 0; bias 0; weight 1; bias 1; weight 2; bias 2 ]
    let network = ThicknessNN.create 1000.0 2000.0 (values (oracle.GetProperty "x"))
    let expected = values (oracle.GetProperty "thickness_at_init")

    for t, linear in Array.zip (at network weights) expected do
        let output = (linear - 1000.0) / 500.0 - 1.0
        Assert.Equal(1000.0 + 1000.0 / (1.0 + exp (-2.0 * output)), t, 2e-3)

[<Fact>]
let ``the derivative of the network agrees with differences`` () =
    let network = ThicknessNN.create 100.0 700.0 [| -30.0; 10.0; 60.0 |]

    PullbackCheck.holdsAt
        3
        { PullbackCheck.case "ThicknessNN" [ [| 4418 |] ] (fun w -> ThicknessNN.evaluate network w[0]) with
            Interval = -0.2, 0.2
            Step = 1e-3
            Tolerance = 1e-7
        }

[<Fact>]
let ``the warm start follows a smooth curve, and the frames that are trusted`` () =
    let angles = [| for i in -49 .. 49 -> float i |]
    let curve = angles |> Array.map (fun a -> 500.0 + 250.0 * sin (a / 15.0) + a)
    let network = ThicknessNN.create 100.0 1000.0 angles

    let start seed =
        ThicknessNN.warmStart ThicknessNN.Stiff network (ThicknessNN.initial seed)

    let trust = Array.create 99 1.0

    for seed in 0..2 do
        Array.iter2 (fun t expected -> Assert.Equal(expected, t, 5.0)) (at network (start seed curve trust)) curve

    // every tenth frame unknown, with a wild guess that is not trusted
    let holes i = i % 10 = 5
    let guess = curve |> Array.mapi (fun i t -> if holes i then 950.0 else t)
    let doubtful = trust |> Array.mapi (fun i w -> if holes i then 0.0 else w)
    Array.iter2 (fun t expected -> Assert.Equal(expected, t, 5.0)) (at network (start 0 guess doubtful)) curve

[<Fact>]
let ``the warm start follows a clean curve closely and smooths a noisy one`` () =
    let angles = [| for i in -49 .. 49 -> float i |]
    let curve = angles |> Array.map (fun a -> 600.0 + 300.0 * cos (a / 7.0))
    let random = Random 1
    let noisy = curve |> Array.map (fun t -> t + 20.0 * (random.NextDouble() - 0.5))
    let network = ThicknessNN.create 100.0 1100.0 angles

    let off stiffness target =
        at network (ThicknessNN.warmStart stiffness network (ThicknessNN.initial 0) target (Array.create 99 1.0))
        |> Array.map2 (fun expected t -> (t - expected) ** 2.0) curve
        |> Array.average
        |> sqrt

    Assert.InRange(off ThicknessNN.AsSmoothAsTheCurve curve, 0.0, 1.0)
    // the noise is 5.8 Å
    Assert.InRange(off ThicknessNN.AsSmoothAsTheCurve noisy, 0.0, 4.0)
    Assert.True(off ThicknessNN.Stiff curve > 4.0 * off ThicknessNN.AsSmoothAsTheCurve curve)

[<Fact>]
let ``a single frame takes its thickness from the warm start, also at the bound`` () =
    let network = ThicknessNN.create 100.0 700.0 [| 12.0 |]

    let start target =
        ThicknessNN.warmStart ThicknessNN.Stiff network (ThicknessNN.initial 0) [| target |] [| 1.0 |]

    Assert.Equal(333.0, (at network (start 333.0))[0], 1e-6)
    // bounds count as 0.1 % of the range inside them
    Assert.Equal(699.4, (at network (start 700.0))[0], 1e-6)

[<Fact>]
let ``one seed gives one network`` () =
    Assert.Equal<float>(ThicknessNN.initial 5, ThicknessNN.initial 5)
    Assert.NotEqual<float>(ThicknessNN.initial 5, ThicknessNN.initial 6)
