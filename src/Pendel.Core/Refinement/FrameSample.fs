/// Frames spread over a data set, and their amplitudes at any size of the calculation: beams' g_max, sg_max and number of orientations.
///
/// The rows are those that the starting settings score, so that sizes compare.
module Pendel.Core.FrameSample

open System
open System.Collections.Immutable
open System.Diagnostics
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel

/// Values of the settings that truncate.
type Size =
    {
        /// Å⁻¹.
        BeamGMax: float
        /// Å⁻¹.
        SgMax: float
        Tilts: TiltSampling
    }

/// The size that settings have.
let sizeOf (settings: Settings) =
    {
        BeamGMax = settings.Selection.BeamGMax
        SgMax = settings.Selection.SgMax
        Tilts = settings.Tilts
    }

/// Settings of another size; what is scored stays.
let withSize size (settings: Settings) =
    let selection = settings.Selection

    { settings with
        Selection = SelectionSettings(size.BeamGMax, size.SgMax, selection.ScoredGMax, selection.Rsg, selection.Dsg)
        Tilts = size.Tilts
    }

/// Frames whose intensities are calculated, with the rows that count.
type Sample =
    {
        /// As they were asked for: the size of these is where the search starts.
        Settings: Settings
        Threads: int
        Crystal: Crystal
        /// The sampled frames with the rows that the starting settings score.
        Experiment: Experiment
        /// Thickness of all frames that count.
        State: Problem.State
        /// Number of orientations of a frame with the starting settings, the largest over the sample.
        TiltCount: int
    }

/// Places of so many things spread evenly over a length: the middles of equal parts.
let spread count length =
    let count = min count length
    Array.init count (fun i -> (2 * i + 1) * length / (2 * count))

/// The problem of a sample at a size: one geometry and one set of rows for all.
let private problemOf (sample: Sample) size =
    let settings = withSize size sample.Settings |> Settings.withAllData
    Simulate.problem settings sample.Threads sample.Crystal sample.Experiment |> fst

let private startOf monitor (problem: Problem.Problem) (initial: Problem.State) thickness =
    match thickness with
    | None -> ThicknessScan.run monitor problem [ initial ] [| 0.0 |]
    | Some t ->
        { initial with
            Thickness = Map.ofSeq [ for f in problem.Experiment.Frames -> f.Id, t ]
        }

/// Samples the frames that count in the means, in the orientations of the data file.
///
/// - `count`: most frames
/// - `thickness`: that of every frame, Å; None: of each that of a scan, as `Simulate.run` has it
///
/// Raises `ArgumentException` if nothing can be scored, `OperationCanceledException` if it is interrupted.
let take (monitor: Monitor) (settings: Settings) threads crystal experiment count thickness : Sample =
    let problem, initial = Simulate.problem settings threads crystal experiment
    let state = startOf monitor problem initial thickness
    let stage = Problem.plan problem state problem.Experiment.Frames

    let counting =
        Problem.scoredFrames stage
        |> Array.map (fun i -> stage.Model.Plan.Frames[i])
        |> Array.filter (fun plan -> state.Thickness.ContainsKey plan.Frame.Id)

    if counting.Length = 0 then
        raise (ArgumentException ThicknessScan.nothingScored)

    let frames =
        spread count counting.Length
        |> Array.map (fun i ->
            let rows = counting[i].Scored |> Seq.map _.Observation
            counting[i].Frame.WithObservations(rows.ToImmutableArray()))

    {
        Settings =
            { settings with
                Geometry = Some problem.Geometry.Geometry
            }
        Threads = threads
        Crystal = crystal
        Experiment = experiment.WithFrames(frames.ToImmutableArray())
        State = state
        TiltCount =
            frames
            |> Array.map (fun f -> (Problem.curve problem state f).Count)
            |> Array.max
    }

/// What a sample has at a size.
type Simulation =
    {
        /// F = √I of every row, frame by frame, I as a fraction of the incident beam.
        Amplitudes: float array
        /// N, mean over the orientations of each frame and over the frames.
        Beams: float
        /// Orientations that integrate a frame, mosaic blocks not counted: the largest over the frames.
        TiltCount: int
        /// Wall time, s.
        Seconds: float
    }

/// What the largest frame of a size takes, bytes: its plan, and the matrix of its largest arc in double and single precision.
let private bytesOf (sample: Sample) (problem: Problem.Problem) =
    let ofFrame frame =
        let size = Problem.planSize problem sample.State frame
        float size.Bytes + 24.0 * float size.Beams ** 2.0

    sample.Experiment.Frames |> Seq.map ofFrame |> Seq.max

/// Amplitudes of a frame's rows and the mean N over its orientations. A row that is no beam has none.
let private ofFrame (problem: Problem.Problem) (state: Problem.State) (frame: VirtualFrame) =
    let stage = Problem.plan problem state (ImmutableArray.Create frame)
    let plans = stage.Model.Plan.Frames

    let states =
        [|
            for _ in plans ->
                {
                    Thickness = state.Thickness[frame.Id]
                    Rotation = Vector3.Zero
                }
        |]

    let potential = Problem.potential problem stage (dsharp.tensor state.Structure)

    let calculated =
        Map.ofSeq
            [
                for plan, values in Seq.zip plans (ForwardModel.intensities stage.Model potential states) do
                    for reflection, value in Seq.zip plan.Scored values ->
                        (let hkl = reflection.Observation.Hkl in hkl.H, hkl.K, hkl.L), value
            ]

    let beams =
        plans
        |> Seq.sumBy (fun plan ->
            let total = plan.Arcs |> Seq.sumBy (fun arc -> arc.TiltCount * arc.Beams.Length)
            float total / float plan.Tilts.Length)

    let amplitude (row: Observation) =
        calculated
        |> Map.tryFind (row.Hkl.H, row.Hkl.K, row.Hkl.L)
        |> Option.defaultValue 0.0
        |> sqrt

    frame.Observations |> Seq.map amplitude |> Seq.toArray, beams

/// Calculates a sample at a size, one frame after the other; an error is what the largest frame would take, bytes.
///
/// - `memory`: most of that, bytes
///
/// Raises `NumericalException` naming the frame if an intensity is not finite, `OperationCanceledException` if it is interrupted.
let simulate (monitor: Monitor) memory (sample: Sample) size : Result<Simulation, float> =
    let watch = Stopwatch.StartNew()
    let problem = problemOf sample size
    let frames = sample.Experiment.Frames
    let bytes = bytesOf sample problem

    if bytes > memory then
        Error bytes
    else
        monitor.Report(Started(StageName.SampledFrames, frames.Length))

        let compute i frame =
            monitor.Stop.ThrowIfCancellationRequested()
            let result = ofFrame problem sample.State frame
            monitor.Report(Advanced(StageName.SampledFrames, i + 1, None))
            result

        let results = frames |> Seq.mapi compute |> Seq.toArray

        Ok
            {
                Amplitudes = results |> Array.collect fst
                Beams = results |> Array.averageBy snd
                TiltCount = frames |> Seq.map (Problem.curve problem sample.State >> _.Count) |> Seq.max
                Seconds = watch.Elapsed.TotalSeconds
            }

/// R = Σ|F₁ − F₂|/ΣF₂ of one size against a larger one.
let change (smaller: Simulation) (larger: Simulation) =
    let difference =
        Array.fold2 (fun sum a b -> sum + abs (a - b)) 0.0 smaller.Amplitudes larger.Amplitudes

    difference / Array.sum larger.Amplitudes
