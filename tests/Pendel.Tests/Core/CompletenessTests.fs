module Pendel.Tests.Core.CompletenessTests

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Xunit

let private cubic (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, group -> Crystal(UnitCell(5, 5, 5, 90, 90, 90), Unchecked.nonNull group, ImmutableArray.Empty)
    | _ -> failwith $"{symbol} is not known"

let private row h k l =
    {
        FrameId = 1
        Row = ScoredReflection(Observation(MillerIndex(h, k, l), 1.0, 1.0), 0.0, 0.3, 0.0)
        Calculated = 1.0
        Weight = 1.0
        IsObserved = true
        IsFree = false
    }

let private counts symbol rows =
    let c = Completeness.ofRows (cubic symbol) rows
    c.Measured, c.Unique

[<Fact>]
let ``reflections that the Laue class makes equal count once, up to the largest |g| of the rows`` () =
    // up to 0.45 Å⁻¹: 100, 110, 111, 200, 210
    let rows = [ row 0 0 1; row 0 -1 0; row 1 0 0; row 1 1 0; row 2 0 -1 ]
    Assert.Equal((3, 5), counts "P m -3 m" rows)
    Assert.Equal((1, 1), counts "P m -3 m" (List.truncate 3 rows))

[<Fact>]
let ``the inverse of a reflection is no other one, whatever the point group`` () =
    for symbol in [ "P 1"; "P -1" ] do
        Assert.Equal((1, 3), counts symbol [ row 1 0 0; row -1 0 0 ])

[<Fact>]
let ``what the centring forbids cannot be missed`` () =
    // 110 and 200
    Assert.Equal((2, 2), counts "I m -3 m" [ row 1 1 0; row 0 2 0 ])
