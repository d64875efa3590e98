module Pendel.Tests.Tensors.TensorTests

open System
open System.Threading.Tasks
open Pendel.Tensors
open Pendel.Tensors.Compose
open Pendel.Tests.Tensors.DifferenceFact
open Pendel.Tests.Tensors.PullbackCheck
open Xunit

let private positive case = { case with Interval = 0.5, 2.0 }

/// A heavy function as one primitive: y_i = Σ_j a_j² b_ij, with its own pullback.
let private weighted =
    Tensor.primitive (fun inputs ->
        let a, b = inputs[0], inputs[1]
        let n = a.nelement
        let value = b.matmul((a * a).view [ n; 1 ]).view -1

        let pullback (v: Tensor) =
            let back = b.transpose().matmul(v.view [ v.nelement; 1 ])

            [|
                2.0 * a * back.view -1
                (v.view [ v.nelement; 1 ]).matmul((a * a).view [ 1; n ])
            |]

        struct (value, pullback))

let private unary =
    [
        case "neg" [ [| 7 |] ] (fun t -> -t[0])
        case "exp" [ [| 7 |] ] (fun t -> exp t[0])
        case "sin" [ [| 7 |] ] (fun t -> sin t[0])
        case "cos" [ [| 7 |] ] (fun t -> cos t[0])
        case "tanh" [ [| 7 |] ] (fun t -> tanh t[0])
        case "sigmoid" [ [| 7 |] ] (fun t -> t[0].sigmoid())
        case "softplus" [ [| 7 |] ] (fun t -> t[0].softplus())
        positive (case "log" [ [| 7 |] ] (fun t -> log t[0]))
        positive (case "sqrt" [ [| 7 |] ] (fun t -> sqrt t[0]))
        positive (case "abs of positive" [ [| 7 |] ] (fun t -> abs t[0]))
        positive (case "abs of negative" [ [| 7 |] ] (fun t -> abs -t[0]))
        positive (case "pow" [ [| 7 |] ] (fun t -> t[0] ** 2.5))
        case "square" [ [| 7 |] ] (fun t -> t[0] ** 2.0)
        case "scalar on the right" [ [| 7 |] ] (fun t -> ((t[0] + 2.0) * 3.0 - 1.0) / 7.0)
        positive (case "scalar on the left" [ [| 7 |] ] (fun t -> 2.0 / (3.0 + 4.0 * (5.0 - t[0]))))
    ]

let private binary shapes =
    [
        for a, b in shapes do
            case "add" [ a; b ] (fun t -> t[0] + t[1])
            case "sub" [ a; b ] (fun t -> t[0] - t[1])
            case "mul" [ a; b ] (fun t -> t[0] * t[1])
            positive (case "div" [ a; b ] (fun t -> t[0] / t[1]))
    ]

let private oneExpands =
    binary
        [
            [| 9 |], [| 9 |]
            [| 2; 5 |], [| 5 |]
            [||], [| 2; 5 |]
            [| 2; 5 |], [| 2; 1 |]
            [| 1 |], [| 6 |]
        ]

let private moved =
    [
        case "sum" [ [| 3; 4 |] ] (fun t -> t[0].sum())
        case "sum of rows" [ [| 2; 3; 4 |] ] (fun t -> t[0].sum 1)
        case "sum of rows, kept" [ [| 2; 3; 4 |] ] (fun t -> t[0].sum(-1, keepDim = true) * t[0])
        case "mean" [ [| 3; 4 |] ] (fun t -> t[0].mean())
        case "mean of columns" [ [| 3; 4 |] ] (fun t -> t[0].mean 0)
        case "small matmul" [ [| 2; 3 |]; [| 3; 1 |] ] (fun t -> t[0].matmul t[1])
        case "tiled matmul" [ [| 9; 11 |]; [| 11; 21 |] ] (fun t -> t[0].matmul t[1])
        case "transpose" [ [| 3; 4 |] ] (fun t -> t[0].transpose())
        case "view" [ [| 3; 4 |] ] (fun t -> t[0].view [ 2; -1 ])
        case "expand" [ [| 3; 1 |] ] (fun t -> t[0].expand [ 2; 3; 4 ])
        case "cat" [ [| 2; 3 |]; [| 2; 1 |] ] (fun t -> Tensor.cat ([ t[0]; t[1]; t[0] ], dim = 1))
        case "stack" [ [| 3 |]; [| 3 |] ] (fun t -> dsharp.stack ([ t[0]; t[1]; t[0] ], dim = 1))
        case "tensor of scalars" [ [||]; [||] ] (fun t -> dsharp.tensor [ t[0]; t[1]; t[0] * t[1] ])
        case "gather with repeated indices" [ [| 4 |] ] (fun t -> t[0].gather(0, [| 0; 0; 2; 1; 0; 2 |]))
        case "slices" [ [| 5; 6 |] ] (fun t -> t[0].[1..3, 2..].sum 0 + t[0].[4, ..3] + t[0].[1.., 5] * t[0].[0, 0])
        case "element" [ [| 5 |] ] (fun t -> t[0].[3] * t[0].[1..2])
        case "primitive" [ [| 4 |]; [| 3; 4 |] ] weighted
        case "primitive with a constant" [ [| 4 |] ] (fun t -> weighted [| t[0]; dsharp.ones [ 3; 4 ] |])
        case "used twice" [ [| 5 |] ] (fun t -> t[0] * t[0] + exp t[0] * t[0].sum())
        case "pipeline" [ [| 2; 3 |]; [| 3; 4 |] ] (fun t ->
            t[0] --> dsharp.matmul t[1] --> dsharp.tanh --> dsharp.sum 0)
    ]

[<Fact>]
let ``every operation pulls back the differential of its value`` () =
    for case in unary @ oneExpands @ moved do
        holds case

[<DifferenceFact 11>]
let ``where both operands expand, the pullback sums over both`` () =
    for case in binary [ [| 3; 1; 2 |], [| 4; 1 |] ] do
        holds case

[<DifferenceFact 5>]
let ``constants may be joined with differentiated tensors`` () =
    holds (case "cat" [ [| 2; 3 |]; [| 2; 1 |] ] (fun t -> Tensor.cat ([ t[0]; dsharp.ones [ 2; 2 ]; t[1] ], dim = 1)))

    holds (case "stack" [ [| 3 |]; [| 3 |] ] (fun t -> dsharp.stack ([ t[0]; dsharp.zeros 3; t[1]; t[0] ], dim = 1)))

[<Fact>]
let ``a wrong pullback is noticed`` () =
    let twice =
        Tensor.primitive (fun inputs -> struct (inputs[0] * inputs[0], (fun v -> [| v * inputs[0] |])))

    let error =
        Assert.ThrowsAny<exn>(fun () -> holds (case "half" [ [| 3 |] ] (fun t -> twice [| t[0] |])))

    Assert.Contains("half: differences", error.Message)

[<Fact>]
let ``broadcasting pairs the elements as DiffSharp does`` () =
    let rows = dsharp.tensor (array2D [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ])
    let sum = rows + dsharp.tensor [ 10.0; 20.0; 30.0 ]
    Assert.Equal<int[]>([| 2; 3 |], sum.shape)
    Assert.Equal<float[]>([| 11.0; 22.0; 33.0; 14.0; 25.0; 36.0 |], sum.view(-1).toArray1D())

[<DifferenceFact 11>]
let ``a column and a row broadcast to a matrix`` () =
    let outer =
        (dsharp.tensor [ 1.0; 2.0 ]).view [ 2; 1 ] * dsharp.tensor [ 3.0; 4.0; 5.0 ]

    Assert.Equal<float[]>([| 3.0; 4.0; 5.0; 6.0; 8.0; 10.0 |], outer.view(-1).toArray1D())

[<Theory>]
[<InlineData(1, 1, 1)>]
[<InlineData(4, 3, 8)>]
[<InlineData(7, 5, 19)>]
[<InlineData(64, 64, 100)>]
let ``a product of matrices is the sum of products`` (m: int, k: int, n: int) =
    let random = Random 1
    let a = Array2D.init m k (fun _ _ -> random.NextDouble() - 0.5)
    let b = Array2D.init k n (fun _ _ -> random.NextDouble() - 0.5)
    let c = (dsharp.tensor a).matmul(dsharp.tensor b)

    let expected =
        [|
            for i in 0 .. m - 1 do
                for j in 0 .. n - 1 -> Seq.sum (seq { for p in 0 .. k - 1 -> a[i, p] * b[p, j] })
        |]

    Assert.Equal<float[]>(expected, c.view(-1).toArray1D())

[<Fact>]
let ``gather adds up the cotangents of a repeated index`` () =
    let weights = dsharp.tensor [ 1.0; 2.0; 3.0 ]

    let f (x: Tensor) =
        (x.gather (0, [| 0; 0; 1 |]) * weights).sum()

    Assert.Equal<float[]>([| 3.0; 3.0; 0.0 |], (dsharp.grad f (dsharp.tensor [ 5.0; 6.0; 7.0 ])).toArray1D())

[<DifferenceFact 12>]
let ``softplus keeps its digits far from zero`` () =
    let y = (dsharp.tensor [ -700.0; -40.0; 0.0; 800.0 ]).softplus().toArray1D<float>()
    Assert.Equal<float[]>([| Math.Exp -700.0; Math.Exp -40.0; Math.Log 2.0; 800.0 |], y)

[<Fact>]
let ``the tape form fills the derivative of the leaves, and replaces it the second time`` () =
    let x = (dsharp.tensor [ 1.0; 2.0; 3.0 ]).reverseDiff()
    let y = (x * x * x).sum()

    for _ in 1..2 do
        y.reverse ()
        Assert.Equal<float[]>([| 3.0; 12.0; 27.0 |], x.derivative.toArray1D ())

    Assert.Equal(36.0, float y.primal)

[<DifferenceFact 4>]
let ``a leaf that the value does not depend on has a derivative of its own shape`` () =
    let used, unused =
        (dsharp.ones 2).reverseDiff(), (dsharp.zeros [ 2; 2 ]).reverseDiff()

    used.sum().reverse()
    Assert.Equal<int[]>([| 2; 2 |], unused.derivative.shape)

[<Fact>]
let ``a pullback is a function: applied twice it gives the same twice, and it is linear`` () =
    let x = dsharp.tensor [ 0.3; -0.7; 1.1 ]
    let _, pullback = dsharp.evalReverseDiff (fun x -> sin (x * x) * x.sum ()) x
    let v = dsharp.tensor [ 1.0; -2.0; 0.5 ]
    let once = (pullback v).toArray1D<float>()
    Assert.Equal<float[]>(once, (pullback v).toArray1D())
    Assert.Equal<float[]>(Array.map ((*) 2.0) once, (pullback (2.0 * v)).toArray1D())

[<Fact>]
let ``gradients taken in parallel have the bits of one taken alone`` () =
    let w = dsharp.tensor (Array2D.init 8 8 (fun i j -> sin (float (3 * i + j))))

    let gradient i =
        let f (x: Tensor) =
            x --> dsharp.matmul w --> tanh --> dsharp.sum

        let x = dsharp.tensor (Array2D.init 4 8 (fun r c -> cos (float (i + r * c))))
        (dsharp.grad f x).view(-1).toArray1D<float>()

    let alone = Array.init 64 gradient
    let together = Array.zeroCreate<float[]> 64
    Parallel.For(0, 64, (fun i -> together[i] <- gradient i)) |> ignore
    Assert.Equal<float[][]>(alone, together)

[<Fact>]
let ``a long chain of operations does not exhaust the stack`` () =
    let f (x: Tensor) =
        Seq.fold (fun (y: Tensor) _ -> y * 1.0 + x) x (seq { 1..200000 })

    Assert.Equal(200001.0, float (dsharp.grad f (dsharp.tensor 1.0)))

let private refusal (action: unit -> Tensor) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<DifferenceFact 8>]
let ``an error names the operation and both shapes`` () =
    let a, b = dsharp.zeros [ 2; 3 ], dsharp.zeros [ 4; 5 ]
    let both = "[2, 3] and [4, 5]"
    Assert.Contains($"mul: shapes {both}", refusal (fun () -> a * b))
    Assert.Contains($"matmul: shapes {both}", refusal (fun () -> a.matmul b))
    Assert.Contains($"cat: shapes {both}", refusal (fun () -> Tensor.cat [ a; b ]))
    Assert.Contains($"stack: shapes {both}", refusal (fun () -> Tensor.stack [ a; b ]))
    Assert.Contains("view: a tensor of shape [2, 3] cannot be seen as [4, -1]", refusal (fun () -> a.view [ 4; -1 ]))
    Assert.Contains("gather: index 6 at 1", refusal (fun () -> a.view(-1).gather(0, [| 0; 6 |])))
    Assert.Contains("slice: places 1 … 2 of dimension 0", refusal (fun () -> a.[1..2, *]))

    Assert.Contains(
        "reverse: the tensor is a constant",
        Assert.Throws<ArgumentException>(fun () -> a.reverse ()).Message
    )

let private square (x: Tensor) = (x * x).sum()

[<Fact>]
let ``a gradient beside another is a constant of it`` () =
    let independent (z: Tensor) =
        (dsharp.grad square (dsharp.ones 2) * z).sum()

    Assert.Equal<float[]>([| 2.0; 2.0 |], (dsharp.grad independent (dsharp.ones 2)).toArray1D())

[<DifferenceFact 7>]
let ``a gradient within a gradient is refused`` () =
    let outerIsUsed (x: Tensor) =
        (dsharp.grad (fun z -> (z * x).sum()) (dsharp.ones 2)).sum()

    Assert.Contains("second derivatives", refusal (fun () -> dsharp.grad outerIsUsed (dsharp.ones 2)))
