/// The one check of every derivative: ⟨v, df(x)·d⟩ = ⟨pullback v, d⟩ for random points x, directions d and cotangents v.
/// The left side is a central difference of fourth order.
module Pendel.Tests.Tensors.PullbackCheck

open System
open FsCheck
open FsCheck.FSharp
open Pendel.Tests
open Pendel.Tensors

/// A differentiable function of several tensors, and where its inputs are drawn from.
type Case =
    {
        Name: string
        Function: Tensor[] -> Tensor
        Shapes: int[] list
        /// Elements of every input are drawn uniformly from this interval.
        Interval: float * float
        /// Step of the differences, in the unit of the inputs.
        Step: float
        /// Largest difference of the two sides, relative to the sum of their terms' magnitudes.
        Tolerance: float
    }

/// Inputs in (−2, 2), step 2e-3, tolerance 1e-9.
let case name shapes f =
    {
        Name = name
        Function = f
        Shapes = shapes
        Interval = -2.0, 2.0
        Step = 2e-3
        Tolerance = 1e-9
    }

let private nelement (shape: int[]) = Array.fold (*) 1 shape

/// The function of one vector that holds all inputs one after another.
let private packed case (x: Tensor) =
    let starts = case.Shapes |> List.map nelement |> List.scan (+) 0

    List.zip case.Shapes (List.pairwise starts)
    |> List.map (fun (shape, (first, next)) -> x.[first .. next - 1].view shape)
    |> Array.ofList
    |> case.Function

let private flat (t: Tensor) = t.view(-1).toArray1D<float>()

/// The two sides at one random point, and the sum of the magnitudes of their terms.
let sides case (seed: int) =
    let random = Random seed
    let low, high = case.Interval
    let n = case.Shapes |> List.sumBy nelement

    let draw a b count =
        Array.init count (fun _ -> a + (b - a) * random.NextDouble())

    let x = draw low high n
    let d = draw -1.0 1.0 n
    let y, pullback = dsharp.evalReverseDiff (packed case) (dsharp.tensor x)
    let v = draw -1.0 1.0 y.nelement

    let at k =
        Array.map2 (fun xi di -> xi + k * case.Step * di) x d
        |> dsharp.tensor
        |> packed case
        |> flat

    let slope =
        Array.map2 (-) (Array.map2 (-) (at 1.0) (at -1.0) |> Array.map ((*) 8.0)) (Array.map2 (-) (at 2.0) (at -2.0))
        |> Array.map (fun difference -> difference / (12.0 * case.Step))

    let gradient = flat (pullback ((dsharp.tensor v).view y.shape))
    let left = Array.map2 (*) v slope
    let right = Array.map2 (*) gradient d
    let size = Array.sumBy abs left + Array.sumBy abs right
    struct (Array.sum left, Array.sum right, size)

/// Both sides agree at `points` random points; the message names the case and the numbers.
let holdsAt points case =
    let property seed =
        let struct (left, right, size) = sides case seed
        let agree = abs (left - right) <= case.Tolerance * (size + 1e-6)
        Prop.label $"{case.Name}: differences {left:R}, pullback {right:R}, terms {size:R}" agree

    Law.holdsFor points property

/// `holdsAt` thirty points.
let holds case = holdsAt 30 case
