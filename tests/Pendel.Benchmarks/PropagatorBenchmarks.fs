namespace Pendel.Benchmarks

open System
open BenchmarkDotNet.Attributes
open Pendel.Kernels

/// One arc of 4 tilts: intensities at 460 Å, and intensities with their adjoint.
[<MemoryDiagnoser>]
type PropagatorBenchmarks() =
    let tilts = 4
    let waveNumber = 40.0
    let propagator = Propagator()
    let mutable re = Array.empty<float>
    let mutable im = Array.empty<float>
    let mutable diagonal = Array.empty<float>
    let mutable weight = Array.empty<float>
    let mutable intensity = Array.empty<float>
    let mutable cotangent = Array.empty<float>
    let mutable reBar = Array.empty<float>
    let mutable imBar = Array.empty<float>
    let mutable diagonalBar = Array.empty<float>

    [<Params(24, 40, 128, 400)>]
    member val Beams = 0 with get, set

    [<Params(Precision.Single, Precision.Double)>]
    member val Precision = Precision.Single with get, set

    /// A Hermitian potential that falls off with the distance of the beams in the list, and excitation errors to 0.01 Å⁻¹.
    [<GlobalSetup>]
    member this.Setup() =
        let n = this.Beams
        let random = Random 1
        re <- Array.zeroCreate (n * n)
        im <- Array.zeroCreate (n * n)

        for g in 0 .. n - 1 do
            for h in 0 .. g - 1 do
                let size = 0.05 / float (1 + g - h)
                let a, b = size * (random.NextDouble() - 0.5), size * (random.NextDouble() - 0.5)
                re[g * n + h] <- a
                re[h * n + g] <- a
                im[g * n + h] <- b
                im[h * n + g] <- -b

        diagonal <- Array.init (n * tilts) (fun i -> if i % n = 0 then 0.0 else 1.6 * (random.NextDouble() - 0.5))
        weight <- Array.create (n * tilts) 1.0
        intensity <- Array.zeroCreate (n * tilts)
        cotangent <- Array.create (n * tilts) 1.0
        reBar <- Array.zeroCreate (n * n)
        imBar <- Array.zeroCreate (n * n)
        diagonalBar <- Array.zeroCreate (n * tilts)

    member inline private this.Matrix() =
        ArcMatrix(this.Beams, tilts, re, im, diagonal, weight, waveNumber, true)

    [<Benchmark(Baseline = true)>]
    member this.Value() =
        let matrix = this.Matrix()
        propagator.Forward(&matrix, 460.0, this.Precision, intensity)

    [<Benchmark>]
    member this.ValueAndGradient() =
        let matrix = this.Matrix()
        propagator.Forward(&matrix, 460.0, this.Precision, intensity)
        propagator.Adjoint(&matrix, cotangent, reBar, imBar, diagonalBar)
