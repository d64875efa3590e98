namespace Pendel.Core

open System
open Pendel.Diffraction
open Pendel.Kernels

/// Arrays that are used again.
module internal Scratch =
    /// The array, or a larger one: what frames and arcs of different sizes use in turns only grows.
    let atLeast n (values: float array) =
        if values.Length >= n then values else Array.zeroCreate n

    /// At least n zeros.
    let cleared n values =
        let values = atLeast n values
        Array.Clear(values, 0, n)
        values

/// The arrays of one arc; they grow and are used again.
///
/// - `sharing`: an arc of the same thread
type internal ArcScratch(sharing: ArcScratch option) =
    member val Propagator: Propagator = Propagator(sharing = (sharing |> Option.map _.Propagator |> Option.toObj))
    member val Re = Array.empty<float> with get, set
    member val Im = Array.empty<float> with get, set
    member val Diagonal = Array.empty<float> with get, set
    member val Weight = Array.empty<float> with get, set
    /// Intensities, then their cotangents.
    member val Intensity = Array.empty<float> with get, set
    /// Cotangents of the coefficients on the frame's support.
    member val SupportRe = Array.empty<float> with get, set
    member val SupportIm = Array.empty<float> with get, set

/// The cotangents of one arc's matrices, for the thread that pulls it back.
type internal MatrixCotangent() =
    member val Re = Array.empty<float> with get, set
    member val Im = Array.empty<float> with get, set
    member val Diagonal = Array.empty<float> with get, set

/// Scratch of one frame at a time. It keeps what the adjoint needs of the last frame that was propagated.
///
/// - `crew`: threads that share the frame's arcs
type Workspace(crew: Crew) =
    let arcs = ResizeArray<ArcScratch>()
    let cotangents = Array.init crew.Threads (fun _ -> MatrixCotangent())

    /// For one thread.
    new() = Workspace(Crew 1)

    /// Coefficients on the frame's support.
    member val internal Support =
        {
            Potential.Re = Array.empty
            Potential.Im = Array.empty
        } with get, set

    /// Most bytes of what the adjoint of a frame needs of its propagations, shared among its arcs.
    member val internal StoredBytes = infinity with get, set

    /// Does something for every arc of a frame; results in the order of the arcs. Arcs are dealt out to the threads in turn, as
    /// neighbours cost alike, and the arcs of one thread share scratch.
    member internal this.PerArc(plan: FramePlan, compute: MatrixCotangent -> Arc -> ArcScratch -> 'T) : 'T array =
        let hands = min crew.Threads plan.Arcs.Length

        while arcs.Count < plan.Arcs.Length do
            let i = arcs.Count

            arcs.Add(
                ArcScratch(
                    if i < crew.Threads then
                        None
                    else
                        Some arcs[i % crew.Threads]
                )
            )

        let ofArc = this.StoredBytes / float plan.Arcs.Length

        for arc in arcs do
            arc.Propagator.StoredBytes <- if ofArc < 1e18 then int64 ofArc else Int64.MaxValue

        let results = Array.zeroCreate<'T> plan.Arcs.Length

        let deal hand =
            for i in hand .. crew.Threads .. plan.Arcs.Length - 1 do
                results[i] <- compute cotangents[hand] plan.Arcs[i] arcs[i]

        crew.Map(Array.init hands id, deal) |> ignore
        results
