namespace Pendel.Tensors

/// Sums, means and products of matrices.
[<AutoOpen>]
module Linear =
    type Tensor with

        /// The sum of all elements, a scalar.
        member a.sum() =
            let pull (cotangent: float[]) (acc: float[][]) =
                let total = acc[0]

                for i in 0 .. total.Length - 1 do
                    total[i] <- total[i] + cotangent[0]

            Tensor.lift ("sum", [| Loops.sumRun a.values 0 a.nelement |], Array.empty, [| a |], pull)

        /// Sums along one dimension, which is dropped unless `keepDim`.
        member a.sum(dim: int, ?keepDim: bool) =
            let dim = Shape.completeDim "sum" a.dims dim
            let struct (outer, extent, inner) = Shape.around a.dims dim
            let y = Array.zeroCreate<float>(outer * inner)

            for block in 0 .. outer - 1 do
                for i in 0 .. extent - 1 do
                    Loops.addRun a.values ((block * extent + i) * inner) y (block * inner) inner

            let pull (cotangent: float[]) (acc: float[][]) =
                for block in 0 .. outer - 1 do
                    for i in 0 .. extent - 1 do
                        Loops.addRun cotangent (block * inner) acc[0] ((block * extent + i) * inner) inner

            let dims =
                if defaultArg keepDim false then
                    Array.mapi (fun i n -> if i = dim then 1 else n) a.dims
                else
                    Array.removeAt dim a.dims

            Tensor.lift ("sum", y, dims, [| a |], pull)

        /// The mean of all elements, a scalar.
        member a.mean() = a.sum () / float a.nelement

        /// Means along one dimension, which is dropped unless `keepDim`.
        member a.mean(dim: int, ?keepDim: bool) =
            let extent = a.dims[Shape.completeDim "mean" a.dims dim]
            a.sum (dim, ?keepDim = keepDim) / float extent

        /// The product of an m×k and a k×n matrix.
        member a.matmul(b: Tensor) =
            if a.dims.Length <> 2 || b.dims.Length <> 2 || a.dims[1] <> b.dims[0] then
                Shape.refuse "matmul" $"shapes {Shape.print a.dims} and {Shape.print b.dims}"

            let m, k, n = a.dims[0], a.dims[1], b.dims[1]

            let pull cotangent (acc: float[][]) =
                if acc[0].Length > 0 then
                    Loops.addInto (Loops.matmul m n k cotangent (Loops.transpose k n b.values)) acc[0]

                if acc[1].Length > 0 then
                    Loops.addInto (Loops.matmul k m n (Loops.transpose m k a.values) cotangent) acc[1]

            Tensor.lift ("matmul", Loops.matmul m k n a.values b.values, [| m; n |], [| a; b |], pull)
