/// Where a refinement stands between two steps, or within a joint refinement: enough to go on to the same bits.
module Pendel.Core.Checkpoint

open Pendel.Core.Problem

/// A step of a refinement: a stage in one of its cycles.
type Step = { Stage: StageName; Cycle: int }

/// The steps that settings ask for, in their order.
let steps (settings: Settings) =
    let step stage cycle = { Stage = stage; Cycle = cycle }

    [
        step ThicknessScan 1

        if settings.Orientation <> Fixed then
            step GlobalMisset 1

        for cycle in 1 .. settings.Cycles do
            if settings.Orientation <> Fixed then
                step FrameOrientation cycle
            elif cycle > 1 then
                step ThicknessScan cycle

            if MosaicityStage.count settings > 0 then
                step MosaicityRefinement cycle

            step JointRefinement cycle
    ]

/// A joint refinement under way.
type Unfinished =
    {
        Optimiser: Optimiser.Standing
        /// That it took so far.
        Seconds: float
    }

/// What is needed to go on: states are those of each data set. Plans are no part of it: they follow from the states at which they
/// were made.
type Checkpoint =
    {
        /// How many steps are done, the thickness scan at least.
        Done: int
        /// After the thickness scan.
        Start: State array
        /// After the last step that is done.
        States: State array
        /// The states whose rows and beams the last step took, where that was a joint refinement; otherwise they are those of `States`.
        Planned: State array option
        /// Step of the last joint refinement that was kept.
        BestStep: int
        /// The last entry first.
        History: HistoryEntry list
        /// Seconds of each step, the last one first.
        Seconds: (StageName * float) list
        /// The next step, where it is a joint refinement by Adam that is under way.
        Unfinished: Unfinished option
    }

/// Refuses a checkpoint that is not one of these data sets.
///
/// Raises `ArgumentException`.
let requireFit (problems: Problem array) (checkpoint: Checkpoint) =
    let settings = problems[0].Settings
    let steps = steps settings

    let areOfProblems (states: State array) =
        states.Length = problems.Length
        && Array.forall2
            (fun (problem: Problem) (state: State) -> state.Structure.Length = problem.Structure.Count)
            problems
            states

    let goesOn =
        match checkpoint.Unfinished with
        | None -> true
        | Some _ ->
            checkpoint.Done < steps.Length
            && steps[checkpoint.Done].Stage = JointRefinement
            && settings.Optimiser = OptimiserChoice.Adam

    if
        checkpoint.Done < 1
        || checkpoint.Done > steps.Length
        || not goesOn
        || not (
            areOfProblems checkpoint.Start
            && areOfProblems checkpoint.States
            && checkpoint.Planned |> Option.forall areOfProblems
        )
    then
        raise (System.ArgumentException "the checkpoint is none of this refinement")
