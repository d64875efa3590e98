module Pendel.Tests.Core.ResidualTests

open System
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tests
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.SharedData
open Pendel.Tests.Tensors
open Xunit

let private rowsOf observations =
    Residual.rows
        [
            for i, (intensity, su) in List.indexed observations ->
                ScoredReflection(Observation(MillerIndex(i, 0, 0), intensity, su), 0.0, 0.0, 1.0)
        ]

let private wR rows (calculated: float list) =
    float (Residual.wR rows (dsharp.tensor calculated))

[<Fact>]
let ``weights of strong, weak, negative and exact rows are those done by hand`` () =
    let rows =
        rowsOf [ 100.0, 4.0; 0.03, 4.0; -7.0, 4.0; 0.0, 0.0; 9.0, 0.0; 12.0, 4.0; 0.04, 4.0 ]

    Assert.Equal<float>([| 100.0; 0.0; 0.0; 0.0; 9.0; 12.0; 0.04 |], rows.Intensity)
    // F = 10: σ_F = 4/20, uF = 0.1
    Assert.Equal(1.0 / sqrt (0.04 + 0.01), rows.Weight[0], 14)
    Assert.Equal(1.0 / (5.0 * 2.0), rows.Weight[1], 14)
    Assert.Equal(1.0 / (5.0 * 2.0), rows.Weight[2], 14)
    // σ = 0 is read as 1
    Assert.Equal(1.0 / 5.0, rows.Weight[3], 14)
    Assert.Equal(1.0 / sqrt (1.0 / 36.0 + 0.0009), rows.Weight[4], 14)
    // 3σ itself is not above 3σ; 0.01σ itself is not weak
    Assert.Equal<bool>([| true; false; false; false; true; false; false |], rows.Observed)
    // JANA keeps the amplitudes of weak positive rows
    Assert.Equal<float>([| 10.0; sqrt 0.03; 0.0; 0.0; 3.0; sqrt 12.0; 0.2 |], rows.JanaAmplitude)

[<Fact>]
let ``wR_I is that of the best scale, by hand and against a search`` () =
    let rows = rowsOf [ 100.0, 4.0; -7.0, 4.0; 25.0, 1.0 ]
    let calculated = [| 2.0; 0.3; 0.4 |]
    let w = rows.Weight
    let norm = (w[0] * 2.0) ** 2.0 + (w[1] * 0.3) ** 2.0 + (w[2] * 0.4) ** 2.0
    let c = (w[0] ** 2.0 * 200.0 + w[2] ** 2.0 * 10.0) / norm
    Assert.Equal(c, Residual.scale rows calculated, 12)

    let at c =
        let misfit =
            (w[0] * (100.0 - 2.0 * c)) ** 2.0
            + (w[1] * 0.3 * c) ** 2.0
            + (w[2] * (25.0 - 0.4 * c)) ** 2.0

        sqrt (misfit / ((100.0 * w[0]) ** 2.0 + (25.0 * w[2]) ** 2.0))

    let value = wR rows (List.ofArray calculated)
    Assert.Equal(at c, value, 14)
    Assert.True(value <= at (1.001 * c) && value <= at (0.999 * c))
    Assert.Equal(value, wR rows [ 20.0; 3.0; 4.0 ], 14)
    // nothing calculated: no scale, nothing explained
    Assert.Equal(0.0, Residual.scale rows [| 0.0; 0.0; 0.0 |])
    Assert.Equal(1.0, wR rows [ 0.0; 0.0; 0.0 ])

[<Fact>]
let ``wR2 is that of intensities as measured with their own weights, by hand`` () =
    let rows = rowsOf [ 100.0, 2.0; -6.0, 4.0; 25.0, 0.0 ]
    let calculated = [ 11.0; 1.0; 2.0 ]
    // 1/(σ² + (0.02 I)²), σ = 0 read as 1
    let weights = [ 1.0 / 8.0; 1.0 / 16.0144; 1.0 / 1.25 ]
    let observed = [ 100.0; -6.0; 25.0 ]
    let sum = List.map3 (fun w o c -> w * o * c) weights
    let c = List.sum (sum observed calculated) / List.sum (sum calculated calculated)
    let misfit = List.map2 (fun o i -> o - c * i) observed calculated

    Assert.Equal(
        sqrt (List.sum (sum misfit misfit) / List.sum (sum observed observed)),
        float (Residual.ofLoss LossChoice.WR2 rows (dsharp.tensor calculated)),
        14
    )

[<Fact>]
let ``the derivatives of wR_I and wR2 agree with differences although their scale is held`` () =
    let rows = rowsOf [ 100.0, 4.0; -7.0, 4.0; 25.0, 1.0; 3.0, 0.0 ]

    for name, residual in [ "wR_I", Residual.wR; "wR2", Residual.ofLoss LossChoice.WR2 ] do
        PullbackCheck.holds
            { PullbackCheck.case name [ [| 4 |] ] (fun x -> residual rows x[0]) with
                Interval = 0.5, 4.0
            }

[<Fact>]
let ``neither wR_I nor wR2 depends on the unit of the data`` () =
    let rows = rowsOf [ 100.0, 4.0; -7.0, 4.0; 25.0, 1.0 ]
    let calculated = dsharp.tensor [ 30.0; 1.0; 9.0 ]

    for residual in [ Residual.wR; Residual.ofLoss LossChoice.WR2 ] do
        Assert.Equal(float (residual rows calculated), float (residual (Residual.inUnits 7.0 rows) calculated), 14)

[<Fact>]
let ``a perfect fit has no misfit and no slope`` () =
    let rows = rowsOf [ 4.0, 1.0; 16.0, 1.0; 64.0, 1.0 ]

    let value, gradient =
        dsharp.fgrad (Residual.wR rows) (dsharp.tensor [ 4.0; 16.0; 64.0 ])

    Assert.Equal(0.0, float value, 12)
    Assert.Equal<float>([| 0.0; 0.0; 0.0 |], gradient.toArray1D<float>())

[<SharedFact("oracle/diffbloch/quartz_gradients_nn_metrics.json")>]
let ``wR_I and R_obs of the oracle's rows differ from its own only as decided`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/diffbloch/quartz_gradients_nn_metrics.json"))

    let vectors = document.RootElement.GetProperty "metric_vectors"

    let values (name: string) =
        [ for x in (vectors.GetProperty name).EnumerateArray() -> x.GetDouble() ]

    let observed, su, calculated = values "I_obs", values "sigma", values "I_calc"
    let rows = rowsOf (List.zip observed su)
    let optimal, optimalObs = values "optimal_scale_wR2", values "optimal_scale_Robs"

    // wR at a given scale, with the oracle's I_o = −0.1 of the weak row or with ours, 0
    let at c (intensity: float list) =
        let sum f = Seq.sumBy f [ 0..5 ]
        let w = rows.Weight

        sqrt (
            sum (fun i -> (w[i] * (intensity[i] - c * calculated[i])) ** 2.0)
            / sum (fun i -> (w[i] * intensity[i]) ** 2.0)
        )

    // the oracle leaves the weak intensities as they are and takes the scale from a grid
    Assert.Equal((vectors.GetProperty "w_rbragg_unscaled").GetDouble(), at 1.0 observed, 1e-12)
    Assert.Equal(optimal[1], at optimal[0] observed, 1e-12)
    let ours = wR rows calculated
    Assert.Equal(at (Residual.scale rows (Array.ofList calculated)) (List.ofArray rows.Intensity), ours, 1e-12)
    Assert.InRange(ours, 0.0, optimal[1])
    Assert.InRange(ours, optimal[1] - 5e-4, optimal[1])

    // its scale applies to intensities: F_c √c; ours is the least of all
    let unscaled = (vectors.GetProperty "rbragg_unscaled").GetDouble()

    let amplitudes =
        [ 0; 1; 4 ] |> List.map (fun i -> sqrt observed[i], sqrt calculated[i])

    let robs c =
        List.sumBy (fun (o, f) -> abs (o - c * f)) amplitudes
        / List.sumBy fst amplitudes

    Assert.Equal(unscaled, robs 1.0, 1e-12)
    Assert.Equal(optimalObs[1], robs (sqrt optimalObs[0]), 1e-12)
    let found = (Residual.rObserved rows (Array.ofList calculated)).Value
    Assert.Equal(robs (sqrt 0.8), found, 1e-12)
    Assert.True(found < optimalObs[1])

[<Fact>]
let ``R_obs has the best of all scales`` () =
    let property (seed: int) =
        let random = Random seed
        let n = 2 + random.Next 9
        let observed = List.init n (fun _ -> 4.0 + 100.0 * random.NextDouble(), 1.0)
        let calculated = Array.init n (fun _ -> max 0.0 (random.NextDouble() - 0.2))

        let o, f =
            observed |> List.map (fst >> sqrt) |> Array.ofList, calculated |> Array.map sqrt

        let at c =
            Array.fold2 (fun sum o f -> sum + abs (o - c * f)) 0.0 o f / Array.sum o

        // the least of a piecewise linear function lies at one of its kinks
        let least =
            Array.map2 (fun o f -> if f > 0.0 then at (o / f) else infinity) o f
            |> Array.append [| at 0.0 |]
            |> Array.min

        abs ((Residual.rObserved (rowsOf observed) calculated).Value - least) < 1e-12

    Law.holds property
    Assert.Equal(None, Residual.rObserved (rowsOf [ 9.0, 1.0; 1.0, 1.0 ]) [| 1.0; 1.0 |])

[<Fact>]
let ``JANA's residuals pool amplitudes of all frames, each on its own scale`` () =
    let first, second = rowsOf [ 16.0, 1.0; 4.0, 2.0 ], rowsOf [ 9.0, 1.0; -1.0, 1.0 ]
    let frames = [| first, [| 0.04; 0.01 |]; second, [| 0.09; 0.01 |] |]
    // the first frame fits exactly: F_c 0.2 and 0.1 on the scale 20; the second: F_o 3 and 0, F_c 0.3 and 0.1
    let w = second.Weight
    let s = w[0] ** 2.0 * 0.9 / (w[0] ** 2.0 * 0.09 + w[1] ** 2.0 * 0.01)
    let f0, f1 = 0.3 * s, 0.1 * s
    let pooled = Residual.pooled frames

    let norm =
        (first.Weight[0] * 4.0) ** 2.0
        + (first.Weight[1] * 2.0) ** 2.0
        + (w[0] * 3.0) ** 2.0

    let misfit = (w[0] * (3.0 - f0)) ** 2.0 + (w[1] * f1) ** 2.0
    Assert.Equal(sqrt (misfit / norm), pooled.WRFAll, 12)
    // above 3σ: the first row of each frame
    Assert.Equal((3.0 - f0) / 7.0, pooled.RFObs, 12)
    Assert.Equal((3.0 - f0 + f1) / 9.0, pooled.RFAll, 12)

[<Fact>]
let ``frames with fewer than three rows or weak rows only do not count`` () =
    Assert.True(Residual.isScored (rowsOf [ 1.0, 1.0; -1.0, 1.0; -1.0, 1.0 ]))
    Assert.False(Residual.isScored (rowsOf [ 1.0, 1.0; 1.0, 1.0 ]))
    Assert.False(Residual.isScored (rowsOf [ -1.0, 1.0; -1.0, 1.0; 0.0, 1.0 ]))
