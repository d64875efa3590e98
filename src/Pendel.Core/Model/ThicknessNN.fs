/// The apparent thickness as a smooth function of the tilt angle: a network α → (μ, log σ²).
///
/// x = α mapped to [−1, 1] over the data set; h₁ = tanh(W₁x + b₁), h₂ = tanh(W₂h₁ + b₂), (o₁, o₂) = W₃h₂ + b₃;
/// t = t_min + (t_max − t_min)·sigmoid(2o₁): bounded by construction; where the thickness is sampled, o₂ gives its standard
/// deviation σ.
/// Source: Malik et al. (2025), arXiv 2508.05908, with a hard bound in place of its linear map.
module Pendel.Core.ThicknessNN

open System
open MathNet.Numerics.LinearAlgebra
open Pendel.Tensors

[<Literal>]
let private Hidden = 64

/// Shape and bounds of the network, and the angles at which it is evaluated.
type Network =
    {
        /// Angles mapped to [−1, 1], one per frame.
        Inputs: float array
        /// t_min, Å.
        Min: float
        /// t_max, Å.
        Max: float
    }

/// An angle mapped so that the given angles reach from −1 to 1.
let normalise (angles: float array) angle =
    let low, high = Array.min angles, Array.max angles
    let span = if high > low then high - low else 1.0
    2.0 * (angle - low) / span - 1.0

/// The network for the frames at these angles (degrees) with these bounds (Å).
///
/// Raises `ArgumentException` if there are no angles or the bounds are not in order.
let create (min: float) (max: float) (angles: float array) =
    if angles.Length = 0 then
        invalidArg (nameof angles) "no angles"

    if not (0.0 <= min && min < max) then
        invalidArg (nameof min) $"thickness range {min}..{max} Å is empty"

    {
        Inputs = angles |> Array.map (normalise angles)
        Min = min
        Max = max
    }

/// (rows, columns) of W₁, b₁, W₂, b₂, W₃, b₃, in the order of the weight vector.
let private shapes =
    [ 1, Hidden; 1, Hidden; Hidden, Hidden; 1, Hidden; Hidden, 2; 1, 2 ]

/// Number of weights: 4418.
let weightCount = shapes |> List.sumBy (fun (rows, columns) -> rows * columns)

let private split (weights: Tensor) =
    shapes
    |> List.mapFold (fun offset (r, c) -> weights[offset .. offset + r * c - 1].view [ r; c ], offset + r * c) 0
    |> fst

let private hidden (network: Network) parts =
    match parts with
    | w1 :: b1 :: w2 :: b2 :: _ ->
        let x = (dsharp.tensor network.Inputs).view [ network.Inputs.Length; 1 ]
        let layer (w: Tensor) (b: Tensor) (h: Tensor) = tanh (h.matmul w + b)
        x |> layer w1 b1 |> layer w2 b2
    | _ -> invalidOp "the network has six parameter blocks"

/// o₁ of each frame, then o₂ of each.
let private both (network: Network) (weights: Tensor) : Tensor =
    let parts = split weights
    let output = (hidden network parts).matmul parts[4] + parts[5]
    output.transpose().view -1

/// o₁ of each frame from the weight vector.
let outputs (network: Network) (weights: Tensor) : Tensor =
    (both network weights).[0 .. network.Inputs.Length - 1]

/// t = t_min + (t_max − t_min)·sigmoid(2o), Å.
let bounded min max (o: Tensor) : Tensor = min + (max - min) * (2.0 * o).sigmoid()

/// Bounds of σ, shares of t_max − t_min.
let private narrowest, private widest = 1e-3, 1e-1

/// σ of the thickness of each frame, Å, from the weight vector: ln σ = ln σ_min + ln(σ_max/σ_min)·sigmoid(2o₂), σ_min and σ_max
/// being 0.1 and 10 % of t_max − t_min.
let spread (network: Network) (weights: Tensor) : Tensor =
    let frames = network.Inputs.Length
    let share = (2.0 * (both network weights).[frames..]).sigmoid()

    narrowest
    * (network.Max - network.Min)
    * (log (widest / narrowest) * share).exp()

/// Whether a weight is one of the output layer on which o₂ alone depends.
let isOfSpread place =
    weightCount - 2 * Hidden - 2 <= place && place < weightCount && place % 2 = 1

/// Weights with o₂ = 0: σ is 1 % of the range at every angle, between its bounds.
let withEvenSpread (weights: float array) =
    weights |> Array.mapi (fun i w -> if isOfSpread i then 0.0 else w)

/// t of each frame, Å, from the weight vector.
let evaluate (network: Network) (weights: Tensor) : Tensor =
    bounded network.Min network.Max (outputs network weights)

/// How much wider the input weights are drawn: tanh(W₁x + b₁) then turns within a tenth of the angular range, so that the
/// network can follow a thickness that changes within some 10°.
let private inputGain = 8.0

/// First weights: uniform in ±1/√(fan-in), those of the input layer `inputGain` times wider, from the seed.
let initial seed =
    let random = Random(seed: int)

    [|
        for rows, columns, fanIn in
            [
                1, Hidden, 1
                1, Hidden, 1
                Hidden, Hidden, Hidden
                1, Hidden, Hidden
                Hidden, 2, Hidden
                1, 2, Hidden
            ] do
            let bound = (if fanIn = 1 then inputGain else 1.0) / sqrt (float fanIn)
            for _ in 1 .. rows * columns -> bound * (2.0 * random.NextDouble() - 1.0)
    |]

/// o that gives a thickness; thicknesses at the bounds are taken as 0.1 % of the range inside them.
let unbounded min max t =
    let share = Math.Clamp((t - min) / (max - min), 1e-3, 1.0 - 1e-3)
    0.5 * log (share / (1.0 - share))

/// How closely the network follows a curve: penalties on the squared output weights against the squared misfit of o₁,
/// among which generalised cross-validation decides.
type Stiffness =
    /// 10⁻³: for a curve that was found with a wrong structure, whose errors go together in neighbouring frames.
    | Stiff
    /// 10⁻³ … 10⁻⁸: for a curve that scatters frame by frame, if at all.
    | AsSmoothAsTheCurve

let private ridges =
    function
    | Stiff -> [ 1e-3 ]
    | AsSmoothAsTheCurve -> [ 1e-3; 1e-4; 1e-5; 1e-6; 1e-7; 1e-8 ]

/// Ridge regression of centred y on centred columns: the coefficients of the penalty with the least generalised
/// cross-validation, ‖y − ŷ‖²/(n − p)², p the effective number of parameters; the curve decides how stiff it has to be.
///
/// - `frames`: n, of which the parameters may be half at most; the first penalty is always allowed
let private ridge (penalties: float list) (a: Matrix<float>) (y: Vector<float>) frames =
    let svd = a.Svd()
    let singular = svd.S.ToArray()
    let along = (svd.U.TransposeThisAndMultiply y).ToArray()

    let shares penalty =
        singular |> Array.map (fun s -> s * s / (s * s + penalty))

    let freedom penalty =
        frames - 1.0 - Array.sum (shares penalty)

    let misfit penalty =
        let explained =
            Array.mapi (fun i share -> (1.0 - (1.0 - share) ** 2.0) * along[i] ** 2.0) (shares penalty)

        (y.DotProduct y - Array.sum explained) / freedom penalty ** 2.0

    let allowed =
        penalties |> List.filter (fun penalty -> freedom penalty > 0.5 * frames)

    let penalty =
        if allowed.IsEmpty then
            penalties.Head
        else
            List.minBy misfit allowed

    let components =
        singular |> Array.mapi (fun i s -> s / (s * s + penalty) * along[i])

    svd.VT
        .SubMatrix(0, singular.Length, 0, a.ColumnCount)
        .TransposeThisAndMultiply(Vector<float>.Build.DenseOfArray components)

/// Weights whose network follows given o₁: the output layer by weighted ridge regression.
///
/// - `weights`: first weights
/// - `target`: o₁ of each frame
/// - `trust`: weight of each frame, ≥ 0
let fit stiffness (network: Network) (weights: float array) (target: float array) (trust: float array) =
    let h =
        ((hidden network (split (dsharp.tensor weights))).view -1).toArray1D<float>()

    let trust = trust |> Array.map (fun w -> w / Array.average trust)

    let mean value =
        Array.average (Array.mapi (fun i w -> w * value i) trust)

    let features = Array.init Hidden (fun j -> mean (fun i -> h[Hidden * i + j]))
    let level = mean (fun i -> target[i])

    let centred =
        Matrix<float>.Build.Dense(trust.Length, Hidden, (fun i j -> sqrt trust[i] * (h[Hidden * i + j] - features[j])))

    let y =
        Vector<float>.Build.Dense(trust.Length, (fun i -> sqrt trust[i] * (target[i] - level)))

    let known = trust |> Array.filter (fun w -> w > 0.0) |> Array.length
    let solution = ridge (ridges stiffness) centred y (float known)
    let output = weightCount - 2 * Hidden - 2
    let result = Array.copy weights

    for i in 0 .. Hidden - 1 do
        result[output + 2 * i] <- solution[i]

    result[output + 2 * Hidden] <- level - solution.DotProduct(Vector<float>.Build.DenseOfArray features)
    result

/// Weights whose network follows given thicknesses, Å, inside the bounds.
let warmStart stiffness (network: Network) weights (target: float array) trust =
    fit stiffness network weights (target |> Array.map (unbounded network.Min network.Max)) trust
