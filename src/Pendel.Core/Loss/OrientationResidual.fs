/// What the orientation of a frame is judged by: residuals of its rows, each on its best scale (CONVENTIONS, Orientation).
module Pendel.Core.OrientationResidual

/// A kind of residuals.
type Measure =
    /// w(F_o − sF_c): their squares add up to (wR_F/u)².
    | Amplitudes
    /// The same with a threshold of outliers, in units of w(F_o − sF_c): Σρ/(u²Σw²F_o²).
    | RobustAmplitudes of threshold: float
    /// w(I_o − cI_c) with the weights of a loss: (wR/2u)², since u of an amplitude is 2u of its intensity.
    | Intensities of LossChoice

/// u√(Σw²F_o²): what w(F_o − sF_c) is divided by.
let unit rows =
    Residual.Instability * sqrt (Residual.information rows)

/// Residuals of intensities I_c of a frame's rows.
let residuals measure (rows: Residual.Rows) : float array -> float array =
    let relative factor (weight: float array) observed calculated =
        Array.map3 (fun w o k -> factor * w * (o - k)) weight observed calculated

    let ofAmplitudes = 1.0 / unit rows

    match measure with
    | Amplitudes ->
        Residual.scaledAmplitudes rows
        >> relative ofAmplitudes rows.Weight rows.JanaAmplitude
    | RobustAmplitudes k ->
        RobustResidual.residuals k rows.Weight rows.JanaAmplitude
        >> Array.map ((*) ofAmplitudes)
    | Intensities loss ->
        let struct (weight, observed) = Residual.weighted loss rows

        let ofIntensities =
            1.0 / (2.0 * Residual.Instability * sqrt (Residual.norm weight observed))

        fun calculated ->
            let c = Residual.leastSquares weight observed calculated

            calculated |> Array.map ((*) c) |> relative ofIntensities weight observed

/// 1 − B²/AC with A = Σw²o², B = Σw²oc, C = Σw²c² over some places: Σw²(o − sc)²/A at the best scale s; infinite with fewer than
/// three. And A.
let inline private squares
    (weight: float array)
    (observed: float array)
    ([<InlineIfLambda>] calculated: int -> float)
    (places: int array)
    =
    let mutable a = 0.0
    let mutable b = 0.0
    let mutable c = 0.0

    for i in places do
        let w = weight[i] * weight[i]
        let o, k = observed[i], calculated i
        a <- a + w * o * o
        b <- b + w * o * k
        c <- c + w * k * k

    if places.Length < 3 || a = 0.0 || c = 0.0 then
        struct (infinity, a)
    else
        struct (1.0 - b * b / (a * c), a)

/// The sum of the squares of the residuals of the rows at some places, infinite with fewer than three, and their information.
let sumOfSquares measure (rows: Residual.Rows) (places: int array) (calculated: float array) =
    let struct (wRF2, information) =
        // differences of sums may be negative by rounding
        squares rows.Weight rows.JanaAmplitude (fun i -> sqrt (max 0.0 calculated[i])) places

    let chosen (values: float array) = places |> Array.map (Array.get values)

    let relative =
        match measure with
        | RobustAmplitudes k when wRF2 < infinity ->
            RobustResidual.residuals k (chosen rows.Weight) (chosen rows.JanaAmplitude) (chosen calculated)
            |> Array.sumBy (fun r -> r * r / information)
        | Intensities loss ->
            let struct (weight, observed) = Residual.weighted loss rows
            let struct (wR2, _) = squares weight observed (fun i -> calculated[i]) places
            wR2 / 4.0
        | _ -> wRF2

    struct (relative / Residual.Instability ** 2.0, information)
