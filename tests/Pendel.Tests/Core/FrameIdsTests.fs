module Pendel.Tests.Core.FrameIdsTests

open Pendel.Core
open Xunit

[<Theory>]
[<InlineData("19,20,50-60", "19,20,50-60")>]
[<InlineData("7", "7")>]
[<InlineData("3, 1-2 ,3,9-9", "1-3,9")>]
let ``frames are read as ids and ranges and written as short as can be`` (text: string, written: string) =
    Assert.Equal(Some written, FrameIds.tryOfText text |> Option.map FrameIds.toText)

[<Theory>]
[<InlineData("")>]
[<InlineData("0")>]
[<InlineData("5-")>]
[<InlineData("-5")>]
[<InlineData("60-50")>]
[<InlineData("1-2-3")>]
[<InlineData("1;2")>]
[<InlineData("1.5")>]
[<InlineData("1-4000000000")>]
let ``what is no list of frames is refused`` (text: string) =
    Assert.Equal(None, FrameIds.tryOfText text)
