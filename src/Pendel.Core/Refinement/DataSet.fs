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
        experiments
        |> List.map (fun e -> e.WithCell cell |> Problem.create settings threads crystal)
        |> List.toArray
        |> Array.unzip

    let first = problems[0]

    problems
    |> Array.map (fun problem ->
        { problem with
            Crew = first.Crew
            Workspaces = first.Workspaces
        }),
    states
