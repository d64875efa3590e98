module Pendel.Tests.Crystallography.UnitCellTests

open Pendel.Crystallography
open Xunit

[<Fact>]
let ``the reciprocal basis is dual to the direct one in a triclinic cell`` () =
    let cell = UnitCell(7.09592, 7.37641, 7.64081, 115.10651, 107.19228, 100.54396)
    let product = cell.Orthogonalisation.Transpose * cell.Reciprocal
    Assert.InRange((product - Matrix3.Identity).FrobeniusNorm, 0.0, 1e-14)
    Assert.Equal(323.23712, cell.Volume, 3)
