namespace Pendel.Benchmarks

open BenchmarkDotNet.Attributes
open Pendel.Kernels

/// All Chebyshev terms of an arc of 4 tilts at 500 Å: the product with the recurrence, and the adjoint with its outer products.
type InnerStepBenchmarks() =
    let mutable step = Unchecked.defaultof<InnerStep>

    [<Params(24, 40, 128, 530)>]
    member val Beams = 0 with get, set

    [<Params(PotentialKind.Real, PotentialKind.Hermitian)>]
    member val Kind = PotentialKind.Real with get, set

    [<GlobalSetup>]
    member this.Setup() =
        step <- InnerStep(this.Beams, 4, this.Kind, Precision.Single)

    [<Benchmark(Baseline = true)>]
    member _.Forward() = step.Forward()

    [<Benchmark>]
    member _.Adjoint() = step.Adjoint()
