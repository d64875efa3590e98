/// Values and slopes of the elementwise functions: the rule of each is one line.
/// At kinks: |x|′ is 0 at 0; √x′ is ∞ at 0.
module internal Pendel.Tensors.Elementwise

open System
open System.Numerics

/// y = f(x), and acc += cotangent·f′ with f′ from x and y.
type Unary =
    {
        Name: string
        Value: float[] -> float[]
        Pull: float[] -> float[] -> float[] -> float[] -> unit
    }

let inline private unary
    name
    ([<InlineIfLambda>] f: float -> float)
    ([<InlineIfLambda>] slope: float -> float -> float)
    =
    {
        Name = name
        Value = fun x -> Loops.map f x
        Pull =
            fun x y cotangent acc ->
                for i in 0 .. x.Length - 1 do
                    acc[i] <- acc[i] + cotangent[i] * slope x[i] y[i]
    }

let private logistic x = 1.0 / (1.0 + Math.Exp(-x))

/// log(1 + e) without the loss of digits for small e.
let private logOnePlus e =
    let u = 1.0 + e
    if u = 1.0 then e else Math.Log u * e / (u - 1.0)

let exp = unary "exp" Math.Exp (fun _ y -> y)
let log = unary "log" Math.Log (fun x _ -> 1.0 / x)
let sqrt = unary "sqrt" Math.Sqrt (fun _ y -> 0.5 / y)
let sin = unary "sin" Math.Sin (fun x _ -> Math.Cos x)
let cos = unary "cos" Math.Cos (fun x _ -> -Math.Sin x)
let tanh = unary "tanh" Math.Tanh (fun _ y -> 1.0 - y * y)
let sigmoid = unary "sigmoid" logistic (fun _ y -> y * (1.0 - y))

let softplus =
    unary "softplus" (fun x -> Math.Max(x, 0.0) + logOnePlus (Math.Exp(-Math.Abs x))) (fun x _ -> logistic x)

let abs =
    unary "abs" Math.Abs (fun x _ ->
        if x > 0.0 then 1.0
        elif x < 0.0 then -1.0
        else 0.0)

let power (s: float) =
    unary "pow" (fun x -> Math.Pow(x, s)) (fun x _ -> s * Math.Pow(x, s - 1.0))

/// s / x.
let reciprocal (s: float) =
    unary "div" (fun x -> s / x) (fun x y -> -y / x)

/// y = f(a, b) on equal shapes, with acc += cotangent·∂f/∂a and acc += cotangent·∂f/∂b.
type Binary =
    {
        Name: string
        Value: float[] -> float[] -> float[]
        PullA: float[] -> float[] -> float[] -> float[] -> unit
        PullB: float[] -> float[] -> float[] -> float[] -> unit
    }

/// acc_i += cotangent_i·slope(a_i, b_i).
let inline private accumulate
    ([<InlineIfLambda>] slope: Vector<float> -> Vector<float> -> Vector<float>)
    (a: float[])
    (b: float[])
    (cotangent: float[])
    (acc: float[])
    =
    let mutable i = 0

    while i <= acc.Length - Vector<float>.Count do
        let term =
            Vector<float>(cotangent, i) * slope (Vector<float>(a, i)) (Vector<float>(b, i))

        (Vector<float>(acc, i) + term).CopyTo(acc, i)
        i <- i + Vector<float>.Count

    while i < acc.Length do
        acc[i] <- acc[i] + cotangent[i] * (slope (Vector<float> a[i]) (Vector<float> b[i]))[0]
        i <- i + 1

let add =
    {
        Name = "add"
        Value = fun a b -> Loops.zip (fun x y -> x + y) a b
        PullA = fun _ _ cotangent acc -> Loops.addInto cotangent acc
        PullB = fun _ _ cotangent acc -> Loops.addInto cotangent acc
    }

let sub =
    {
        Name = "sub"
        Value = fun a b -> Loops.zip (fun x y -> x - y) a b
        PullA = fun _ _ cotangent acc -> Loops.addInto cotangent acc
        PullB = fun _ _ cotangent acc -> Loops.addScaledInto -1.0 cotangent acc
    }

let mul =
    {
        Name = "mul"
        Value = fun a b -> Loops.zip (fun x y -> x * y) a b
        PullA = fun a b cotangent acc -> accumulate (fun _ y -> y) a b cotangent acc
        PullB = fun a b cotangent acc -> accumulate (fun x _ -> x) a b cotangent acc
    }

let div =
    {
        Name = "div"
        Value = fun a b -> Loops.zip (fun x y -> x / y) a b
        PullA = fun a b cotangent acc -> accumulate (fun _ y -> Vector<float>.One / y) a b cotangent acc
        PullB = fun a b cotangent acc -> accumulate (fun x y -> -x / (y * y)) a b cotangent acc
    }
