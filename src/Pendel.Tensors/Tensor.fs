// Reverse-mode automatic differentiation on float64 tensors, with DiffSharp's names and meaning, as far as Pendel uses them.
//
// Deliberate differences from DiffSharp 1.0.7:
//  1. `gather` accumulates the cotangents of a repeated index (there the last one overwrites the others). Its indices are an int[].
//  2. There is one dtype, Float64, whatever a tensor is made from (there lists, scalars and 2-D arrays become Float32).
//  3. A pullback is a function: applied twice, it gives the same twice. `reverse` replaces `derivative`, it never adds to it,
//     and it fills `derivative` of the tensors that `reverseDiff` made, not of what lies between.
//  4. A leaf that the value does not depend on has a derivative of zeros, of its own shape.
//  5. `cat` and `stack` accept constants among differentiated tensors; a constant receives no cotangent.
//  6. `grad` and `fgrad` accept a tensor of any shape.
//  7. Nothing is global: no dtype, device, backend, seed or nesting level is configured. Second derivatives are not defined;
//     where a tensor under one differentiation meets another, the operation refuses.
//  8. Errors are ArgumentExceptions that name the operation and the shapes.
//  9. `Tensor.primitive` lifts a function with its pullback (there: `Tensor.Op` on raw tensors, one or two inputs).
// 10. Tensors have no equality: compare their arrays.
// 11. Two shapes broadcast also where both expand, [2, 1] with [3] to [2, 3] (there one must be the result).
// 12. `softplus` keeps its digits far below zero (there log(1 + exp x) as rounded, 0).
namespace Pendel.Tensors

/// A float64 array of any number of dimensions, row by row, that may be under differentiation. Immutable but for `derivative`.
[<Sealed; NoEquality; NoComparison>]
type Tensor internal (values: float[], dims: int[], node: Node) =
    /// The mark of the tape form, `reverseDiff` and `reverse`, whose leaves may be combined freely.
    static let tapeForm = Tape()

    member internal _.values = values
    member internal _.dims = dims
    member internal _.node = node

    static member internal constant(values, dims) = Tensor(values, dims, Node.Constant)

    static member internal scalar(value: float) =
        Tensor.constant ([| value |], Array.empty)

    // -- looking inside

    /// Extent of every dimension; empty for a scalar.
    member _.shape = Array.copy dims
    /// Number of dimensions; 0 for a scalar.
    member _.dim = dims.Length
    /// Number of elements.
    member _.nelement = values.Length

    /// A copy of the elements of a one-dimensional tensor. 'T is float.
    member _.toArray1D<'T>() : 'T[] =
        if dims.Length <> 1 then
            Shape.refuse "toArray1D" $"the shape is {Shape.print dims}"

        match box (Array.copy values) with
        | :? ('T[]) as copy -> copy
        | _ -> Shape.refuse "toArray1D" $"elements are float, not {typeof<'T>.Name}"

    /// The only element.
    member _.toDouble() =
        if values.Length <> 1 then
            Shape.refuse "toDouble" $"the shape is {Shape.print dims}, not that of one element"

        values[0]

    static member op_Explicit(t: Tensor) : float = t.toDouble ()

    override _.ToString() =
        let shown = values |> Seq.truncate 8 |> Seq.map string |> String.concat "; "
        let rest = if values.Length > 8 then "; …" else ""
        $"tensor {Shape.print dims} [{shown}{rest}]"

    // -- differentiation

    /// The same values as a constant.
    member _.primal = Tensor.constant (values, dims)

    /// The same values as a constant.
    member t.noDiff() = t.primal

    static member internal leaf(operation, tape, t: Tensor) =
        if not t.node.IsConstant then
            Shape.refuse operation "the tensor is under differentiation already (second derivatives are not defined)"

        Tensor(t.values, t.dims, Node.Leaf(tape, t.values.Length))

    /// A leaf with these values: `reverse` of what is computed from it fills its `derivative`.
    member t.reverseDiff() =
        Tensor.leaf ("reverseDiff", tapeForm, t)

    /// The cotangents of this tensor's leaves for the cotangent `value`.
    member internal t.pull(operation, graph: Graph, value: Tensor) =
        if not (Shape.same value.dims dims) then
            Shape.refuse operation $"the cotangent has shape {Shape.print value.dims}, the value {Shape.print dims}"

        graph.Pull value.values

    /// Fills the `derivative` of every leaf this tensor depends on: Σ value·∂(this)/∂(leaf); `value` is all ones unless given.
    member t.reverse(?value: Tensor) =
        if node.IsConstant then
            Shape.refuse "reverse" "the tensor is a constant"

        let ones () =
            Tensor.constant (Array.create values.Length 1.0, dims)

        for struct (leaf, cotangent) in t.pull ("reverse", Graph node, Option.defaultWith ones value) do
            leaf.Derivative <- cotangent

    /// What the last `reverse` found for this leaf; zeros before.
    member _.derivative =
        if node.IsConstant then
            Shape.refuse "derivative" "the tensor is a constant"

        if node.Derivative.Length = 0 then
            Tensor.constant (Array.zeroCreate values.Length, dims)
        else
            Tensor.constant (node.Derivative, dims)

    /// f(x) and its pullback, on a tape of its own.
    static member internal evalReverseDiff (f: Tensor -> Tensor) (x: Tensor) : Tensor * (Tensor -> Tensor) =
        let tape = Tape()
        let leaf = Tensor.leaf ("evalReverseDiff", tape, x)
        let y = f leaf

        if y.node.IsConstant then
            y, (fun _ -> Tensor.constant (Array.zeroCreate x.nelement, x.dims))
        elif not (obj.ReferenceEquals(y.node.Tape, tape)) then
            Shape.refuse
                "evalReverseDiff"
                "the value is under another differentiation (second derivatives are not defined)"
        else
            let graph = Graph y.node

            let pullback v =
                let struct (_, cotangent) = y.pull ("evalReverseDiff", graph, v) |> Array.exactlyOne

                Tensor.constant (cotangent, x.dims)

            y.primal, pullback

    // -- operations as primitives

    /// One heavy function as one operation on the tape.
    ///
    /// `evaluate` receives the inputs as constants and returns the value and its pullback, which maps a cotangent of the value
    /// to one cotangent for every input, in order and of the input's shape. Both must be pure.
    static member primitive (evaluate: Tensor[] -> struct (Tensor * (Tensor -> Tensor[]))) (inputs: Tensor[]) =
        let struct (value, pullback) =
            evaluate (inputs |> Array.map (fun input -> input.primal))

        let pull cotangent (acc: float[][]) =
            let cotangents = pullback (Tensor.constant (cotangent, value.dims))

            if cotangents.Length <> inputs.Length then
                Shape.refuse "primitive" $"{inputs.Length} inputs, but {cotangents.Length} cotangents"

            for i in 0 .. inputs.Length - 1 do
                if not (Shape.same cotangents[i].dims inputs[i].dims) then
                    let found, wanted = Shape.print cotangents[i].dims, Shape.print inputs[i].dims
                    Shape.refuse "primitive" $"input {i} has shape {wanted}, its cotangent {found}"

                if acc[i].Length > 0 then
                    Loops.addInto cotangents[i].values acc[i]

        Tensor.lift ("primitive", value.values, value.dims, inputs, pull)

    /// A value with its rule, under differentiation if one of its parents is.
    static member internal lift(operation, values: float[], dims, parents: Tensor[], pull) =
        let nodes = parents |> Array.map (fun parent -> parent.node)
        Tensor(values, dims, Node.Of(operation, values.Length, nodes, pull))

    static member internal apply(rule: Elementwise.Unary, a: Tensor) =
        let x = a.values
        let y = rule.Value x

        if a.node.IsConstant then
            Tensor.constant (y, a.dims)
        else
            Tensor.lift (rule.Name, y, a.dims, [| a |], (fun cotangent acc -> rule.Pull x y cotangent acc[0]))

    static member internal apply(rule: Elementwise.Binary, a: Tensor, b: Tensor) =
        if not (Shape.same a.dims b.dims) then
            let dims = Shape.broadcast rule.Name a.dims b.dims
            Tensor.apply (rule, Tensor.expandTo (dims, a), Tensor.expandTo (dims, b))
        else
            let x, y = a.values, b.values

            let pull cotangent (acc: float[][]) =
                if acc[0].Length > 0 then
                    rule.PullA x y cotangent acc[0]

                if acc[1].Length > 0 then
                    rule.PullB x y cotangent acc[1]

            Tensor.lift (rule.Name, rule.Value x y, a.dims, [| a; b |], pull)

    /// scale·a + shift.
    static member internal affine(operation, a: Tensor, scale: float, shift: float) =
        let y = Loops.map (fun x -> scale * x + shift) a.values
        Tensor.lift (operation, y, a.dims, [| a |], (fun cotangent acc -> Loops.addScaledInto scale cotangent acc[0]))

    static member internal expandTo(dims: int[], a: Tensor) =
        if Shape.same dims a.dims then
            a
        else
            let x = a.values
            let y = Array.zeroCreate<float>(Shape.nelement dims)

            Shape.walkExpanded a.dims dims (fun from step into length ->
                if step = 0 then
                    System.Array.Fill(y, x[from], into, length)
                else
                    System.Array.Copy(x, from, y, into, length))

            let pull (cotangent: float[]) (acc: float[][]) =
                let total = acc[0]

                Shape.walkExpanded a.dims dims (fun from step into length ->
                    if step = 0 then
                        total[from] <- total[from] + Loops.sumRun cotangent into length
                    else
                        Loops.addRun cotangent into total from length)

            Tensor.lift ("expand", y, dims, [| a |], pull)

    // -- arithmetic; shapes broadcast

    static member (+)(a: Tensor, b: Tensor) = Tensor.apply (Elementwise.add, a, b)
    static member (+)(a: Tensor, s: float) = Tensor.affine ("add", a, 1.0, s)
    static member (+)(s: float, a: Tensor) = Tensor.affine ("add", a, 1.0, s)
    static member (-)(a: Tensor, b: Tensor) = Tensor.apply (Elementwise.sub, a, b)
    static member (-)(a: Tensor, s: float) = Tensor.affine ("sub", a, 1.0, -s)
    static member (-)(s: float, a: Tensor) = Tensor.affine ("sub", a, -1.0, s)
    static member (*)(a: Tensor, b: Tensor) = Tensor.apply (Elementwise.mul, a, b)
    static member (*)(a: Tensor, s: float) = Tensor.affine ("mul", a, s, 0.0)
    static member (*)(s: float, a: Tensor) = Tensor.affine ("mul", a, s, 0.0)
    static member (/)(a: Tensor, b: Tensor) = Tensor.apply (Elementwise.div, a, b)

    static member (/)(a: Tensor, s: float) =
        Tensor.apply (Elementwise.div, a, Tensor.scalar s)

    static member (/)(s: float, a: Tensor) =
        Tensor.apply (Elementwise.reciprocal s, a)

    static member (~-)(a: Tensor) = Tensor.affine ("neg", a, -1.0, 0.0)

    /// `a ** s`.
    static member Pow(a: Tensor, s: float) =
        if s = 2.0 then
            a * a
        else
            Tensor.apply (Elementwise.power s, a)

    // -- elementwise functions, as members and for the F# functions of the same name

    member a.exp() = Tensor.apply (Elementwise.exp, a)
    member a.log() = Tensor.apply (Elementwise.log, a)
    member a.sqrt() = Tensor.apply (Elementwise.sqrt, a)
    member a.sin() = Tensor.apply (Elementwise.sin, a)
    member a.cos() = Tensor.apply (Elementwise.cos, a)
    member a.tanh() = Tensor.apply (Elementwise.tanh, a)
    member a.sigmoid() = Tensor.apply (Elementwise.sigmoid, a)
    member a.softplus() = Tensor.apply (Elementwise.softplus, a)
    member a.abs() = Tensor.apply (Elementwise.abs, a)
    static member Exp(a: Tensor) = a.exp ()
    static member Log(a: Tensor) = a.log ()
    static member Sqrt(a: Tensor) = a.sqrt ()
    static member Sin(a: Tensor) = a.sin ()
    static member Cos(a: Tensor) = a.cos ()
    static member Tanh(a: Tensor) = a.tanh ()
    static member Abs(a: Tensor) = a.abs ()

    /// `x --> f` is `f x`.
    static member inline (-->)(t: Tensor, f: Tensor -> ^a) : ^a = f t
