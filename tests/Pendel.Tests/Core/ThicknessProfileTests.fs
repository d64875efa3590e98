module Pendel.Tests.Core.ThicknessProfileTests

open System
open Pendel.Core.ThicknessProfile
open Xunit

let private angles = [| for i in -50 .. 45 -> float i |]

let private curve profile seed =
    Array.map (create profile (300.0, 900.0) seed angles) angles

[<Fact>]
let ``every profile but the constant spans the range, and the constant lies in its middle`` () =
    Assert.All(curve Constant 0, (fun t -> Assert.Equal(600.0, t)))

    for profile in [ Smooth; Bowl ] do
        let values = curve profile 3
        Assert.Equal(300.0, Array.min values, 1e-9)
        Assert.Equal(900.0, Array.max values, 1e-9)

    // the sine's extrema need not fall on a frame
    Assert.InRange(Array.min (curve Sine 0), 300.0, 300.5)
    Assert.InRange(Array.max (curve Sine 0), 899.5, 900.0)

[<Fact>]
let ``a smooth profile follows from its seed and changes little from frame to frame`` () =
    Assert.Equal<float>(curve Smooth 1, curve Smooth 1)
    Assert.NotEqual<float>(curve Smooth 1, curve Smooth 2)

    for seed in 0..20 do
        for a, b in Array.pairwise (curve Smooth seed) do
            Assert.True(abs (a - b) < 60.0)

[<Fact>]
let ``the bowl of a plate has its thickness over the cosine of the tilt`` () =
    let symmetric = [| -60.0; -30.0; 0.0; 60.0 |]
    let plate = create Bowl (400.0, 800.0) 0 symmetric
    Assert.Equal(400.0 / cos (Math.PI / 6.0), plate 30.0, 1e-9)

    Assert.Throws<ArgumentException>(fun () -> create Bowl (400.0, 800.0) 0 [| 0.0; 89.0 |] |> ignore)
    |> ignore

[<Fact>]
let ``a table is joined by straight lines, and is not continued beyond its ends`` () =
    let table =
        create (Table [| -10.0, 400.0; 0.0, 500.0; 20.0, 300.0 |]) (1.0, 2.0) 0 [||]

    Assert.Equal<float>([ 400.0; 450.0; 500.0; 400.0; 300.0 ], List.map table [ -10.0; -5.0; 0.0; 10.0; 20.0 ])
    Assert.Throws<ArgumentException>(fun () -> table 20.1 |> ignore) |> ignore
