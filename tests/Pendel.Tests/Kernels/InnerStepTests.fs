module Pendel.Tests.Kernels.InnerStepTests

open System
open Xunit
open Pendel.Kernels

[<Fact>]
let ``no inner step is faster than the machine`` () =
    for kind, parts in
        [
            PotentialKind.Real, 1.0
            PotentialKind.Hermitian, 4.0
            PotentialKind.Absorptive, 4.0
        ] do
        let step = InnerStep(40, 5, kind, Precision.Single)
        Assert.Equal(2.0 * parts * 40.0 * 40.0 * 5.0, step.Flops)
        Assert.InRange(step.Terms, 40, 200)
        let limit = 1.2e9 * FmaPeak.Measure Precision.Single

        for _ in 1..5 do
            Assert.InRange(step.Flops / step.Forward(), 1.0, limit)
            Assert.InRange(2.0 * step.Flops / step.Adjoint(), 1.0, limit)

[<Fact>]
let ``absorption costs no more orders than the same potential without`` () =
    for thickness in [ 200.0; 2000.0 ] do
        for precision in [ Precision.Single; Precision.Double ] do
            let terms kind =
                InnerStep(100, 4, kind, precision, thickness).Terms

            Assert.InRange(terms PotentialKind.Absorptive, 20, terms PotentialKind.Hermitian)

[<Fact>]
let ``the peak of float32 is twice that of float64`` () =
    let single, twice =
        FmaPeak.Measure Precision.Single, FmaPeak.Measure Precision.Double

    if Runtime.Intrinsics.Vector128.IsHardwareAccelerated then
        Assert.InRange(single / twice, 1.4, 2.8)
