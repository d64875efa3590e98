module Pendel.Tests.Core.EvaluateTests

open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.3, 0.02, 1.3, 0.9, 0.0)
    }

let private experiment = geometry quartz.Cell [ -20.0; 0.0; 20.0; 40.0 ]

let private evaluate data place =
    let problem, initial = Problem.create settings 1 quartz data
    let state = place (uniform data 430.0 initial)
    Evaluate.at problem (Problem.plan problem state data.Frames) state

let private full =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s))

[<Fact>]
let ``the residuals of an evaluation are the means of its frames, and its counts their sums`` () =
    let result = evaluate full.Value id
    let r = result.Residuals
    Assert.Equal(4, result.Frames.Length)
    Assert.Equal(result.Frames |> Array.averageBy _.WR.Value, r.WRMean, 14)
    Assert.Equal(result.Frames |> Array.averageBy _.RObs.Value, r.RObsMean, 14)
    Assert.Equal(result.Reflections.Length, r.RowCount)
    Assert.Equal(result.Reflections |> Array.filter _.IsObserved |> Array.length, r.ObservedCount)
    Assert.Equal(0, r.FramesLeftOutOfWR + r.FramesLeftOutOfRObs)
    Assert.Equal(14 + 4 + 4, r.ParameterCount)

    let simulated = Simulate.run Monitor.silent settings 1 quartz full.Value
    Assert.Equal(4 + 4, simulated.Residuals.ParameterCount)

    // wR_I of a frame from the rows as they are reported
    for f in result.Frames do
        let rows = result.Reflections |> Array.filter (fun x -> x.FrameId = f.Id)

        let sum g =
            rows |> Array.sumBy (fun x -> (x.Weight * g x) ** 2.0)

        let wR =
            sqrt (
                sum (fun x -> x.Row.Observation.Intensity - x.Calculated)
                / sum _.Row.Observation.Intensity
            )

        Assert.Equal(f.WR.Value, wR, 12)

[<Fact>]
let ``the goodness of fit counts each measurement once, and there is none with too few of them`` () =
    let once = evaluate full.Value id
    let n = once.Residuals.UniqueMeasurementCount
    Assert.True(n > once.Residuals.ParameterCount)

    let byHand =
        let misfit (frame: FrameResult) =
            let rows = once.Reflections |> Array.filter (fun x -> x.FrameId = frame.Id)
            let fo x = sqrt x.Row.Observation.Intensity
            let fc x = sqrt x.Calculated

            let scale =
                (rows |> Array.sumBy (fun x -> x.Weight ** 2.0 * fo x * fc x))
                / (rows |> Array.sumBy (fun x -> (x.Weight * fc x) ** 2.0))

            rows |> Array.sumBy (fun x -> (x.Weight * (fo x - scale * fc x)) ** 2.0)

        sqrt ((once.Frames |> Array.sumBy misfit) / float (n - once.Residuals.ParameterCount))

    Assert.Equal(byHand, once.Residuals.GoodnessOfFit.Value, 10)

    // every frame again, as overlapping frames repeat their rows
    let again =
        [
            for f in full.Value.Frames do
                f
                VirtualFrame(f.Id + 4, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, f.Scale, f.Observations)
        ]

    let twice = evaluate (withFrames experiment again) id
    Assert.Equal(n, twice.Residuals.UniqueMeasurementCount)
    Assert.Equal(2 * once.Residuals.RowCount, twice.Residuals.RowCount)
    Assert.Equal(once.Residuals.WRMean, twice.Residuals.WRMean, 12)
    let p, p2 = once.Residuals.ParameterCount, twice.Residuals.ParameterCount

    Assert.Equal(byHand * sqrt (float (n - p) / float (n - p2)), twice.Residuals.GoodnessOfFit.Value, 10)

    let few =
        full.Value.Frames
        |> Seq.map (fun f -> withRows f (Seq.truncate 5 f.Observations))

    let poor = evaluate (withFrames experiment few) id
    Assert.Equal(20, poor.Residuals.UniqueMeasurementCount)
    Assert.Equal(None, poor.Residuals.GoodnessOfFit)

[<Fact>]
let ``frames without enough rows or without a thickness are left out and counted`` () =
    let frames =
        full.Value.Frames
        |> Seq.map (fun f ->
            match f.Id with
            | 1 -> withRows f []
            | 2 -> withRows f (Seq.truncate 2 f.Observations)
            | _ -> f)

    let result =
        evaluate (withFrames experiment frames) (fun s ->
            { s with
                Thickness = Map.remove 3 s.Thickness
            })

    // 1 has no rows, 2 has two, 3 no thickness
    Assert.Equal<int>([| 2; 4 |], result.Frames |> Array.map _.Id)
    Assert.Equal(3, result.Residuals.FramesLeftOutOfWR)
    Assert.Equal(2, result.Residuals.FramesLeftOutOfRObs)
    Assert.Equal(None, result.Frames[0].WR)
    Assert.Equal(result.Frames[1].WR.Value, result.Residuals.WRMean, 15)

[<Fact>]
let ``tilts beyond the ends of a frame, for blocks about the rocking axis, make its steps no finer`` () =
    let problem, initial =
        Problem.create
            { settings with
                MosaicityAlong = Degrees 0.3
            }
            1
            quartz
            full.Value

    let state = uniform full.Value 430.0 initial

    let frames =
        (Evaluate.at problem (Problem.plan problem state full.Value.Frames) state).Frames

    for blocks, perfect in Seq.zip frames (evaluate full.Value id).Frames do
        Assert.True(blocks.TiltCount > perfect.TiltCount)
        Assert.Equal(perfect.TiltStep, blocks.TiltStep, 12)
