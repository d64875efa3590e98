/// Curried forms for pipelines: the argument of the returned function is the first operand, `dsharp.sub b = fun a -> a - b`.
module Pendel.Tensors.Compose

type dsharp with

    static member add(b: Tensor) = fun (a: Tensor) -> a + b
    static member add(b: float) = fun (a: Tensor) -> a + b
    static member sub(b: Tensor) = fun (a: Tensor) -> a - b
    static member sub(b: float) = fun (a: Tensor) -> a - b
    static member mul(b: Tensor) = fun (a: Tensor) -> a * b
    static member mul(b: float) = fun (a: Tensor) -> a * b
    static member div(b: Tensor) = fun (a: Tensor) -> a / b
    static member div(b: float) = fun (a: Tensor) -> a / b
    static member matmul(b: Tensor) = fun (a: Tensor) -> a.matmul b
    static member sum(dim: int) = fun (a: Tensor) -> a.sum dim
    static member mean(dim: int) = fun (a: Tensor) -> a.mean dim
    static member view(shape: seq<int>) = fun (a: Tensor) -> a.view shape

    static member gather(dim: int, indices: int[]) =
        fun (a: Tensor) -> a.gather (dim, indices)
