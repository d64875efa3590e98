namespace Pendel.Tensors

/// Making tensors, functions of tensors, and their gradients.
[<AbstractClass; Sealed>]
type dsharp =
    // -- making tensors

    /// A scalar.
    static member tensor(value: float) = Tensor.scalar value

    /// A vector; the array is copied.
    static member tensor(values: float[]) =
        Tensor.constant (Array.copy values, [| values.Length |])

    /// A vector.
    static member tensor(values: seq<float>) =
        let values = Array.ofSeq values
        Tensor.constant (values, [| values.Length |])

    /// A matrix.
    static member tensor(values: float[,]) =
        Tensor.constant (Array.ofSeq (Seq.cast<float> values), [| values.GetLength 0; values.GetLength 1 |])

    /// A vector of scalar tensors, under differentiation if one of them is.
    static member tensor(scalars: seq<Tensor>) = Tensor.stack scalars

    static member full(shape: seq<int>, value: float) =
        let dims = Array.ofSeq shape
        Tensor.constant (Array.create (Shape.nelement dims) value, dims)

    static member zeros(shape: seq<int>) = dsharp.full (shape, 0.0)
    static member zeros(length: int) = dsharp.full ([| length |], 0.0)
    static member ones(shape: seq<int>) = dsharp.full (shape, 1.0)
    static member ones(length: int) = dsharp.full ([| length |], 1.0)

    // -- functions

    static member exp(a: Tensor) = a.exp ()
    static member log(a: Tensor) = a.log ()
    static member sqrt(a: Tensor) = a.sqrt ()
    static member sin(a: Tensor) = a.sin ()
    static member cos(a: Tensor) = a.cos ()
    static member tanh(a: Tensor) = a.tanh ()
    static member sigmoid(a: Tensor) = a.sigmoid ()
    static member softplus(a: Tensor) = a.softplus ()
    static member abs(a: Tensor) = a.abs ()
    static member sum(a: Tensor) = a.sum ()
    static member mean(a: Tensor) = a.mean ()
    static member transpose(a: Tensor) = a.transpose ()
    static member matmul(a: Tensor, b: Tensor) = a.matmul b
    static member cat(tensors: seq<Tensor>, ?dim: int) = Tensor.cat (tensors, ?dim = dim)
    static member stack(tensors: seq<Tensor>, ?dim: int) = Tensor.stack (tensors, ?dim = dim)

    // -- differentiation

    /// f(x) and its pullback: cotangent of f(x) → cotangent of x. Any shapes; the pullback may be applied any number of times.
    static member evalReverseDiff (f: Tensor -> Tensor) (x: Tensor) : Tensor * (Tensor -> Tensor) =
        Tensor.evalReverseDiff f x

    /// The value and the gradient of a scalar function.
    static member fgrad (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
        let y, pullback = dsharp.evalReverseDiff f x

        if y.dim <> 0 then
            Shape.refuse "grad" $"f(x) has shape {Shape.print y.shape}, not that of a scalar"

        y, pullback (Tensor.scalar 1.0)

    /// The gradient of a scalar function.
    static member grad (f: Tensor -> Tensor) (x: Tensor) = snd (dsharp.fgrad f x)
