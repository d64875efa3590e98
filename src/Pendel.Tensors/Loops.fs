/// The loops under the operations, on flat arrays. Sums run in one fixed order and products and sums are rounded
/// separately, so the bits do not depend on the vector width of the machine.
module internal Pendel.Tensors.Loops

open System.Numerics

let private width = Vector<float>.Count

/// y_i = f(x_i), one element at a time.
let inline map ([<InlineIfLambda>] f: float -> float) (x: float[]) =
    let y = Array.zeroCreate<float> x.Length

    for i in 0 .. x.Length - 1 do
        y[i] <- f x[i]

    y

/// y_i = f(a_i, b_i) on whole vectors; the tail uses the first lane of the same function.
let inline zip ([<InlineIfLambda>] f: Vector<float> -> Vector<float> -> Vector<float>) (a: float[]) (b: float[]) =
    let y = Array.zeroCreate<float> a.Length
    let mutable i = 0

    while i <= a.Length - Vector<float>.Count do
        (f (Vector<float>(a, i)) (Vector<float>(b, i))).CopyTo(y, i)
        i <- i + Vector<float>.Count

    while i < a.Length do
        y[i] <- (f (Vector<float> a[i]) (Vector<float> b[i]))[0]
        i <- i + 1

    y

/// acc_i += v_i over a run of `length` elements of either array.
let addRun (v: float[]) vStart (acc: float[]) accStart length =
    let mutable i = 0

    while i <= length - width do
        (Vector<float>(acc, accStart + i) + Vector<float>(v, vStart + i)).CopyTo(acc, accStart + i)
        i <- i + width

    while i < length do
        acc[accStart + i] <- acc[accStart + i] + v[vStart + i]
        i <- i + 1

/// acc_i += v_i.
let addInto (v: float[]) (acc: float[]) = addRun v 0 acc 0 v.Length

/// acc_i += s·v_i.
let addScaledInto (s: float) (v: float[]) (acc: float[]) =
    let factor = Vector<float> s
    let mutable i = 0

    while i <= v.Length - width do
        (Vector<float>(acc, i) + factor * Vector<float>(v, i)).CopyTo(acc, i)
        i <- i + width

    while i < v.Length do
        acc[i] <- acc[i] + s * v[i]
        i <- i + 1

/// Σ v_i over a run, in four interleaved partial sums.
let sumRun (v: float[]) start length =
    let mutable s0 = 0.0
    let mutable s1 = 0.0
    let mutable s2 = 0.0
    let mutable s3 = 0.0
    let stop = start + length
    let mutable i = start

    while i <= stop - 4 do
        s0 <- s0 + v[i]
        s1 <- s1 + v[i + 1]
        s2 <- s2 + v[i + 2]
        s3 <- s3 + v[i + 3]
        i <- i + 4

    while i < stop do
        s0 <- s0 + v[i]
        i <- i + 1

    (s0 + s1) + (s2 + s3)

/// aᵀ of an m×n matrix.
let transpose m n (a: float[]) =
    let t = Array.zeroCreate<float> a.Length

    for i in 0 .. m - 1 do
        for j in 0 .. n - 1 do
            t[j * m + i] <- a[i * n + j]

    t

/// One element of a·b: the sum over p of a_ip·b_pj, in the order of p.
let private element (a: float[]) (b: float[]) k n i j =
    let mutable sum = 0.0

    for p in 0 .. k - 1 do
        sum <- sum + a[i * k + p] * b[p * n + j]

    sum

/// Rows i … i+3 and columns j … j+2w−1 of a·b, held in eight vectors while p runs.
let private tile (a: float[]) (b: float[]) (c: float[]) k n i j =
    let mutable c00 = Vector<float>.Zero
    let mutable c01 = Vector<float>.Zero
    let mutable c10 = Vector<float>.Zero
    let mutable c11 = Vector<float>.Zero
    let mutable c20 = Vector<float>.Zero
    let mutable c21 = Vector<float>.Zero
    let mutable c30 = Vector<float>.Zero
    let mutable c31 = Vector<float>.Zero
    let at = i * k

    for p in 0 .. k - 1 do
        let b0 = Vector<float>(b, p * n + j)
        let b1 = Vector<float>(b, p * n + j + width)
        let a0 = Vector<float> a[at + p]
        let a1 = Vector<float> a[at + k + p]
        let a2 = Vector<float> a[at + 2 * k + p]
        let a3 = Vector<float> a[at + 3 * k + p]
        c00 <- c00 + a0 * b0
        c01 <- c01 + a0 * b1
        c10 <- c10 + a1 * b0
        c11 <- c11 + a1 * b1
        c20 <- c20 + a2 * b0
        c21 <- c21 + a2 * b1
        c30 <- c30 + a3 * b0
        c31 <- c31 + a3 * b1

    c00.CopyTo(c, i * n + j)
    c01.CopyTo(c, i * n + j + width)
    c10.CopyTo(c, (i + 1) * n + j)
    c11.CopyTo(c, (i + 1) * n + j + width)
    c20.CopyTo(c, (i + 2) * n + j)
    c21.CopyTo(c, (i + 2) * n + j + width)
    c30.CopyTo(c, (i + 3) * n + j)
    c31.CopyTo(c, (i + 3) * n + j + width)

/// One row and w columns of a·b.
let private strip (a: float[]) (b: float[]) (c: float[]) k n i j =
    let mutable sum = Vector<float>.Zero

    for p in 0 .. k - 1 do
        sum <- sum + Vector<float> a[i * k + p] * Vector<float>(b, p * n + j)

    sum.CopyTo(c, i * n + j)

/// c = a·b for an m×k and a k×n matrix.
let matmul m k n (a: float[]) (b: float[]) =
    let c = Array.zeroCreate<float>(m * n)
    let tiledRows = m - m % 4
    let tiledColumns = n - n % (2 * width)
    let vectorColumns = n - n % width

    for i in 0..4 .. tiledRows - 1 do
        for j in 0 .. 2 * width .. tiledColumns - 1 do
            tile a b c k n i j

    for i in 0 .. m - 1 do
        let first = if i < tiledRows then tiledColumns else 0

        for j in first..width .. vectorColumns - 1 do
            strip a b c k n i j

        for j in vectorColumns .. n - 1 do
            c[i * n + j] <- element a b k n i j

    c
