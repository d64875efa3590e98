module Pendel.Tests.Core.OrientationResidualTests

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.OrientationResidual
open Xunit

/// Strong rows, weak ones and one below zero.
let private rows =
    Residual.rows
        [
            for i, intensity in List.indexed [ 5000.0; 800.0; 120.0; 40.0; -3.0; 9.0; 2600.0 ] ->
                ScoredReflection(Observation(MillerIndex(i + 1, 0, 0), intensity, 6.0), 0.0, 0.0, 1.0)
        ]

let private calculated = [| 0.0046; 0.0009; 0.0001; 0.00006; 0.00001; 0.0; 0.0027 |]

let private square = Array.sumBy (fun r -> r * r)

let private close (expected: float) actual =
    Assert.InRange(actual / expected, 1.0 - 1e-12, 1.0 + 1e-12)

let private measures =
    [
        Amplitudes
        RobustAmplitudes 5.0
        Intensities LossChoice.WRI
        Intensities LossChoice.WR2
    ]

[<Fact>]
let ``squares of intensities add up to a quarter of wR in units of u, as the joint refinement has it`` () =
    for loss in [ LossChoice.WRI; LossChoice.WR2 ] do
        let wR =
            Residual.ofLoss loss rows (Pendel.Tensors.dsharp.tensor calculated) |> float

        residuals (Intensities loss) rows calculated
        |> square
        |> close ((wR / 0.02) ** 2.0)

[<Fact>]
let ``squares of amplitudes add up to JANA's wRF in units of u`` () =
    let wRF = (Residual.pooled [| rows, calculated |]).WRFAll
    residuals Amplitudes rows calculated |> square |> close ((wRF / 0.01) ** 2.0)

[<Fact>]
let ``the sum of squares over all rows is that of the residuals, by every measure`` () =
    let all = [| 0 .. calculated.Length - 1 |]

    for measure in measures do
        let struct (sum, information) = sumOfSquares measure rows all calculated
        residuals measure rows calculated |> square |> close sum
        close (Residual.information rows) information

[<Fact>]
let ``residuals depend neither on the unit of the data nor on that of the beam`` () =
    for measure in measures do
        let here = residuals measure rows calculated |> square

        residuals measure rows (calculated |> Array.map ((*) 1e4))
        |> square
        |> close here

        residuals measure (Residual.inUnits 100.0 rows) calculated
        |> square
        |> close here

[<Fact>]
let ``fewer than three rows judge nothing`` () =
    for measure in measures do
        let struct (sum, _) = sumOfSquares measure rows [| 0; 1 |] calculated
        Assert.Equal(infinity, sum)
