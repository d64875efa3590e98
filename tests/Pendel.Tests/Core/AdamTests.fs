module Pendel.Tests.Core.AdamTests

open System
open Pendel.Core
open Xunit

[<Fact>]
let ``two steps of Adam are those done by hand`` () =
    let rate = [| 0.1; 0.01 |]
    let struct (first, state) = Adam.update rate (Adam.init 2) [| 2.0; -3.0 |]
    // m̂ = g and v̂ = g²: a step of the learning rate against the gradient
    Assert.Equal(-0.1, first[0], 1e-8)
    Assert.Equal(0.01, first[1], 1e-9)

    let struct (second, _) = Adam.update rate state [| -1.0; 0.0 |]
    let mean = (0.9 * 0.2 + 0.1 * -1.0) / (1.0 - 0.81)
    let square = (0.999 * 0.004 + 0.001) / (1.0 - 0.999 ** 2.0)
    Assert.Equal(-0.1 * mean / sqrt square, second[0], 1e-8)
    let mean, square = 0.9 * -0.3 / 0.19, 0.999 * 0.009 / (1.0 - 0.999 ** 2.0)
    Assert.Equal(-0.01 * mean / sqrt square, second[1], 1e-9)

[<Fact>]
let ``a parameter without a gradient stays`` () =
    let struct (shift, _) = Adam.update [| 1.0 |] (Adam.init 1) [| 0.0 |]
    Assert.Equal(0.0, shift[0])

[<Fact>]
let ``the learning rate falls from all to nothing`` () =
    Assert.Equal(1.0, Adam.cosineDecay 40 0)
    Assert.Equal(0.5 * (1.0 + sqrt 0.5), Adam.cosineDecay 40 10, 15)
    Assert.Equal(0.0, Adam.cosineDecay 40 40, 15)
