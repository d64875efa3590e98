/// From potential, thickness and orientation to intensities and residuals of all frames, in parallel.
///
/// A frame is propagated, scored and pulled back at once; threads share frames and, where these are few, their arcs. Results
/// are summed in the order of the frames and arcs, so they do not depend on the number of threads.
module Pendel.Core.ForwardModel

open System.Collections.Concurrent
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core.FrameModel

/// A planned data set, ready to be evaluated.
type ForwardModel =
    {
        /// Arcs, beams and scored reflections.
        Plan: ExperimentPlan
        /// Observed intensities and weights of each planned frame.
        Rows: Residual.Rows array
        /// What the potential coefficients are.
        Kind: PotentialKind
        /// Inner arithmetic.
        Precision: PrecisionChoice
        /// Most bytes for what the adjoints of all frames in work need of their propagations.
        StoredBytes: float
        /// Threads that share the work.
        Crew: Crew
        /// Frames by falling cost: the longest first, so that the threads end together.
        Order: int array
        /// Scratch that waits for a thread.
        Workspaces: ConcurrentBag<Workspace>
    }

/// The forward model of a plan.
///
/// - `storedBytes`: ceiling of the memory for adjoints, bytes; changes no result
/// - `workspaces`: scratch, shared with other plans of the same problem
let create precision storedBytes crew workspaces kind (plan: ExperimentPlan) =
    let cost i = plan.Frames[i].Arcs |> Seq.sumBy _.Cost

    {
        Plan = plan
        Rows = plan.Frames |> Seq.map (fun f -> Residual.rows f.Scored) |> Seq.toArray
        Kind = kind
        Precision = precision
        StoredBytes = storedBytes
        Crew = crew
        Order = [| 0 .. plan.Frames.Length - 1 |] |> Array.sortByDescending cost
        Workspaces = workspaces
    }

/// Applies a function to every frame, in parallel; results in the order of the frames.
///
/// Raises what the function raises for the first frame at which it does, whichever thread came first.
let perFrame (model: ForwardModel) (compute: Workspace -> int -> 'T) : 'T array =
    model.Crew.Map(
        model.Order,
        fun frame ->
            let workspace =
                match model.Workspaces.TryTake() with
                | true, w -> w
                | _ -> Workspace model.Crew

            workspace.StoredBytes <- model.StoredBytes / float model.Crew.Threads

            try
                compute workspace frame
            finally
                model.Workspaces.Add workspace
    )

/// The table of a potential tensor (`Potential.evaluate`).
let tableOf (model: ForwardModel) (potential: Tensor) =
    let u = Potential.coefficientsOf model.Kind potential

    {
        Kind = model.Kind
        Re = u.Re
        Im = u.Im
    }

/// What a function makes of the thicknesses and the rotation of a frame: from finite numbers to finite numbers.
let private finite (plan: FramePlan) (thicknesses: float array) (rotation: Vector3) calculate =
    FrameModel.requireFinite "the thickness" plan thicknesses
    FrameModel.requireFinite "the rotation" plan [| rotation.X; rotation.Y; rotation.Z |]

    let result = calculate ()
    FrameModel.requireFinite "an intensity" plan result
    result

/// Intensities of the scored reflections of every frame.
///
/// Raises `NumericalException` naming the first frame with a number that is not finite.
let intensities (model: ForwardModel) (potential: Tensor) (states: FrameState array) =
    let table = tableOf model potential

    perFrame model (fun workspace i ->
        let plan, state, k = model.Plan.Frames[i], states[i], model.Plan.WaveNumber

        finite plan [| state.Thickness |] state.Rotation (fun () ->
            FrameModel.intensitiesAt
                Result
                workspace
                k
                model.Precision
                table
                plan
                state.Thickness
                [| state.Rotation |]
            |> Array.head))

/// The value of a frame's loss and its cotangents.
type private FrameLoss =
    {
        Value: float
        Cotangent: FrameCotangent
    }

let private scaledSum (model: ForwardModel) (losses: FrameLoss array) (cotangent: float array) =
    let count = model.Plan.Support.Reflections.Length
    let parts = if model.Kind = PotentialKind.Real then 1 else 2
    let potential = Array.zeroCreate<float>(parts * count)

    for f in 0 .. losses.Length - 1 do
        let bar = losses[f].Cotangent.Potential
        let support = model.Plan.Frames[f].Support

        for i in 0 .. bar.Re.Length - 1 do
            potential[support[i]] <- potential[support[i]] + cotangent[f] * bar.Re[i]

        for i in 0 .. bar.Im.Length - 1 do
            potential[count + support[i]] <- potential[count + support[i]] + cotangent[f] * bar.Im[i]

    let thickness =
        Array.map2 (fun c (l: FrameLoss) -> l.Cotangent.Thickness |> Array.map (fun bar -> c * bar)) cotangent losses
        |> Array.concat

    let rotation =
        Array.map2 (fun c (l: FrameLoss) -> c * l.Cotangent.Rotation) cotangent losses
        |> Array.collect (fun v -> [| v.X; v.Y; v.Z |])

    [| dsharp.tensor potential; dsharp.tensor thickness; dsharp.tensor rotation |]

/// One loss for each frame, differentiable in all inputs.
///
/// - `loss`: frame → intensities of its scored reflections → scalar
/// - `potential`: U on the support list (`Potential.evaluate`)
/// - `thickness`: n values for each frame, frame by frame, Å; its intensities are the mean of theirs
/// - `rotation`: three values for each frame, rad, on top of the plan's corrections
/// - result: one value for each frame
///
/// Raises `NumericalException` naming the first frame with a number that is not finite.
let losses
    (model: ForwardModel)
    (loss: int -> Tensor -> Tensor)
    (potential: Tensor)
    (thickness: Tensor)
    (rotation: Tensor)
    =
    let evaluate (inputs: Tensor array) =
        let table = tableOf model inputs[0]
        let thicknesses, omega = inputs[1].toArray1D<float>(), inputs[2].toArray1D<float>()

        let frame workspace i =
            let plan, k = model.Plan.Frames[i], model.Plan.WaveNumber
            let samples = thicknesses.Length / model.Plan.Frames.Length
            let t = Array.sub thicknesses (samples * i) samples
            let rotation = Vector3(omega[3 * i], omega[3 * i + 1], omega[3 * i + 2])

            let calculated =
                finite plan t rotation (fun () ->
                    FrameModel.intensities workspace k model.Precision table plan t rotation)

            let value, gradient = dsharp.fgrad (loss i) (dsharp.tensor calculated)
            FrameModel.requireFinite "the loss" plan [| float value |]

            {
                Value = float value
                Cotangent =
                    FrameModel.adjoint workspace k model.Kind plan samples rotation (gradient.toArray1D<float>())
            }

        let frames = perFrame model frame

        struct (dsharp.tensor (frames |> Array.map _.Value),
                fun (cotangent: Tensor) -> scaledSum model frames (cotangent.toArray1D<float>()))

    Tensor.primitive evaluate [| potential; thickness; rotation |]
