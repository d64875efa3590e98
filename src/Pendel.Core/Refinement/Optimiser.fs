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
    }

/// Evaluations are at an end.
exception private Ended

/// Counts evaluations and remembers the best.
type private Record(task: Task) =
    let losses = List<float>()
    let mutable best = struct ([||], infinity, 0)
    let mutable ended = false

    /// No further evaluation is allowed.
    member _.Ended = ended

    member _.Best =
        let struct (parameters, _, _) = best
        parameters

    /// Raises `Ended` before an evaluation that is one too many.
    member _.Evaluate(p: float array) =
        if ended then
            raise Ended

        let struct (loss, gradient) = task.Objective p
        let epoch = losses.Count
        losses.Add loss
        let struct (_, least, _) = best

        if loss < least || epoch = 0 then
            best <- struct (Array.copy p, loss, epoch)

        ended <- not (task.Continue epoch loss) || epoch = task.Epochs
        struct (loss, gradient)

    member _.Run =
        let struct (parameters, _, epoch) = best

        {
            Best = parameters
            Losses = losses.ToArray()
            BestEpoch = epoch
        }

/// Adam with decaying learning rates.
let adam (task: Task) (start: float array) : Run =
    let record = Record task
    let mutable p = start
    let mutable state = Adam.init start.Length
    let mutable epoch = 0

    while not record.Ended do
        let struct (_, gradient) = record.Evaluate p
        let rates = task.Rates |> Array.map ((*) (task.Decay epoch))
        let struct (shift, next) = Adam.update rates state gradient
        state <- next
        p <- Array.map2 (+) p shift
        epoch <- epoch + 1

    record.Run

/// Pairs of steps and gradients that L-BFGS remembers.
let private memory = 20

/// Length of the gradient, loss per learning rate, at which L-BFGS is done. MathNet's first step is 100 times this over the
/// length of the gradient, so it cannot be 0; the line search then doubles that step as often as it helps.
let private flat = 1e-5

/// L-BFGS in units of the learning rates, started anew from the best state whenever its line search fails, until that
/// gains nothing: rounding noise in the loss can make a direction no descent.
let lbfgs (task: Task) (start: float array) : Run =
    let record = Record task

    let evaluate origin (steps: Vector<float>) =
        let at = Array.mapi2 (fun i x rate -> x + rate * steps[i]) origin task.Rates

        let struct (loss, gradient) = record.Evaluate at
        struct (loss, Vector<float>.Build.DenseOfArray(Array.map2 (*) task.Rates gradient))

    let rec search origin =
        try
            LimitedMemoryBfgsMinimizer(flat, 0.0, 0.0, memory, System.Int32.MaxValue)
                .FindMinimum(ObjectiveFunction.Gradient(evaluate origin), Vector<float>.Build.Dense(start.Length))
            |> ignore
        with
        | Ended -> ()
        | :? OptimizationException -> ()

        if not record.Ended && not (obj.ReferenceEquals(record.Best, origin)) then
            search record.Best

    search start
    record.Run

/// Runs the optimiser of the settings.
let run choice task start =
    match choice with
    | OptimiserChoice.Adam -> adam task start
    | OptimiserChoice.Lbfgs -> lbfgs task start
