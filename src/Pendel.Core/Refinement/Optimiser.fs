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

/// Parameters with their loss and its gradient.
type private Point =
    {
        At: float array
        Loss: float
        Gradient: float array
        Epoch: int
    }

/// Counts evaluations and remembers the best.
type private Record(task: Task) =
    let losses = List<float>()
    let mutable best: Point voption = ValueNone
    let mutable ended = false

    /// No further evaluation is allowed.
    member _.Ended = ended

    member _.Best = best.Value

    /// Raises `Ended` before an evaluation that is one too many.
    member _.Evaluate(p: float array) =
        if ended then
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

        ended <- not (task.Continue epoch loss) || epoch = task.Epochs
        struct (loss, gradient)

    member _.Run =
        {
            Best = best.Value.At
            Losses = losses.ToArray()
            BestEpoch = best.Value.Epoch
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

/// Length of the gradient, in units of that at the start, at which L-BFGS is done. MathNet's first step is 100 times this over
/// the length of the gradient, so it cannot be 0; the line search then doubles that step as often as it helps.
let private flat = 1e-5

/// L-BFGS in units of the learning rates, started anew from the best state whenever its line search fails, until that
/// gains nothing: rounding noise in the loss can make a direction no descent.
let lbfgs (task: Task) (start: float array) : Run =
    let record = Record task

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
let run choice task start =
    match choice with
    | OptimiserChoice.Adam -> adam task start
    | OptimiserChoice.Lbfgs -> lbfgs task start
