/// The thickness of a frame as a normal distribution, by reparametrisation: t_j = μ + σ ε_j with ε_j from the standard normal
/// distribution, so that the mean of the intensities over the t_j is differentiable in μ and σ.
///
/// The ε_j are drawn once, from the seed and the PETS id of the frame, and stay through all epochs: then the loss is one function
/// of its parameters, as the choice of the best epoch and the line search of L-BFGS need it, and a refinement repeats to the bit.
/// They come in pairs ±ε, so that no frame's samples lie to one side of μ (with an odd number, the last one is alone).
/// Source: Kingma & Welling (2014), arXiv 1312.6114; for the thickness Malik et al. (2025), arXiv 2508.05908.
module Pendel.Core.ThicknessSampling

open Pendel.Diffraction
open Pendel.Tensors

/// ε_j of a frame.
///
/// - `count`: how many
/// - `id`: PETS id of the frame
let deviations (seed: int) count (id: int) =
    Array.init count (fun j ->
        let drawn = Draw.normal [ uint64 seed; uint64 id; uint64 (j / 2) ]
        if j % 2 = 0 then drawn else -drawn)

/// The thicknesses over which the joint refinement averages the intensities of frames: n of each frame, frame by frame, Å, from the
/// parameters of a model; μ alone of a model without a spread.
///
/// t = softplus(μ + σε) in Å: positive, and μ + σε itself to 10⁻⁶ Å from 14 Å on.
let samples
    (settings: Settings)
    (model: ThicknessModel.ThicknessModel)
    (frames: VirtualFrame array)
    : Tensor -> Tensor =
    let angles = frames |> Array.map _.Alpha

    match model.Spread with
    | None -> model.At angles
    | Some spread ->
        let n = settings.ThicknessSamples

        let epsilon =
            frames
            |> Array.collect (fun f -> deviations settings.Seed n f.Id)
            |> dsharp.tensor

        let repeated (ofFrame: Tensor) =
            ofFrame.gather (0, Array.init (n * frames.Length) (fun i -> i / n))

        fun p -> (repeated (model.At angles p) + repeated (spread.At angles p) * epsilon).softplus()
