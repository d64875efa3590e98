/// Arithmetic on shapes. Elements lie row by row: the last dimension runs fastest.
module internal Pendel.Tensors.Shape

open System

/// A shape as errors print it: [2, 3]; a scalar is [].
let print (shape: int[]) = "[" + String.Join(", ", shape) + "]"

/// The one way an operation refuses its arguments: its name, and what it found.
let refuse (operation: string) (found: string) : 'a =
    raise (ArgumentException $"{operation}: {found}")

/// Number of elements; 1 for a scalar.
let nelement (shape: int[]) =
    let mutable n = 1

    for extent in shape do
        n <- n * extent

    n

/// The shapes are equal.
let same (a: int[]) (b: int[]) = a.AsSpan().SequenceEqual(b.AsSpan())

/// A dimension counted from the front; −1 is the last one.
let completeDim operation (shape: int[]) dim =
    let complete = if dim < 0 then dim + shape.Length else dim

    if complete < 0 || complete >= shape.Length then
        refuse operation $"no dimension {dim} in shape {print shape}"

    complete

/// The elements seen along one dimension: outer blocks × extent × inner run.
let around (shape: int[]) dim =
    let outer = nelement shape[.. dim - 1]
    let inner = nelement shape[dim + 1 ..]
    struct (outer, shape[dim], inner)

/// The shape that both broadcast to: aligned at the last dimension, extents are equal or one of them is 1.
let broadcast operation (a: int[]) (b: int[]) =
    let dim = max a.Length b.Length

    let extent (shape: int[]) i =
        let j = i - (dim - shape.Length)
        if j < 0 then 1 else shape[j]

    Array.init dim (fun i ->
        match extent a i, extent b i with
        | m, n when m = n || n = 1 -> m
        | 1, n -> n
        | _ -> refuse operation $"shapes {print a} and {print b} do not broadcast to one shape")

/// A requested shape with its one extent −1 replaced by what the number of elements leaves.
let complete (current: int[]) (requested: int[]) =
    let known = requested |> Array.filter (fun extent -> extent <> -1) |> nelement
    let n = nelement current

    let completed =
        requested
        |> Array.map (fun extent -> if extent = -1 && known > 0 then n / known else extent)

    let negative = Array.exists (fun extent -> extent < 0) completed
    let free = requested |> Array.filter (fun extent -> extent = -1) |> Array.length

    if negative || free > 1 || nelement completed <> n then
        refuse "view" $"a tensor of shape {print current} cannot be seen as {print requested}"

    completed

/// Walks the runs of the last dimension of `target` that a tensor of shape `source` is expanded to.
/// `run sourceOffset step targetOffset length`: step is 0 where one source element serves the whole run, else 1.
let walkExpanded (source: int[]) (target: int[]) (run: int -> int -> int -> int -> unit) =
    let pad = target.Length - source.Length
    let strides = Array.zeroCreate target.Length
    let mutable stride = 1

    for i in source.Length - 1 .. -1 .. 0 do
        strides[i + pad] <- if source[i] = 1 then 0 else stride
        stride <- stride * source[i]

    let rec walk dim sourceOffset targetOffset =
        if dim = target.Length - 1 then
            run sourceOffset strides[dim] targetOffset target[dim]
            targetOffset + target[dim]
        else
            let mutable at = targetOffset

            for i in 0 .. target[dim] - 1 do
                at <- walk (dim + 1) (sourceOffset + i * strides[dim]) at

            at

    if target.Length > 0 && nelement target > 0 then
        walk 0 0 0 |> ignore
