module Pendel.Tests.Core.RobustResidualTests

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Xunit

/// Rows of I_o from 100 on with u F_o as the only uncertainty.
let private rowsOf intensities =
    Residual.rows
        [
            for i, intensity in List.indexed intensities ->
                ScoredReflection(Observation(MillerIndex(i + 1, 0, 0), intensity, 1e-6), 0.0, 0.0, 1.0)
        ]

let private residualsOf k (rows: Residual.Rows) =
    RobustResidual.residuals k rows.Weight rows.JanaAmplitude

let private calculated = [ for i in 1..12 -> 100.0 * float i ]

[<Fact>]
let ``a row that is measured at half leaves the scale of the others`` () =
    let measured =
        calculated
        |> List.mapi (fun i intensity -> if i = 11 then 0.5 * intensity else intensity)

    let residuals k =
        residualsOf k (rowsOf measured) (calculated |> List.map (fun i -> 1e-4 * i) |> List.toArray)

    let robust, squares = residuals 5.0, residuals 1e3

    // F_o is off by 29 of its 71 %, in units of 1 %
    let r = 100.0 * (1.0 - sqrt 2.0)
    Assert.InRange(robust[11] / (-5.0 * sqrt (log (1.0 + (r / 5.0) ** 2.0))), 0.99, 1.01)

    for i in 0..10 do
        Assert.InRange(abs robust[i], 0.0, 0.3)
        Assert.InRange(abs squares[i], 1.0, 10.0)

[<Fact>]
let ``small misfits are those of least squares`` () =
    let measured = calculated |> List.mapi (fun i c -> c * (1.0 + 0.01 * cos (float i)))

    let residuals k =
        residualsOf k (rowsOf measured) (List.toArray calculated)

    let robust, squares = residuals 50.0, residuals 1e3

    for i in 0..11 do
        Assert.InRange(robust[i] - squares[i], -1e-4, 1e-4)

[<Fact>]
let ``a frame of which nothing is calculated keeps its amplitudes as misfit`` () =
    let residuals = residualsOf 1e3 (rowsOf calculated) (Array.zeroCreate 12)

    for r in residuals do
        Assert.Equal(1e3 * sqrt (log 1.01), r, 6)

    Assert.All(residualsOf 5.0 (rowsOf calculated) (Array.zeroCreate 12), (fun r -> Assert.True(Double.IsFinite r)))

[<Fact>]
let ``outliers begin at five robust standard deviations of the misfit, or of the measurements where these are larger``
    ()
    =
    Assert.Equal(5.0 * 1.4826 * 3.0, RobustResidual.threshold [ 1.0; 3.0; 40.0 ], 12)
    Assert.Equal(5.0, RobustResidual.threshold [ 0.1; 0.3; 40.0 ], 12)
    Assert.Equal(5.0, RobustResidual.threshold [], 12)
