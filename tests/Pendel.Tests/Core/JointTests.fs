module Pendel.Tests.Core.JointTests

open System.Threading
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private experiment = geometry quartz.Cell [ -25.0; 0.0; 25.0 ]

let private data =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s))

let private runWith monitor settings data =
    let problem, initial =
        Problem.create settings 1 (Synthesis.displace 2 0.1 quartz) data

    let start = Joint.follow problem (uniform data 400.0 initial)
    let stage = Problem.plan problem start data.Frames
    start, Joint.run monitor problem stage start

let private run settings = runWith Monitor.silent settings

[<Fact>]
let ``the joint refinement lowers the loss and keeps its best state`` () =
    let start, result =
        run
            { settings with
                Epochs = 20
                LearningRate = 0.1
                NetworkLearningRate = 1e-3
            }
            data.Value


    Assert.Equal(21, result.Losses.Length)
    Assert.True(result.Losses[result.BestEpoch] < 0.5 * result.Losses[0])
    Assert.Equal(Array.min result.Losses, result.Losses[result.BestEpoch])
    Assert.NotEqual<float>(start.Structure, result.States[0].Structure)

[<Fact>]
let ``its loss is the mean residual that the settings name`` () =
    let problem, initial = Problem.create settings 1 quartz data.Value

    let start = Joint.follow problem (uniform data.Value 350.0 initial)

    let stage = Problem.plan problem start data.Value.Frames
    let parameters = Array.append start.Structure start.ThicknessParameters.Value

    let intensities =
        ForwardModel.intensities
            stage.Model
            (Problem.potential problem stage (dsharp.tensor start.Structure))
            [|
                for f in data.Value.Frames ->
                    {
                        FrameModel.FrameState.Thickness = start.Thickness[f.Id]
                        Rotation = Pendel.Crystallography.Vector3.Zero
                    }
            |]

    for loss, residual in [ LossChoice.WRI, Residual.wR; LossChoice.WR2, Residual.ofLoss LossChoice.WR2 ] do
        let asked =
            { problem with
                Settings = { settings with Loss = loss }
            }

        let expected =
            Seq.map2 (fun rows (i: float array) -> float (residual rows (dsharp.tensor i))) stage.Model.Rows intensities
            |> Seq.average

        Assert.InRange(expected, 0.01, 1.0)
        Assert.Equal(expected, float (Joint.loss asked stage (dsharp.tensor parameters)), 12)

[<Fact>]
let ``the start is kept where every step is worse`` () =
    let absurd =
        { settings with
            Epochs = 3
            LearningRate = 100.0
            NetworkLearningRate = 100.0
        }

    let start, result = run absurd data.Value
    Assert.Equal(0, result.BestEpoch)
    Assert.Equal(start, result.States[0])
    Assert.All(Array.tail result.Losses, (fun loss -> Assert.True(loss > result.Losses[0])))

[<Fact>]
let ``an interrupted refinement ends after its step`` () =
    use source = new CancellationTokenSource()

    let report =
        function
        | Advanced(JointRefinement, 2, _) -> source.Cancel()
        | _ -> ()

    let _, result =
        runWith { Report = report; Stop = source.Token } { settings with Epochs = 20 } data.Value

    Assert.Equal(3, result.Losses.Length)

/// The loss and its gradient at the start, with the rows of the first frame replaced.
let private lossWith replace =
    let frames =
        data.Value.Frames
        |> Seq.map (fun f ->
            if f.Id = 1 then
                withRows f (replace (List.ofSeq f.Observations))
            else
                f)

    let changed = withFrames experiment frames
    let problem, initial = Problem.create settings 1 quartz changed
    let start = Joint.follow problem (uniform changed 430.0 initial)
    let stage = Problem.plan problem start changed.Frames
    let p = Array.append start.Structure start.ThicknessParameters.Value

    let value, gradient = dsharp.fgrad (Joint.loss problem stage) (dsharp.tensor p)

    stage.Model.Plan.Frames.Length, float value, gradient.toArray1D<float>()

[<Fact>]
let ``frames that do not count neither stop the refinement nor add to its gradient`` () =
    let frames, value, gradient = lossWith (fun _ -> [])
    Assert.Equal(2, frames)

    for name, replace in
        [
            "one row", List.truncate 1
            "two rows", List.truncate 2
            "weak rows only", List.map (fun (o: Observation) -> Observation(o.Hkl, -1.0, 1.0))
        ] do
        let frames, same, slopes = lossWith replace
        Assert.True((3 = frames), name)
        // the support is ordered otherwise, so sums round otherwise
        Assert.Equal(value, same, 1e-14)
        Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) gradient slopes
