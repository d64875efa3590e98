// The DiffSharp switch: compiled in place of Loops.fs … Linear.fs when the build names a package, -p:TensorBackend=DiffSharp-lite.
// `Tensor` then is DiffSharp's own type. This file adds what Pendel asks of it beyond DiffSharp 1.0.7: Float64 whatever
// a tensor is made from, slices that may be empty, `Tensor.primitive`, and a gather that accumulates.
//
// What then is as in DiffSharp, of the differences listed in Tensor.fs: 3 and 4 as far as they speak of `reverse` and
// `derivative`, 5, 7, 8, 10, 11, 12. Second derivatives and forward mode exist, but `primitive` and `gather` refuse them.
// Sums and products of matrices run in the backend's order, so last digits differ.
namespace Pendel.Tensors

open DiffSharp
open DiffSharp.Backends

type Tensor = DiffSharp.Tensor

/// What Pendel uses of `Tensor` and DiffSharp lacks, or has with another meaning.
[<AutoOpen>]
module DiffSharpAdapter =
    // a package with libtorch computes with it, one for cuda on the graphics processor
#if TORCH
    let private backend = Backend.Torch
#else
    let private backend = Backend.Reference
#endif
#if CUDA
    let private device = Device.GPU
#else
    let private device = Device.CPU
#endif

    let private make (values: float[]) (dims: int[]) =
        RawTensor.CreateFromFlatArray(values, dims, dtype = Dtype.Float64, device = device, backend = backend)
        |> Tensor.ofRawTensor

    /// Places first … last of one dimension, either end left open or not; the dimension is dropped where `drop` says so.
    let private range dim (first: int option) (last: int option) drop (a: Tensor) =
        let start = defaultArg first 0
        let stop = defaultArg last (a.shape[dim] - 1)

        if stop < start then
            make Array.empty (Array.mapi (fun i extent -> if i = dim then 0 else extent) a.shape)
        else
            let bounds i extent =
                if i = dim then
                    [ start; stop; (if drop then 1 else 0) ]
                else
                    [ 0; extent - 1; 0 ]

            a.GetSlice(array2D (Array.mapi bounds a.shape))

    let private pick dim place =
        range dim (Some place) (Some place) true

    /// All elements of several tensors in one vector.
    let private pack (parts: Tensor seq) =
        parts |> Seq.map (fun part -> part.view -1) |> Tensor.cat

    /// An evaluated primitive as DiffSharp's operation on its packed inputs.
    ///
    /// - `active`: places, among all inputs, of those that are under differentiation and packed
    let private operation (value: Tensor) (pullback: Tensor -> Tensor[]) (active: int[]) =
        { new UnaryOp("primitive") with
            member _.fRaw _ = value.primalRaw

            member _.ad_dfda(_, _, _) =
                Shape.refuse "primitive" "forward mode is not defined"

            member _.fd_dfda(a, _, cotangent) =
                if not (a.isNoDiff && cotangent.isNoDiff) then
                    Shape.refuse "primitive" "second derivatives are not defined"

                let cotangents = pullback cotangent
                pack (active |> Seq.map (fun i -> cotangents[i]))
        }

    type DiffSharp.Tensor with

        static member internal constant(values: float[], dims: int[]) : Tensor = make values dims
        static member internal scalar(value: float) : Tensor = make [| value |] Array.empty

        static member internal evalReverseDiff (f: Tensor -> Tensor) (x: Tensor) : Tensor * (Tensor -> Tensor) =
            DiffSharp.dsharp.evalReverseDiff f x

        /// One heavy function as one operation on the tape.
        ///
        /// `evaluate` receives the inputs as constants and returns the value and its pullback, which maps a cotangent of the
        /// value to one cotangent for every input, in order and of the input's shape. Both must be pure.
        static member primitive
            (evaluate: Tensor[] -> struct (Tensor * (Tensor -> Tensor[])))
            (inputs: Tensor[])
            : Tensor =
            let struct (value, pullback) =
                evaluate (inputs |> Array.map (fun input -> input.noDiff ()))

            let active =
                [|
                    for i in 0 .. inputs.Length - 1 do
                        if not inputs[i].isNoDiff then
                            i
                |]

            if active.Length = 0 then
                value
            else
                active
                |> Seq.map (fun i -> inputs[i])
                |> pack
                |> Tensor.Op(operation value pullback active)

        /// The elements at `indices` of a one-dimensional tensor; `dim` is 0.
        ///
        /// Effectively y[k] = a[indices[k]]. Its pullback adds up: acc[indices[k]] += cotangent[k], in the order of k.
        member a.gather(dim: int, indices: int[]) : Tensor =
            if a.dim <> 1 || dim <> 0 then
                Shape.refuse "gather" $"dimension {dim} of shape {Shape.print a.shape}: only dimension 0 of a vector"

            let evaluate (inputs: Tensor[]) =
                let x = inputs[0].toArray1D<float>()

                let pullback (cotangent: Tensor) =
                    let total = Array.zeroCreate<float> x.Length

                    for index, c in Array.zip indices (cotangent.toArray1D<float>()) do
                        total[index] <- total[index] + c

                    [| make total [| x.Length |] |]

                struct (make (indices |> Array.map (fun index -> x[index])) [| indices.Length |], pullback)

            Tensor.primitive evaluate [| a |]

        member a.GetSlice(first: int option, last: int option) : Tensor = range 0 first last false a

        member a.GetSlice(first0: int option, last0: int option, first1: int option, last1: int option) : Tensor =
            a |> range 0 first0 last0 false |> range 1 first1 last1 false

        member a.GetSlice(i: int, first: int option, last: int option) : Tensor =
            a |> pick 0 i |> range 0 first last false

        member a.GetSlice(first: int option, last: int option, j: int) : Tensor =
            a |> range 0 first last false |> pick 1 j
