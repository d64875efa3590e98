/// Joint refinement of positions, ADPs and the thickness models on the mean wR_I, or wR2, of the frames, with restraints.
///
/// Several data sets have one structure and a thickness model each; the mean is over the frames of all.
/// Rows and beams are those of the orientations at its start and stay frozen, so that losses compare.
module Pendel.Core.Joint

open Pendel.Tensors
open Pendel.Diffraction
open Pendel.Core.Problem
open Pendel.Core.DataSet

/// Independent measurements of the frames that count.
let private measurementCount (stage: Stage) =
    Problem.scoredFrames stage
    |> Seq.collect (fun i -> stage.Model.Plan.Frames[i].Scored)
    |> Seq.distinctBy _.Observation
    |> Seq.length

/// R·√(1 + wχ²/N), R the mean residual: a restraint that is off by its su weighs as w measurements of average misfit (CONVENTIONS,
/// Restraints).
///
/// - `measurements`: N
/// - `q`: parameters of the structure
let private restrained (problem: Problem) measurements : Tensor -> Tensor -> Tensor =
    if problem.Restraints.Count = 0 then
        fun _ residual -> residual
    else
        let weight = problem.Settings.RestraintWeight / float (max 1 measurements)

        fun q residual ->
            let chiSquare =
                Restraints.chiSquare problem.Restraints (StructureModel.evaluate problem.Structure q)

            residual * dsharp.sqrt (weight * chiSquare + 1.0)

/// The residuals of the frames of a data set that count, of intensities at the thickness of the model or averaged over its samples,
/// from parameters of the structure and of the thickness model.
let private frameLosses (problem: Problem) (stage: Stage) : Tensor -> Tensor -> Tensor =
    let scored = Problem.scoredFrames stage

    if scored.Length = 0 then
        raise (System.ArgumentException ThicknessScan.nothingScored)

    let frames = [| for plan in stage.Model.Plan.Frames -> plan.Frame |]
    let noRotation = dsharp.zeros (3 * frames.Length)

    let samples =
        ThicknessSampling.samples problem.Settings problem.ThicknessModel frames

    // a frame that the mean leaves out may have no residual, or one without a derivative
    let ofFrame i calculated =
        let rows = stage.Model.Rows[i]

        if Residual.isScored rows then
            Residual.ofLoss problem.Settings.Loss rows calculated
        else
            dsharp.tensor 0.0

    fun q t ->
        let potential = Problem.potential problem stage q

        let losses =
            ForwardModel.losses stage.Model ofFrame potential (samples t) noRotation

        losses.gather (0, scored)

/// The loss of data sets with the place of their thickness parameters in the vector.
let private lossOf (parts: (Problem * Stage * (Tensor -> Tensor)) array) : Tensor -> Tensor =
    let problem, _, _ = parts[0]
    let structure = problem.Structure.Count

    let restrained =
        parts
        |> Array.sumBy (fun (_, stage, _) -> measurementCount stage)
        |> restrained problem

    let losses =
        parts
        |> DataSet.each (fun _ (problem, stage, place) ->
            let frames = frameLosses problem stage
            fun (p: Tensor) -> frames p[.. structure - 1] (place p))

    fun p ->
        (losses |> DataSet.each (fun _ frames -> frames p) |> dsharp.cat).mean()
        |> restrained p[.. structure - 1]

/// Mean of the residual over the frames that count, of intensities at the thickness of the model or averaged over its samples,
/// from structure parameters, then those of the thickness model, in one vector; with what restraints add.
let loss (problem: Problem) (stage: Stage) : Tensor -> Tensor =
    lossOf [| problem, stage, (fun p -> p[problem.Structure.Count ..]) |]

/// The thickness parameters of a data set.
///
/// Raises `InvalidOperationException` where there are none yet.
let private thicknessParameters (state: State) =
    state.ThicknessParameters
    |> Option.defaultWith (fun () -> invalidOp "the thickness model does not follow the scan yet")

/// Where the thickness parameters of each data set begin in the vector, behind those of the structure; then its length.
let private places (dataSets: DataSet array) =
    dataSets
    |> Array.map (fun d -> (thicknessParameters d.State).Length)
    |> Array.scan (+) dataSets[0].Problem.Structure.Count

/// The same over data sets of one structure, with the parameters of their thickness models one after the other.
let lossOver (dataSets: DataSet array) : Tensor -> Tensor =
    let places = places dataSets

    dataSets
    |> Array.mapi (fun i d -> d.Problem, d.Stage, (fun (p: Tensor) -> p[places[i] .. places[i + 1] - 1]))
    |> lossOf

/// Thickness of every frame of the data by the model.
let thickness (problem: Problem) (parameters: float array) =
    ThicknessModel.values problem.ThicknessModel (Problem.angles problem.Experiment) parameters
    |> Seq.map2 (fun (f: VirtualFrame) t -> f.Id, t) problem.Experiment.Frames
    |> Map.ofSeq

/// The thickness model follows the thicknesses of a state, a network as closely as it is told.
let followAs stiffness (problem: Problem) (state: State) =
    let frames = problem.Experiment.Frames |> Seq.toArray
    let typical = state.Thickness |> Map.values |> Seq.average

    let parameters =
        problem.ThicknessModel.Follow
            {
                Angles = frames |> Array.map _.Alpha
                Thickness =
                    frames
                    |> Array.map (fun f -> state.Thickness |> Map.tryFind f.Id |> Option.defaultValue typical)
                Trust =
                    frames
                    |> Array.map (fun f -> if state.Thickness.ContainsKey f.Id then 1.0 else 0.0)
                Stiffness = stiffness
            }

    { state with
        ThicknessParameters = Some parameters
        Thickness = thickness problem parameters
    }

/// The thickness model follows the thicknesses of a state whose structure may be wrong.
let follow problem state =
    followAs ThicknessNN.Stiff problem state

/// Loss of each epoch, 0 being the start, and the best states with their epoch.
type Result =
    {
        /// In the order of the data sets, with the same structure.
        States: State array
        Losses: float array
        BestEpoch: int
        /// True if it was interrupted before its last epoch.
        IsStopped: bool
    }

/// Learning rates and length of one round.
type Pace =
    {
        /// Evaluations of the loss.
        Epochs: int
        /// Factor on the rates of the settings.
        Factor: float
        /// Farthest that an epoch may move the thickness, every parameter of its model taking a full step, Å.
        Reach: float
    }

/// The rates and epochs of the settings.
let wholePace (settings: Settings) =
    {
        Epochs = settings.Epochs
        Factor = 1.0
        Reach = infinity
    }

/// The pace of the joint refinement of a cycle.
///
/// Where only the thickness curve is found anew between rounds, each starts with a quarter of the rates of the one before, and
/// its curve is right to within half a step of the scan's grid; for L-BFGS rates are units, not steps. Where orientations are,
/// a quarter of the epochs suffices before they are searched again.
let pace (settings: Settings) cycle =
    let whole = wholePace settings

    if
        settings.Orientation = Fixed
        && cycle > 1
        && settings.Optimiser = OptimiserChoice.Adam
    then
        { whole with
            Factor = 0.25 ** float (cycle - 1)
            Reach = 5.0
        }
    elif settings.Orientation <> Fixed && cycle < settings.Cycles then
        { whole with
            Epochs = min settings.Epochs (max 1 (settings.Epochs / 4))
        }
    else
        whole

/// The learning rate of the thickness model that keeps its reach: the mean over frames of t moves by rate · Σ|∂t/∂p|.
let private thicknessRate pace (problem: Problem) (parameters: float array) =
    let model = problem.ThicknessModel
    let rate = pace.Factor * model.LearningRate

    if rate = 0.0 || pace.Reach = infinity then
        rate
    else
        let angles = Problem.angles problem.Experiment

        let slope =
            dsharp.grad (fun p -> (model.At angles p).mean()) (dsharp.tensor parameters)

        min rate (pace.Reach / Array.sumBy abs (slope.toArray1D<float>()))

/// The learning rate of every parameter of the thickness model: those that the spread alone depends on have its own.
let private thicknessRates pace (problem: Problem) (parameters: float array) =
    let rate = thicknessRate pace problem parameters

    match problem.ThicknessModel.Spread with
    | Some spread -> Array.init parameters.Length (fun i -> if spread.IsOwn i then spread.LearningRate else rate)
    | None -> Array.create parameters.Length rate

/// Epochs between two checkpoints.
let private checkpointEvery = 5

/// Whether a standing of Adam is worth a checkpoint: every few epochs and where it is stopped; its end is that of the stage.
let private isWorthKeeping pace (standing: Optimiser.Standing) =
    let epoch = standing.SoFar.Losses.Length - 1

    standing.SoFar.IsStopped
    || 0 < epoch && epoch < pace.Epochs && epoch % checkpointEvery = 0

/// Raises `ArgumentException` unless Adam can go on from a standing.
let private requireFit pace count (standing: Optimiser.Standing) =
    let moments, sofar = standing.Moments, standing.SoFar
    let evaluated = sofar.Losses.Length

    if
        [ standing.Parameters; moments.Mean; moments.Square; sofar.Best ]
        |> List.exists (fun values -> values.Length <> count)
        || evaluated < 1
        || evaluated > pace.Epochs
        || moments.Step <> evaluated
        || sofar.BestEpoch < 0
        || sofar.BestEpoch >= evaluated
    then
        raise (System.ArgumentException "the checkpoint is none of this joint refinement")

/// The states of data sets at a vector of parameters.
let private statesAt (dataSets: DataSet array) (parameters: float array) =
    let places = places dataSets

    dataSets
    |> Array.mapi (fun i d ->
        let found = parameters[places[i] .. places[i + 1] - 1]

        { d.State with
            Structure = parameters[.. places[0] - 1]
            ThicknessParameters = Some found
            Thickness = thickness d.Problem found
        })

/// The learning rate of every parameter.
let private rates pace (dataSets: DataSet array) =
    let problem = dataSets[0].Problem

    dataSets
    |> Array.collect (fun d -> thicknessRates pace d.Problem (thicknessParameters d.State))
    |> Array.append (Array.create problem.Structure.Count (pace.Factor * problem.Settings.LearningRate))

/// Runs the optimiser of the settings on data sets of one structure; keeps the best state, the start included.
///
/// - `keep`: told every few epochs where Adam stands
/// - `earlier`: where Adam goes on from
///
/// Raises `NumericalException` naming the frame if a loss is not finite, `ArgumentException` for an earlier standing of other
/// parameters.
let runFrom keep earlier pace (monitor: Monitor) (dataSets: DataSet array) : Result =
    let settings = dataSets[0].Problem.Settings
    let loss = lossOver dataSets

    let start =
        Array.append dataSets[0].State.Structure (dataSets |> Array.collect (fun d -> thicknessParameters d.State))

    monitor.Report(Started(StageName.JointRefinement, pace.Epochs))

    let proceed epoch value =
        monitor.Report(Advanced(StageName.JointRefinement, epoch, Some value))
        not monitor.Stop.IsCancellationRequested

    let task: Optimiser.Task =
        {
            Objective =
                fun p ->
                    let value, gradient = dsharp.fgrad loss (dsharp.tensor p)
                    struct (float value, gradient.toArray1D<float>())
            Rates = rates pace dataSets
            Epochs = pace.Epochs
            Decay = Adam.cosineDecay pace.Epochs
            Continue = proceed
        }

    earlier |> Option.iter (requireFit pace start.Length)

    let keep standing =
        if isWorthKeeping pace standing then
            keep standing

    let run = Optimiser.runFrom keep settings.Optimiser task earlier start

    {
        States = statesAt dataSets run.Best
        Losses = run.Losses
        BestEpoch = run.BestEpoch
        IsStopped = run.IsStopped
    }

/// Runs from its start at the learning rates of the settings, on one data set.
let run monitor (problem: Problem) stage state =
    runFrom
        ignore
        None
        (wholePace problem.Settings)
        monitor
        [|
            {
                Problem = problem
                Stage = stage
                State = state
            }
        |]
