/// Data sets of one structure: each has a problem and a state of its own, the parameters of the structure are those of all.
module Pendel.Core.DataSet

open System
open Pendel.Diffraction
open Pendel.Core.Problem

/// A data set at a state; rows and beams are those of a stage, which may belong to an earlier state.
type DataSet =
    {
        Problem: Problem
        Stage: Stage
        State: State
    }

/// Something of each data set, in their order; what goes wrong with one of several names it by its number from 1.
///
/// Raises what the function raises.
let each (compute: int -> 'T -> 'U) (dataSets: 'T array) : 'U array =
    let named (message: string) i = $"crystal {i + 1}: {message}"

    dataSets
    |> Array.mapi (fun i dataSet ->
        try
            compute i dataSet
        with
        | :? NumericalException as e when dataSets.Length > 1 -> raise (NumericalException(named e.Message i))
        | e when dataSets.Length > 1 && e.GetType() = typeof<ArgumentException> ->
            raise (ArgumentException(named e.Message i, e)))

/// All frames of a data set at a state, with the rows and beams of another one.
let at planned (problem: Problem) state =
    {
        Problem = problem
        Stage = Problem.plan problem planned problem.Experiment.Frames
        State = state
    }

/// The problems of data sets and their states before any refinement.
///
/// The cell is that of the first data set in all of them, so that the parameters of the structure mean the same; U of each is
/// the rotation nearest to its own UB in this cell. Threads and scratch are shared.
///
/// Raises `ArgumentException` as `Problem.create`, and for excluded frames of more than one data set.
let create (settings: Settings) threads crystal (experiments: Experiment list) =
    if experiments.Length > 1 && not settings.ExcludedFrames.IsEmpty then
        raise (
            ArgumentException
                $"exclude-frames names frames by ids that each of the {experiments.Length} data sets has of its own; leave the frames out of the files"
        )

    let cell = experiments.Head.Cell

    let problems, states =
        List.toArray experiments
        |> each (fun _ e -> e.WithCell cell |> Problem.create settings threads crystal)
        |> Array.unzip

    let first = problems[0]

    problems
    |> Array.map (fun problem ->
        { problem with
            Crew = first.Crew
            Workspaces = first.Workspaces
        }),
    states
