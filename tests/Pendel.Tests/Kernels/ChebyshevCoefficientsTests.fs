module Pendel.Tests.Kernels.ChebyshevCoefficientsTests

open System
open System.Numerics
open Xunit
open Pendel.Kernels

let private fill z length =
    let stride = ChebyshevCoefficients.Lanes
    let c: float[] = Array.zeroCreate (stride * length)
    ChebyshevCoefficients.Fill([| 3.0; z |].AsSpan(), stride, 1e-17, c.AsSpan())
    Array.init length (fun k -> c[stride * k + 1])

[<Fact>]
let ``coefficients are Bessel functions`` () =
    // Abramowitz & Stegun (1964), ch. 9: J_0 … J_3 of 1 and J_0, J_1 of 10.
    let c = fill 1.0 4

    let expected =
        [|
            0.7651976865579666
            0.8801011714898670
            -0.2298069698638010
            -0.0391267079653
        |]

    Array.iter2 (fun (e: float) x -> Assert.Equal(e, x, 1e-13)) expected c
    Assert.Equal(-0.2459357644513483, (fill 10.0 2)[0], 1e-15)
    Assert.Equal(2.0 * 0.0434727461688614, (fill 10.0 2)[1], 1e-15)

[<Fact>]
let ``the series is the exponential on the whole interval`` () =
    for z in [ 0.0; 1e-200; 1e-9; 0.3; 7.0; 100.0; 3000.0 ] do
        let c = fill z (1 + ChebyshevCoefficients.HighestOrder(z, 0.0, 1e-17))

        for x in [ -1.0; -0.7; 0.0; 0.3; 1.0 ] do
            let wave k = cos (float k * acos x)

            let even =
                Array.sum (Array.mapi (fun k c -> if k % 2 = 0 then c * wave k else 0.0) c)

            let odd =
                Array.sum (Array.mapi (fun k c -> if k % 2 = 1 then c * wave k else 0.0) c)

            let error = Complex.Abs(Complex(even, odd) - Complex.Exp(Complex(0.0, z * x)))
            Assert.True(error < 1e-14 * (10.0 + z), $"z = {z}, x = {x}: {error}")

[<Fact>]
let ``orders left out are below the tolerance even where the polynomials grow`` () =
    for z, growth in [ 0.1, 0.8; 5.0, 0.0; 5.0, 0.8; 60.0, 0.0; 60.0, 0.5; 900.0, 0.0; 900.0, 0.1 ] do
        let highest = ChebyshevCoefficients.HighestOrder(z, growth, 1e-9)
        let c = fill z (highest + 60)

        for k in highest .. highest + 59 do
            Assert.True(abs c[k] * exp (growth * float k) < 2e-9, $"z = {z}, growth {growth}: order {k}")
