namespace Pendel.Tensors

open System

/// Operations that move elements: view, expand, slices, cat, stack, gather, transpose.
[<AutoOpen>]
module ShapeOps =
    /// `length` places from `start` on along one dimension.
    let private narrow operation dim start length (a: Tensor) =
        let struct (outer, extent, inner) = Shape.around a.dims dim

        if start < 0 || length < 0 || start + length > extent then
            Shape.refuse
                operation
                $"places {start} … {start + length - 1} of dimension {dim} of shape {Shape.print a.dims}"

        let y = Array.zeroCreate<float>(outer * length * inner)
        let from block = (block * extent + start) * inner
        let run = length * inner

        for block in 0 .. outer - 1 do
            Array.Copy(a.values, from block, y, block * run, run)

        let pull (cotangent: float[]) (acc: float[][]) =
            for block in 0 .. outer - 1 do
                Loops.addRun cotangent (block * run) acc[0] (from block) run

        let dims = Array.mapi (fun i n -> if i = dim then length else n) a.dims
        Tensor.lift (operation, y, dims, [| a |], pull)

    /// The same elements in another shape.
    let private reshape dims (a: Tensor) =
        Tensor.lift ("view", a.values, dims, [| a |], (fun cotangent acc -> Loops.addInto cotangent acc[0]))

    /// An inclusive range of one dimension; either end may be left open.
    let private range dim (first: int option) (last: int option) (a: Tensor) =
        let dim = Shape.completeDim "slice" a.dims dim
        let start = defaultArg first 0
        narrow "slice" dim start (defaultArg last (a.dims[dim] - 1) - start + 1) a

    /// One place of a dimension, which is dropped.
    let private pick dim place (a: Tensor) =
        let dim = Shape.completeDim "slice" a.dims dim
        a |> narrow "slice" dim place 1 |> reshape (Array.removeAt dim a.dims)

    let private refuseUnless2D operation (a: Tensor) =
        if a.dims.Length <> 2 then
            Shape.refuse operation $"shape {Shape.print a.dims} has not two dimensions"

    type Tensor with

        /// The same elements in another shape; one extent may be −1.
        member a.view(shape: seq<int>) =
            reshape (Shape.complete a.dims (Array.ofSeq shape)) a

        /// The same elements in one dimension of the given length; −1 is their number.
        member a.view(length: int) = a.view [| length |]

        /// Repeated along new leading dimensions and along dimensions of extent 1 until it has this shape.
        member a.expand(shape: seq<int>) =
            let dims = Array.ofSeq shape

            if not (Shape.same (Shape.broadcast "expand" a.dims dims) dims) then
                Shape.refuse "expand" $"shape {Shape.print a.dims} does not expand to {Shape.print dims}"

            Tensor.expandTo (dims, a)

        /// The transposed matrix.
        member a.transpose() =
            refuseUnless2D "transpose" a
            let m, n = a.dims[0], a.dims[1]

            let pull cotangent (acc: float[][]) =
                Loops.addInto (Loops.transpose n m cotangent) acc[0]

            Tensor.lift ("transpose", Loops.transpose m n a.values, [| n; m |], [| a |], pull)

        /// The elements at `indices` of a one-dimensional tensor; `dim` is 0.
        ///
        /// Effectively y[k] = a[indices[k]]. Its pullback adds up: acc[indices[k]] += cotangent[k], in the order of k.
        member a.gather(dim: int, indices: int[]) =
            if a.dims.Length <> 1 || dim <> 0 then
                Shape.refuse "gather" $"dimension {dim} of shape {Shape.print a.dims}: only dimension 0 of a vector"

            let x, indices = a.values, Array.copy indices
            let y = Array.zeroCreate<float> indices.Length

            for k in 0 .. indices.Length - 1 do
                if uint indices[k] >= uint x.Length then
                    Shape.refuse "gather" $"index {indices[k]} at {k} is not in shape {Shape.print a.dims}"

                y[k] <- x[indices[k]]

            let pull (cotangent: float[]) (acc: float[][]) =
                let total = acc[0]

                for k in 0 .. indices.Length - 1 do
                    total[indices[k]] <- total[indices[k]] + cotangent[k]

            Tensor.lift ("gather", y, [| y.Length |], [| a |], pull)

        member a.Item
            with get (i: int) = pick 0 i a

        member a.Item
            with get (i: int, j: int) = a |> pick 0 i |> pick 0 j

        member a.GetSlice(first: int option, last: int option) = range 0 first last a

        member a.GetSlice(first0: int option, last0: int option, first1: int option, last1: int option) =
            a |> range 0 first0 last0 |> range 1 first1 last1

        member a.GetSlice(i: int, first: int option, last: int option) = a |> pick 0 i |> range 0 first last
        member a.GetSlice(first: int option, last: int option, j: int) = a |> range 0 first last |> pick 1 j

        /// Joined along an existing dimension; all other extents agree.
        static member cat(tensors: seq<Tensor>, ?dim: int) =
            let parts = Array.ofSeq tensors

            if parts.Length = 0 then
                Shape.refuse "cat" "no tensors"

            let first = parts[0].dims
            let dim = Shape.completeDim "cat" first (defaultArg dim 0)

            for part in parts do
                if
                    part.dims.Length <> first.Length
                    || not (Shape.same (Array.removeAt dim part.dims) (Array.removeAt dim first))
                then
                    Shape.refuse "cat" $"shapes {Shape.print first} and {Shape.print part.dims} along dimension {dim}"

            let extent = parts |> Array.sumBy (fun part -> part.dims[dim])
            let dims = Array.mapi (fun i n -> if i = dim then extent else n) first
            let struct (outer, _, inner) = Shape.around dims dim
            let runs = parts |> Array.map (fun part -> part.dims[dim] * inner)
            let starts = Array.scan (+) 0 runs
            let y = Array.zeroCreate<float>(Shape.nelement dims)

            for i in 0 .. parts.Length - 1 do
                for block in 0 .. outer - 1 do
                    Array.Copy(parts[i].values, block * runs[i], y, block * extent * inner + starts[i], runs[i])

            let pull (cotangent: float[]) (acc: float[][]) =
                for i in 0 .. parts.Length - 1 do
                    if acc[i].Length > 0 then
                        for block in 0 .. outer - 1 do
                            Loops.addRun cotangent (block * extent * inner + starts[i]) acc[i] (block * runs[i]) runs[i]

            Tensor.lift ("cat", y, dims, parts, pull)

        /// Joined along a new dimension; all shapes agree.
        static member stack(tensors: seq<Tensor>, ?dim: int) =
            let parts = Array.ofSeq tensors

            for part in parts do
                if not (Shape.same part.dims parts[0].dims) then
                    Shape.refuse "stack" $"shapes {Shape.print parts[0].dims} and {Shape.print part.dims} differ"

            let dim = defaultArg dim 0

            let layers =
                parts
                |> Array.map (fun part ->
                    let dim = Shape.completeDim "stack" (Array.append part.dims [| 1 |]) dim
                    reshape (Array.insertAt dim 1 part.dims) part)

            Tensor.cat (layers, dim)
