/// Times of the propagator's inner step against the machine's own peak, and how they grow.
module Pendel.Cli.KernelBench

open Pendel.Kernels
open Pendel.Cli.Timing

/// The beam numbers that are timed.
let private sizes = [ 24; 32; 40; 48; 64; 96; 128; 200; 400; 530; 800; 1200 ]

/// Seconds of timing for each entry.
[<Literal>]
let private Budget = 0.3

/// Tilts of an arc.
[<Literal>]
let private Tilts = 4

/// The peak of one core, 10⁹ operations a second, each time it was measured.
let private peakClock peaks () =
    let gflops = FmaPeak.Measure Precision.Single
    (peaks: ResizeArray<float>).Add gflops
    gflops

let private nameOf kind =
    match kind with
    | PotentialKind.Hermitian -> ""
    | PotentialKind.Real -> "-real"
    | _ -> "-absorptive"

/// One size: forward and adjoint in turns with the peak.
let private innerStep kind n : Entry list =
    let step = InnerStep(n, Tilts, kind, Precision.Single)
    let peaks = ResizeArray<float>()
    let name = $"inner-step-N{n}{nameOf kind}"

    match inTurns Budget [ step.Forward; step.Adjoint; peakClock peaks ] with
    | [ forward; adjoint; _ ] ->
        let peak = Seq.max peaks

        let entry name times flops =
            let gflops = 1e-9 * flops / median times

            {
                Name = name
                Times = times
                Found =
                    [
                        "fractionOfPeak", gflops / peak
                        "gflops", gflops
                        "N", float n
                        "tilts", float Tilts
                    ]
            }

        [
            entry name forward step.Flops
            entry $"{name}-adjoint" adjoint (2.0 * step.Flops)
        ]
    | _ -> []

/// The machine's peak.
let private peak () : Entry =
    let peaks = ResizeArray<float>()
    let times = inTurns Budget [ seconds (peakClock peaks) ]

    {
        Name = "fma-peak"
        Times = times.Head
        Found = [ "gflops", Seq.max peaks ]
    }

/// How a cost grows with one size of the arc: value with gradient, the spectrum held fixed.
let private growth name sizes (step: int -> InnerStep) cost : Entry =
    let steps = sizes |> List.map step
    let times = inTurns (3.0 * Budget) [ for s in steps -> fun () -> cost s ]

    {
        Name = $"cost-exponent-{name}"
        Times = List.last times
        Found = [ "exponent", exponent (List.map2 (fun n t -> float n, median t) sizes times) ]
    }

let private single n tilts thickness =
    InnerStep(n, tilts, PotentialKind.Real, Precision.Single, float thickness)

/// Every entry, one after the other. A step is one term of the series, so its cost is that of a fixed spectrum; the number of
/// terms grows with the thickness alone.
let entries () : Entry seq =
    let step (s: InnerStep) = s.Forward() + s.Adjoint()

    seq {
        peak ()

        for kind in [ PotentialKind.Hermitian; PotentialKind.Real; PotentialKind.Absorptive ] do
            for n in sizes do
                yield! innerStep kind n

        growth "N" [ 100; 200; 400; 800 ] (fun n -> single n Tilts 500) step
        growth "tilts" [ 4; 8; 16; 32; 64 ] (fun tilts -> single 200 tilts 500) step
        growth "thickness" [ 250; 500; 1000; 2000 ] (fun t -> single 200 Tilts t) (fun s -> float s.Terms * step s)
    }
