/// Joint refinement of positions, ADPs and the thickness network by Adam on the mean wR_I of the frames.
///
/// Rows and beams are those of the orientations at its start and stay frozen, so that losses compare.
module Pendel.Core.Joint

open Pendel.Tensors
open Pendel.Diffraction
open Pendel.Core.Problem

/// The loss as a function of the structure's parameters, then the network's weights.
type Objective =
    {
        Stage: Stage
        Network: ThicknessNN.Network
        Loss: Tensor -> Tensor
    }

/// The network of a problem's frames.
let network (problem: Problem) =
    problem.Experiment.Frames
    |> Seq.map _.Alpha
    |> Seq.toArray
    |> ThicknessNN.create problem.Settings.ThicknessMin problem.Settings.ThicknessMax

/// Place of each planned frame among the data's frames.
let private places (problem: Problem) (stage: Stage) =
    let index = problem.Experiment.Frames |> Seq.mapi (fun i f -> f.Id, i) |> Map.ofSeq
    [| for plan in stage.Model.Plan.Frames -> index[plan.Frame.Id] |]

/// Mean of wR_I over the frames that count, from structure parameters and weights in one vector.
let objective (problem: Problem) (stage: Stage) : Objective =
    let net = network problem
    let structure = problem.Structure.Count
    let scored = Problem.scoredFrames stage
    let places = places problem stage
    let noRotation = dsharp.zeros (3 * places.Length)

    let loss (p: Tensor) =
        let thickness = (ThicknessNN.evaluate net p[structure..]).gather(0, places)
        let potential = Problem.potential problem stage p[.. structure - 1]

        // a frame that the mean leaves out may have no wR_I, or one without a derivative
        let wR i calculated =
            let rows = stage.Model.Rows[i]

            if Residual.isScored rows then
                Residual.wR rows calculated
            else
                dsharp.tensor 0.0

        let losses = ForwardModel.losses stage.Model wR potential thickness noRotation
        (losses.gather (0, scored)).mean()

    {
        Stage = stage
        Network = net
        Loss = loss
    }

/// Thickness of every frame of the data by the network.
let thickness (problem: Problem) (weights: float array) =
    let values =
        (ThicknessNN.evaluate (network problem) (dsharp.tensor weights)).toArray1D<float>()

    problem.Experiment.Frames |> Seq.mapi (fun i f -> f.Id, values[i]) |> Map.ofSeq

/// The network's weights that follow the thicknesses of a state.
let warmStart (problem: Problem) (state: State) =
    let frames = problem.Experiment.Frames |> Seq.toArray
    let typical = state.Thickness |> Map.values |> Seq.average

    let target =
        frames
        |> Array.map (fun f -> state.Thickness |> Map.tryFind f.Id |> Option.defaultValue typical)

    let trust =
        frames
        |> Array.map (fun f -> if state.Thickness.ContainsKey f.Id then 1.0 else 0.0)

    let weights =
        ThicknessNN.warmStart (network problem) (ThicknessNN.initial problem.Settings.Seed) target trust

    { state with
        Network = Some weights
        Thickness = thickness problem weights
    }

/// Loss of each epoch, 0 being the start, and the best state with its epoch.
type Result =
    {
        State: State
        Losses: float array
        BestEpoch: int
    }

/// Runs Adam with cosine decay; keeps the best state, the start included.
///
/// Raises `NumericalException` naming the frame if a loss is not finite.
let run (monitor: Monitor) (problem: Problem) (stage: Stage) (state: State) : Result =
    let settings = problem.Settings
    let objective = objective problem stage
    let count = problem.Structure.Count

    let weights =
        state.Network
        |> Option.defaultWith (fun () -> invalidOp "the network has not been started")

    monitor.Report(Started(StageName.JointRefinement, settings.Epochs))

    let rate epoch =
        let decay = Adam.cosineDecay settings.Epochs epoch

        Array.init (count + weights.Length) (fun i ->
            decay
            * if i < count then
                  settings.LearningRate
              else
                  settings.NetworkLearningRate)

    let mutable p = Array.append state.Structure weights
    let mutable adam = Adam.init p.Length
    let mutable best = p, infinity, 0
    let losses = ResizeArray<float>()

    while losses.Count <= settings.Epochs
          && not (losses.Count > 0 && monitor.Stop.IsCancellationRequested) do
        let value, gradient = dsharp.fgrad objective.Loss (dsharp.tensor p)
        let epoch, loss = losses.Count, float value
        losses.Add loss
        monitor.Report(Advanced(StageName.JointRefinement, epoch, Some loss))
        let _, least, _ = best

        if loss < least then
            best <- Array.copy p, loss, epoch

        let struct (shift, next) =
            Adam.update (rate epoch) adam (gradient.toArray1D<float>())

        adam <- next
        p <- Array.map2 (+) p shift

    let parameters, _, epoch = best

    {
        State =
            { state with
                Structure = parameters[.. count - 1]
                Network = Some parameters[count..]
                Thickness = thickness problem parameters[count..]
            }
        Losses = losses.ToArray()
        BestEpoch = epoch
    }
