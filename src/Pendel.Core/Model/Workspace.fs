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

/// What a thread needs for one arc at a time: places of its matrix's elements, and the cotangents of its matrices.
type internal HandScratch() =
    /// Places of the arc's beam differences in the frame's support.
    member val Places = Array.empty<int> with get, set
    member val Re = Array.empty<float> with get, set
    member val Im = Array.empty<float> with get, set
    member val Diagonal = Array.empty<float> with get, set

/// Scratch of one frame at a time. It keeps what the adjoint needs of the last frame that was propagated.
///
/// - `crew`: threads that share the frame's arcs
type Workspace(crew: Crew) =
    let hands = Array.init crew.Threads (fun _ -> ResizeArray<ArcScratch>())
    let handScratch = Array.init crew.Threads (fun _ -> HandScratch())

    /// The arcs of each hand, the costliest dealt first, each to the hand that has least.
    let deal (plan: FramePlan) =
        let load = Array.zeroCreate<float> crew.Threads
        let dealt = Array.init crew.Threads (fun _ -> ResizeArray<int>())

        for i in
            [| 0 .. plan.Arcs.Length - 1 |]
            |> Array.sortByDescending (fun i -> plan.Arcs[i].Cost) do
            let hand = Array.IndexOf(load, Array.min load)
            load[hand] <- load[hand] + plan.Arcs[i].Cost
            dealt[hand].Add i

        dealt

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

    /// Does something for every arc of a frame; results in the order of the arcs.
    ///
    /// - `isKept`: each arc has scratch of its own, the same in every such call of a plan; otherwise the arcs of a hand take turns
    member internal this.PerArc(plan: FramePlan, isKept, compute: HandScratch -> Arc -> ArcScratch -> 'T) : 'T array =
        let ofArc = this.StoredBytes / float plan.Arcs.Length
        let storedBytes = if ofArc < 1e18 then int64 ofArc else Int64.MaxValue
        let dealt = deal plan
        let results = Array.zeroCreate<'T> plan.Arcs.Length

        let work hand =
            let own = hands[hand]

            for turn in 0 .. dealt[hand].Count - 1 do
                let place = if isKept then turn else 0

                if own.Count = place then
                    own.Add(ArcScratch(Seq.tryHead own))

                let i, scratch = dealt[hand][turn], own[place]
                scratch.Propagator.StoredBytes <- storedBytes
                results[i] <- compute handScratch[hand] plan.Arcs[i] scratch

        crew.Map(Array.init (min crew.Threads plan.Arcs.Length) id, work) |> ignore
        results
