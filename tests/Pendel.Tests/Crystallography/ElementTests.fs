module Pendel.Tests.Crystallography.ElementTests

open Pendel.Crystallography
open Xunit

[<Theory>]
[<InlineData("Si", "Si", 14, 0)>]
[<InlineData("SI", "Si", 14, 0)>]
[<InlineData("Si4+", "Si", 14, 4)>]
[<InlineData("Fe+3", "Fe", 26, 3)>]
[<InlineData("O2-", "O", 8, -2)>]
[<InlineData("O1-", "O", 8, -1)>]
[<InlineData("Na+", "Na", 11, 1)>]
[<InlineData("Si1", "Si", 14, 0)>]
[<InlineData("C12", "C", 6, 0)>]
[<InlineData("Cu1A", "Cu", 29, 0)>]
[<InlineData("OW1", "O", 8, 0)>]
[<InlineData("H(1)", "H", 1, 0)>]
[<InlineData("D", "H", 1, 0)>]
[<InlineData("Dy3+", "Dy", 66, 3)>]
[<InlineData("Lr", "Lr", 103, 0)>]
let ``an element and its charge are read from type symbols and labels`` (text: string) (symbol: string) z charge =
    let known, element, q = Elements.TryParse text
    Assert.True known
    Assert.Equal(Element(symbol, z), element)
    Assert.Equal(charge, q)

[<Theory>]
[<InlineData("")>]
[<InlineData("?")>]
[<InlineData("Q1")>]
[<InlineData("4+")>]
let ``a text that begins with no element is refused`` (text: string) =
    let known, _, _ = Elements.TryParse text
    Assert.False known
