/// Adam and L-BFGS behind one interface: a loss with its gradient, a start, so many evaluations; the best state is kept,
/// the start included.
module Pendel.Core.Optimiser

open System.Collections.Generic
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization

/// Parameters → loss and gradient.
type Objective = float array -> struct (float * float array)

/// What to minimise and how long.
type Task =
    {
        Objective: Objective
        /// Learning rate of each parameter at the start: its scale beside the others; 0 holds it.
        Rates: float array
        /// Evaluations after that of the start.
        Epochs: int
        /// Factor on the rates of Adam's step after an epoch.
        Decay: int -> float
        /// Told each epoch and its loss; false ends the run.
        Continue: int -> float -> bool
    }

/// Loss of each evaluation, 0 being the start, and the best parameters with their epoch.
type Run =
    {
        Best: float array
        Losses: float array
        BestEpoch: int
        /// True if it was told to end before its last epoch.
        IsStopped: bool
    }

/// Where Adam stands between two evaluations.
type Standing =
    {
        /// What is evaluated next.
        Parameters: float array
        Moments: Adam.State
        SoFar: Run
    }

/// Evaluations are at an end.
exception private Ended

/// Parameters with their loss and its gradient.
type private Point =
    {
        At: float array
        Loss: float
        /// Empty where the evaluation was before a checkpoint: Adam needs none of an earlier one.
        Gradient: float array
        Epoch: int
    }

/// Counts evaluations and remembers the best.
///
/// - `earlier`: evaluations that it goes on from
type private Record(task: Task, earlier: Run option) =
    let losses = List<float>(earlier |> Option.map _.Losses |> Option.defaultValue [||])

    let mutable best =
        match earlier with
        | None -> ValueNone
        | Some run ->
            ValueSome
                {
                    At = run.Best
                    Loss = run.Losses[run.BestEpoch]
                    Gradient = [||]
                    Epoch = run.BestEpoch
                }

    let mutable stopped = false

    /// No further evaluation is allowed.
    member _.Ended = stopped || losses.Count > task.Epochs

    member _.Best = best.Value

    /// Raises `Ended` before an evaluation that is one too many.
    member this.Evaluate(p: float array) =
        if this.Ended then
            raise Ended

        let struct (loss, gradient) = task.Objective p
        let epoch = losses.Count
        losses.Add loss

        if epoch = 0 || loss < best.Value.Loss then
            best <-
                ValueSome
                    {
                        At = Array.copy p
                        Loss = loss
                        Gradient = gradient
                        Epoch = epoch
                    }

        stopped <- not (task.Continue epoch loss)
        struct (loss, gradient)

    member _.Run =
        {
            Best = best.Value.At
            Losses = losses.ToArray()
            BestEpoch = best.Value.Epoch
            IsStopped = stopped && losses.Count <= task.Epochs
        }

/// Adam with decaying learning rates.
///
/// - `keep`: told where it stands after each step
/// - `earlier`: where it goes on from
let private adam (keep: Standing -> unit) (task: Task) (earlier: Standing option) (start: float array) : Run =
    let record = Record(task, earlier |> Option.map _.SoFar)
    let mutable p = start
    let mutable state = Adam.init start.Length

    earlier
    |> Option.iter (fun standing ->
        p <- standing.Parameters
        state <- standing.Moments)

    while not record.Ended do
        let struct (_, gradient) = record.Evaluate p
        let rates = task.Rates |> Array.map ((*) (task.Decay state.Step))
        let struct (shift, next) = Adam.update rates state gradient
        state <- next
        p <- Array.map2 (+) p shift

        keep
            {
                Parameters = p
                Moments = state
                SoFar = record.Run
            }

    record.Run

/// Pairs of steps and gradients that L-BFGS remembers.
let private memory = 20

/// Length of the gradient, in units of that at the start, at which L-BFGS is done. MathNet's first step is 100 times this over
/// the length of the gradient, so it cannot be 0; the line search then doubles that step as often as it helps.
let private flat = 1e-5

/// L-BFGS in units of the learning rates, started anew from the best state whenever its line search fails, until that
/// gains nothing: rounding noise in the loss can make a direction no descent.
let lbfgs (task: Task) (start: float array) : Run =
    let record = Record(task, None)

    let inUnits (gradient: float array) =
        Vector<float>.Build.DenseOfArray(Array.map2 (*) task.Rates gradient)

    /// The loss about an evaluated point in units in which its gradient there has a length of 1.
    let scaled origin length (steps: Vector<float>) =
        let struct (loss, gradient) =
            if steps.L2Norm() = 0.0 then
                struct (origin.Loss, origin.Gradient)
            else
                record.Evaluate(Array.mapi2 (fun i x rate -> x + rate * steps[i]) origin.At task.Rates)

        struct (loss / length, inUnits gradient / length)

    let rec search origin =
        let length = (inUnits origin.Gradient).L2Norm()

        if length > 0.0 then
            try
                LimitedMemoryBfgsMinimizer(flat, 0.0, 0.0, memory, System.Int32.MaxValue)
                    .FindMinimum(
                        ObjectiveFunction.Gradient(scaled origin length),
                        Vector<float>.Build.Dense(start.Length)
                    )
                |> ignore
            with
            | Ended -> ()
            | :? OptimizationException -> ()

        if not record.Ended && record.Best.Epoch > origin.Epoch then
            search record.Best

    record.Evaluate start |> ignore
    search record.Best
    record.Run

/// Runs the optimiser of the settings.
///
/// - `keep`: told where Adam stands after each step; L-BFGS says nothing
/// - `earlier`: where Adam goes on from; L-BFGS starts anew
let runFrom keep choice task earlier start =
    match choice with
    | OptimiserChoice.Adam -> adam keep task earlier start
    | OptimiserChoice.Lbfgs -> lbfgs task start

/// Runs the optimiser of the settings from its start.
let run choice task start = runFrom ignore choice task None start
