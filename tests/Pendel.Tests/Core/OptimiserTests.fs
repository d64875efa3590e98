module Pendel.Tests.Core.OptimiserTests

open Pendel.Core
open Xunit

/// Rosenbrock's valley, from (−1.2, 1) to (1, 1).
let private valley (p: float array) =
    let a, b = 1.0 - p[0], p[1] - p[0] * p[0]
    struct (a * a + 100.0 * b * b, [| -2.0 * a - 400.0 * p[0] * b; 200.0 * b |])

let private start = [| -1.2; 1.0 |]

let private task objective epochs : Optimiser.Task =
    {
        Objective = objective
        Rates = [| 0.02; 0.02 |]
        Epochs = epochs
        Decay = Adam.cosineDecay epochs
        Continue = fun _ _ -> true
    }

let private both = [ OptimiserChoice.Adam; OptimiserChoice.Lbfgs ]

[<Fact>]
let ``L-BFGS follows a curved valley to its end, whatever the unit of the loss`` () =
    for size in [ 1.0; 1e-6 ] do
        let scaled p =
            let struct (loss, gradient) = valley p
            struct (size * loss, Array.map ((*) size) gradient)

        let run = Optimiser.lbfgs (task scaled 100) start
        Assert.Equal(1.0, run.Best[0], 1e-4)
        Assert.Equal(1.0, run.Best[1], 1e-4)

[<Fact>]
let ``both count every evaluation and keep the best parameters with their epoch`` () =
    for choice in both do
        let mutable told = []
        let mutable asked = 0

        let objective p =
            asked <- asked + 1
            valley p

        let task =
            { task objective 20 with
                Continue =
                    fun epoch loss ->
                        told <- (epoch, loss) :: told
                        true
            }

        let run = Optimiser.run choice task start
        Assert.Equal(21, asked)
        Assert.Equal<int * float>(Array.indexed run.Losses, told |> List.rev |> List.toArray)
        let struct (first, _) = valley start
        let struct (best, _) = valley run.Best
        Assert.Equal(first, run.Losses[0])
        Assert.Equal(Array.min run.Losses, best)
        Assert.Equal(best, run.Losses[run.BestEpoch])

[<Fact>]
let ``a start that nothing betters is kept`` () =
    for choice in both do
        let run =
            Optimiser.run choice (task (fun p -> struct (p[0] + p[1], [| -1.0; -1.0 |])) 5) [| 0.0; 0.0 |]

        Assert.Equal<float>([| 0.0; 0.0 |], run.Best)
        Assert.Equal(0, run.BestEpoch)

[<Fact>]
let ``a parameter whose rate is 0 is held`` () =
    for choice in both do
        let task =
            { task valley 20 with
                Rates = [| 0.0; 0.02 |]
            }

        let run = Optimiser.run choice task start
        Assert.Equal(-1.2, run.Best[0])
        Assert.NotEqual(1.0, run.Best[1])

[<Fact>]
let ``a run ends where it is told to`` () =
    for choice in both do
        let task =
            { task valley 20 with
                Continue = fun epoch _ -> epoch < 3
            }

        Assert.Equal(4, (Optimiser.run choice task start).Losses.Length)

[<Fact>]
let ``L-BFGS gets through rounding noise in loss and gradient`` () =
    let noisy (p: float array) =
        let struct (loss, gradient) = valley p
        let noise = 1e-7 * sin (1e7 * (p[0] + 2.0 * p[1]))
        struct (loss + noise, Array.map ((+) (10.0 * noise)) gradient)

    let run = Optimiser.lbfgs (task noisy 200) start
    let struct (reached, _) = valley run.Best
    Assert.InRange(reached, 0.0, 1e-5)
