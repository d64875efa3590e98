/// Adam, as a value: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², shift = −η m̂/(√v̂ + ε) with bias-corrected m̂ and v̂.
/// Source: Kingma and Ba (2015), arXiv 1412.6980.
module Pendel.Core.Adam

open System

let private beta1 = 0.9
let private beta2 = 0.999
let private epsilon = 1e-8

/// First and second moments of the gradient after a number of steps.
type State =
    {
        Step: int
        Mean: float array
        Square: float array
    }

/// The state before the first step of n parameters.
let init n =
    {
        Step = 0
        Mean = Array.zeroCreate n
        Square = Array.zeroCreate n
    }

/// One step.
///
/// - `rate`: learning rate η of each parameter
/// - `gradient`: ∂loss/∂parameter
/// - result: the shift to add to the parameters, and the next state
let update (rate: float array) (state: State) (gradient: float array) =
    let step = state.Step + 1
    let mean = Array.map2 (fun m g -> beta1 * m + (1.0 - beta1) * g) state.Mean gradient

    let square =
        Array.map2 (fun v g -> beta2 * v + (1.0 - beta2) * g * g) state.Square gradient

    let correct beta x = x / (1.0 - Math.Pow(beta, float step))

    let shift =
        Array.map3 (fun r m v -> -r * correct beta1 m / (sqrt (correct beta2 v) + epsilon)) rate mean square

    struct (shift,
            {
                Step = step
                Mean = mean
                Square = square
            })

/// Cosine decay from 1 at step 0 to 0 after the last of `steps` steps.
let cosineDecay steps step =
    0.5 * (1.0 + cos (Math.PI * float step / float steps))
