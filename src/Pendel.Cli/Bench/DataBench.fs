/// Times of the forward model and its gradient on a data set.
module Pendel.Cli.DataBench

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Cli.Timing

/// What is timed.
type Case =
    {
        Name: string
        Structure: string
        Data: string
        Settings: Settings
        /// PETS id of the one frame; all frames without.
        Frame: int option
        /// Å.
        Thickness: float
    }

/// Seconds of timing for each group of entries.
[<Literal>]
let private Budget = 5.0

/// A problem on so many threads, its stage and its frames' thickness.
type private Work =
    {
        Problem: Problem.Problem
        Stage: Problem.Stage
        Thickness: float
    }

let private work (case: Case) (crystal: Crystal) (experiment: Experiment) threads =
    let problem, initial = Problem.create case.Settings threads crystal experiment

    let frames =
        experiment.Frames.RemoveAll(fun f -> case.Frame.IsSome && case.Frame <> Some f.Id)

    if frames.IsEmpty then
        raise (DataException(case.Data, $"no frame {case.Frame.Value}"))

    let state =
        { initial with
            Thickness = Map.ofSeq [ for f in frames -> f.Id, case.Thickness ]
        }

    {
        Problem = problem
        Stage = Problem.plan problem state frames
        Thickness = case.Thickness
    }

let private start (work: Work) =
    dsharp.zeros work.Problem.Structure.Count

let private states (work: Work) thickness =
    [|
        for _ in work.Stage.Model.Plan.Frames ->
            {
                Thickness = thickness
                Rotation = Vector3.Zero
            }
    |]

let private potential (work: Work) =
    Problem.potential work.Problem work.Stage (start work)

/// Intensities and residuals of all frames.
let private value (work: Work) () =
    let model = work.Stage.Model

    ForwardModel.intensities model (potential work) (states work work.Thickness)
    |> Array.map2 (fun rows i -> float (Residual.wR rows (dsharp.tensor i))) model.Rows

/// Residuals and their gradient in structure, thickness and orientation.
let private gradient (work: Work) () =
    let model = work.Stage.Model
    let count = model.Plan.Frames.Length
    let n = work.Problem.Structure.Count
    let scored = Problem.scoredFrames work.Stage

    let loss (p: Tensor) =
        let u = Problem.potential work.Problem work.Stage p[.. n - 1]
        let wR i = Residual.wR model.Rows[i]
        let losses = ForwardModel.losses model wR u p[n .. n + count - 1] p[n + count ..]
        (losses.gather (0, scored)).mean()

    dsharp.fgrad
        loss
        (dsharp.cat
            [
                start work
                dsharp.full ([ count ], work.Thickness)
                dsharp.zeros (3 * count)
            ])

/// Structure factors with their adjoint, and the matrices of all arcs with theirs, on one thread.
let private assembly (work: Work) : unit -> unit =
    let plans = work.Stage.Model.Plan.Frames
    let parts = if work.Stage.Model.Kind = PotentialKind.Real then 1 else 2

    let buffers n =
        Array.init 2 (fun i -> Array.zeroCreate<float>(if i < parts then n else 0))

    let table = buffers (plans |> Seq.map _.Support.Length |> Seq.max)

    let matrix =
        buffers (
            Seq.max
                [
                    for plan in plans do
                        for arc in plan.Arcs -> arc.Differences.Count
                ]
        )

    let places = Array.zeroCreate<int> matrix[0].Length

    let potential q =
        (Problem.potential work.Problem work.Stage q).sum()

    fun () ->
        dsharp.fgrad potential (start work) |> ignore

        for plan in plans do
            for arc in plan.Arcs do
                let size = arc.Differences.Count
                let index = arc.Differences.Read places
                let re = System.Span(table[0], 0, plan.Support.Length)
                let im = System.Span(table[1], 0, min plan.Support.Length table[1].Length)
                let matrixRe = System.Span(matrix[0], 0, size)
                let matrixIm = System.Span(matrix[1], 0, min size matrix[1].Length)
                PotentialGather.Gather(re, im, index, matrixRe, matrixIm)
                PotentialGather.ScatterAdd(matrixRe, matrixIm, index, re, im)

let private thicknesses (work: Work) (values: float array) () =
    let model = work.Stage.Model
    let table = ForwardModel.tableOf model (potential work)

    ForwardModel.perFrame model (fun workspace i ->
        let plan = model.Plan.Frames[i]
        FrameModel.atThicknesses workspace model.Plan.WaveNumber model.Precision table plan Vector3.Zero values)

let private entry name times found : Entry =
    {
        Name = name
        Times = times
        Found = found
    }

let private sizes (work: Work) =
    let frames = work.Stage.Model.Plan.Frames.Length

    let arcs =
        [
            for plan in work.Stage.Model.Plan.Frames do
                for arc in plan.Arcs -> float arc.Beams.Length, float arc.TiltCount
        ]

    [
        "N", List.averageBy fst arcs
        "tilts", List.sumBy snd arcs / float frames
        "frames", float frames
    ]

/// The entries of a case: value with gradient, against the value alone, against one thread, and the share of assembly.
let entries threads (case: Case) : Entry list =
    let crystal, experiment =
        (StructureReader.Read case.Structure).Value, (PetsReader.Read case.Data).Value

    let many, one = work case crystal experiment threads, work case crystal experiment 1

    let clocks = [ gradient many; gradient one ] |> List.map (fun f -> seconds f)

    match inTurns Budget (clocks @ [ seconds (value many); seconds (assembly one) ]) with
    | [ both; alone; value; assembled ] ->
        [
            entry case.Name both (sizes many)
            entry $"{case.Name}-value" value [ "ratio", ratio both value ]
            entry $"{case.Name}-one-thread" alone [ "ratio", ratio alone both; "threads", float threads ]
            entry $"{case.Name}-assembly" assembled [ "share", ratio assembled alone ]
        ]
    | _ -> []

/// Scored intensities at 400 thicknesses up to 700 Å against those at 700 Å.
let manyThicknesses threads (case: Case) : Entry list =
    let work =
        work case (StructureReader.Read case.Structure).Value (PetsReader.Read case.Data).Value threads

    let scan = thicknesses work [| for i in 1..400 -> 1.75 * float i |]

    let single () =
        ForwardModel.intensities work.Stage.Model (potential work) (states work 700.0)

    match inTurns Budget [ seconds scan; seconds single ] with
    | [ all; one ] -> [ entry $"{case.Name}-400-thicknesses" all [ "ratio", ratio all one ] ]
    | _ -> []
