module Pendel.Tests.Kernels.PotentialGatherTests

open System
open Xunit
open Pendel.Kernels

let private index = [| 0; 2; 2; 1; 0 |]

let private gather (tableRe: float[]) (tableIm: float[]) (index: int[]) =
    let re, im = Array.zeroCreate index.Length, Array.zeroCreate index.Length
    PotentialGather.Gather(tableRe, tableIm, index, re.AsSpan(), im.AsSpan())
    re, im

[<Fact>]
let ``a matrix takes its elements from the table`` () =
    let re, im = gather [| 1.0; 2.0; 3.0 |] [| 4.0; 5.0; 6.0 |] index
    Assert.Equal<float[]>([| 1.0; 3.0; 3.0; 2.0; 1.0 |], re)
    Assert.Equal<float[]>([| 4.0; 6.0; 6.0; 5.0; 4.0 |], im)

[<Fact>]
let ``the pullback of gather adds up repeated places`` () =
    let re: float[] = [| 1.0; 2.0; 3.0; 4.0; 5.0 |]
    let im = Array.map ((*) 10.0) re
    let tableRe, tableIm = [| 0.5; 0.0; 0.0 |], Array.zeroCreate 3
    PotentialGather.ScatterAdd(re, im, index, tableRe.AsSpan(), tableIm.AsSpan())
    Assert.Equal<float[]>([| 6.5; 4.0; 5.0 |], tableRe)
    Assert.Equal<float[]>([| 60.0; 40.0; 50.0 |], tableIm)

[<Fact>]
let ``a beam difference outside the table is refused`` () =
    let refused =
        Assert.Throws<ArgumentException>(fun () -> gather [| 1.0 |] [| 1.0 |] [| 0; -1 |] |> ignore)

    Assert.Equal("index", refused.ParamName)
