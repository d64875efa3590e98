module Pendel.Tests.Crystallography.AdpTests

open System
open Pendel.Crystallography
open Xunit

let private triclinic =
    UnitCell(7.09592, 7.37641, 7.64081, 115.10651, 107.19228, 100.54396)

let private ucif = SymmetricTensor(0.021, 0.034, 0.028, -0.004, 0.006, 0.011)

let private difference (a: SymmetricTensor) (b: SymmetricTensor) =
    (a.ToMatrix() - b.ToMatrix()).FrobeniusNorm

[<Fact>]
let ``U_cif comes back from U_cart, and U* from either`` () =
    let adp = Adp.Anisotropic ucif
    let cartesian = adp.ToCartesian triclinic
    Assert.InRange(difference ucif (Adp.FromCartesian(cartesian, triclinic)).Ucif, 0.0, 1e-15)
    // U*_ij = a*_i a*_j U_cif_ij
    let lengths = triclinic.ReciprocalLengths
    let n = Matrix3.Diagonal(lengths.X, lengths.Y, lengths.Z)
    Assert.InRange(difference (ucif.Transform n) (adp.ToReciprocal triclinic), 0.0, 1e-17)

[<Fact>]
let ``an isotropic ADP is U_iso G* in an oblique cell, and its U_eq is U_iso`` () =
    let isotropic = Adp.Isotropic 0.025

    let expected = SymmetricTensor.FromMatrix(0.025 * triclinic.ReciprocalMetric)

    Assert.InRange(difference expected (isotropic.ToReciprocal triclinic), 0.0, 1e-17)
    let anisotropic = Adp.FromCartesian(isotropic.ToCartesian triclinic, triclinic)
    Assert.Equal(0.025, anisotropic.Equivalent triclinic, 15)
    Assert.True(Math.Abs anisotropic.Ucif.T23 > 0.001)

[<Fact>]
let ``U_eq is a third of Σ U*_ij G_ij`` () =
    let adp = Adp.Anisotropic ucif
    let ustar = (adp.ToReciprocal triclinic).ToMatrix()
    Assert.Equal((ustar * triclinic.Metric).Trace / 3.0, adp.Equivalent triclinic, 15)
    Assert.True(Math.Abs((ucif.T11 + ucif.T22 + ucif.T33) / 3.0 - adp.Equivalent triclinic) > 0.001)
