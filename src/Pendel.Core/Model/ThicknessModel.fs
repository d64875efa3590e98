/// Models of the apparent thickness: one type, angle → t, differentiable in its parameters.
///
/// Kinematical, constant, one per frame, quadratic and ThicknessNN are values of it; a library user makes another with
/// four fields and puts it into the problem (`Problem.withThickness`).
module Pendel.Core.ThicknessModel

open System
open MathNet.Numerics
open Pendel.Tensors

/// Thicknesses of the frames as a scan finds them.
type Curve =
    {
        /// α of each frame, degrees.
        Angles: float array
        /// t of each frame, Å.
        Thickness: float array
        /// Weight of each frame, ≥ 0; 0 where the scan says nothing.
        Trust: float array
        /// How closely a network is to follow it.
        Stiffness: ThicknessNN.Stiffness
    }

/// How the thickness of a frame spreads about that of its model.
type Spread =
    {
        /// angles (degrees) → parameters → σ of the thickness at each angle, Å.
        At: float array -> Tensor -> Tensor
        /// Whether σ alone depends on the parameter of a place.
        IsOwn: int -> bool
        /// Learning rate of its own parameters at the start of the cosine decay.
        LearningRate: float
    }

/// A model of the apparent thickness.
type ThicknessModel =
    {
        /// Parameters whose thickness follows a curve as well as the model can.
        Follow: Curve -> float array
        /// angles (degrees) → parameters → t at each angle, Å.
        At: float array -> Tensor -> Tensor
        /// None where there is one thickness.
        Spread: Spread option
        /// Learning rate of the parameters at the start of the cosine decay; 0 holds them.
        LearningRate: float
    }

/// t at angles, Å.
let values (model: ThicknessModel) (angles: float array) (parameters: float array) =
    (model.At angles (dsharp.tensor parameters)).toArray1D<float>()

/// t of the paper's kinematical runs, Å: rocking curves 0.1 Å⁻¹ wide, intensities ∝ |F|².
[<Literal>]
let KinematicalThickness = 10.0

/// A given thickness, Å, at every angle: nothing is refined.
let fixedAt (t: float) : ThicknessModel =
    {
        Follow = fun _ -> [||]
        At = fun angles _ -> dsharp.full ([| angles.Length |], t)
        Spread = None
        LearningRate = 0.0
    }

/// One thickness for all frames, the mean of the curve, which is held.
let constant: ThicknessModel =
    let mean curve =
        Array.fold2 (fun sum t w -> sum + t * w) 0.0 curve.Thickness curve.Trust
        / Array.sum curve.Trust

    {
        Follow = fun curve -> [| mean curve |]
        At = fun angles p -> p.expand [ angles.Length ]
        Spread = None
        LearningRate = 0.0
    }

/// One thickness for each frame, inside the bounds (Å); straight lines between their angles.
///
/// - `knots`: α of the frames, degrees
/// - `rate`: learning rate of o, t = t_min + (t_max − t_min)·sigmoid(2o)
let perFrame min max rate (knots: float array) : ThicknessModel =
    let knots = Array.sort (Array.distinct knots)

    /// Place of the knot below an angle, and the share of the next.
    let between angle =
        let below =
            Math.Clamp(knots |> Array.filter (fun k -> k <= angle) |> Array.length, 1, knots.Length - 1)
            - 1

        below, Math.Clamp((angle - knots[below]) / (knots[below + 1] - knots[below]), 0.0, 1.0)

    let at (angles: float array) (p: Tensor) =
        let o = ThicknessNN.bounded min max p

        if knots.Length = 1 then
            o.expand [ angles.Length ]
        else
            let places, shares = angles |> Array.map between |> Array.unzip
            let below, above = o.gather (0, places), o.gather (0, places |> Array.map ((+) 1))
            below + dsharp.tensor shares * (above - below)

    let follow curve =
        let trusted =
            Array.zip3 curve.Angles curve.Thickness curve.Trust
            |> Array.filter (fun (_, _, w) -> w > 0.0)

        knots
        |> Array.map (fun k ->
            let _, t, _ = trusted |> Array.minBy (fun (a, _, _) -> abs (a - k))
            ThicknessNN.unbounded min max t)

    {
        Follow = follow
        At = at
        Spread = None
        LearningRate = rate
    }

/// Least â: the curvature of a curve that is not bent upwards.
let private leastCurvature = 1e-2

/// c + bx + e^â x² of (â, b, c).
let private parabola (x: float array) (p: Tensor) =
    let x = dsharp.tensor x
    p[2] + p[1] * x + p[0].exp() * x * x

/// (â, b, c) of the parabola with a > 0 that follows values.
let private fitParabola (x: float array) (y: float array) (trust: float array) =
    let fit powers (values: float array) =
        LinearRegression.WeightedRegression.Weighted(
            Array.map (fun x -> powers |> Array.map (fun k -> Math.Pow(x, float k))) x,
            values,
            trust
        )

    let free =
        if Array.length (Array.distinct x) > 2 then
            (fit [| 0; 1; 2 |] y)[2]
        else
            0.0

    let a = max leastCurvature free
    let line = fit [| 0; 1 |] (Array.map2 (fun x y -> y - a * x * x) x y)
    [| log a; line[1]; line[0] |]

/// Length of the quadratic model's parameters, Å.
let private quadraticScale = 100.0

/// t = aθ² + bθ + c with a > 0 by its exponential, in units of 100 Å, θ in [−1, 1] over the frames; a soft floor keeps t
/// above t_min.
let quadratic min rate (frames: float array) : ThicknessModel =
    let place = Array.map (ThicknessNN.normalise frames)
    let floor = min / quadraticScale

    /// What softplus adds near the floor, in units of 100 Å.
    let softness = 0.1

    {
        Follow =
            fun curve ->
                fitParabola
                    (place curve.Angles)
                    (curve.Thickness |> Array.map (fun t -> t / quadraticScale))
                    curve.Trust
        At =
            fun angles p ->
                let above = (parabola (place angles) p - floor) / softness
                quadraticScale * (floor + softness * above.softplus ())
        Spread = None
        LearningRate = rate
    }

/// Learning rate of the weights of σ: unlike the mean, which starts on the scanned curve, σ has to be found, and anew after each
/// scan. A full step of all of them changes it by about a quarter.
let private spreadRate = 2.5e-3

/// ThicknessNN: t from a network of 2 × 64 tanh that starts on the curve. With a quadratic prior o₁ is the sum of a parabola
/// (a > 0) and the network's; where the thickness is sampled, o₂ of the network is that of σ.
let network (settings: Settings) (frames: float array) : ThicknessModel =
    let low, high = settings.ThicknessMin, settings.ThicknessMax

    let networkAt angles : ThicknessNN.Network =
        {
            Inputs = angles |> Array.map (ThicknessNN.normalise frames)
            Min = low
            Max = high
        }

    let hasPrior = settings.ThicknessPrior = QuadraticPrior
    let isSampled = settings.ThicknessSamples > 1

    let at angles (p: Tensor) =
        let net = networkAt angles
        let o = ThicknessNN.outputs net p[.. ThicknessNN.weightCount - 1]

        ThicknessNN.bounded
            low
            high
            (if hasPrior then
                 o + parabola net.Inputs p[ThicknessNN.weightCount ..]
             else
                 o)

    let follow (curve: Curve) =
        let net = networkAt curve.Angles
        let target = curve.Thickness |> Array.map (ThicknessNN.unbounded low high)
        let drawn = ThicknessNN.initial settings.Seed

        let start =
            if isSampled then
                ThicknessNN.withEvenSpread drawn
            else
                drawn

        if hasPrior then
            let prior = fitParabola net.Inputs target curve.Trust
            let drawn = (parabola net.Inputs (dsharp.tensor prior)).toArray1D<float>()
            Array.append (ThicknessNN.fit curve.Stiffness net start (Array.map2 (-) target drawn) curve.Trust) prior
        else
            ThicknessNN.fit curve.Stiffness net start target curve.Trust

    {
        Follow = follow
        At = at
        Spread =
            if isSampled then
                Some
                    {
                        At = fun angles p -> ThicknessNN.spread (networkAt angles) p[.. ThicknessNN.weightCount - 1]
                        IsOwn = ThicknessNN.isOfSpread
                        LearningRate = spreadRate
                    }
            else
                None
        LearningRate = settings.NetworkLearningRate
    }

/// The model of the settings for frames at these angles, degrees.
let ofSettings (settings: Settings) (angles: float array) : ThicknessModel =
    let low, high, rate =
        settings.ThicknessMin, settings.ThicknessMax, settings.LearningRate

    match settings.ThicknessModel with
    | ThicknessChoice.Kinematical -> fixedAt KinematicalThickness
    | ThicknessChoice.Constant -> constant
    | ThicknessChoice.PerFrame -> perFrame low high rate angles
    | ThicknessChoice.Quadratic -> quadratic low rate angles
    | ThicknessChoice.Network -> network settings angles
