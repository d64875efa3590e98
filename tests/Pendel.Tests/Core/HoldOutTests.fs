module Pendel.Tests.Core.HoldOutTests

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.3, 0.02, 1.3, 0.9, 0.0)
    }

let private free = { settings with Free = 0.3 }

let private experiment = geometry quartz.Cell [ -20.0; 0.0; 20.0; 40.0 ]

/// Four frames, then the same rows again in four frames that overlap with them.
let private data =
    lazy
        (let once =
            noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s)

         let again (f: VirtualFrame) =
             VirtualFrame(f.Id + 4, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, f.Scale, f.Observations)

         withFrames once (Seq.append once.Frames (once.Frames |> Seq.map again)))

let private rowsOf (frames: VirtualFrame seq) =
    [|
        for f in frames do
            yield! f.Observations
    |]

[<Fact>]
let ``a measurement that overlapping frames repeat is wholly in or wholly out, and no row is lost`` () =
    let frames = data.Value.Frames
    let struct (working, heldOut) = HoldOut.split free frames
    let kept, out = rowsOf working, rowsOf heldOut
    Assert.Empty(Set.intersect (kept |> Array.map string |> set) (out |> Array.map string |> set))
    Assert.Equal((rowsOf frames).Length, kept.Length + out.Length)
    Assert.NotEmpty out
    Assert.Equal(out.Length, 2 * (out |> Array.distinct).Length)

[<Fact>]
let ``the share that is held out is the one asked for, and another seed holds out others`` () =
    let measurements =
        [|
            for h in 1..20 do
                for k in 1..20 do
                    for l in 1..25 -> Observation(MillerIndex(h, -k, l), float (h * k) + 0.1 * float l, 3.0)
        |]

    let out seed share =
        let isOut =
            HoldOut.isHeldOut
                { free with
                    Free = share
                    FreeSeed = seed
                }

        measurements |> Array.filter isOut

    // 10⁴ draws: three standard deviations of 10 %
    for seed in 0..2 do
        Assert.InRange((out seed 0.1).Length, 910, 1090)

    let both = out 0 0.1 |> Array.filter (fun m -> Array.contains m (out 1 0.1))
    Assert.InRange(both.Length, 70, 130)
    // more of them at a larger share, the same ones among them
    Assert.All(out 0 0.1, (fun m -> Assert.Contains(m, out 0 0.2)))
    Assert.Empty(out 0 0.0)

[<Fact>]
let ``an intensity of minus zero is the measurement of zero`` () =
    let row (i: float) =
        Observation(MillerIndex(1, 2, 3), i, 1.0)

    Assert.Equal(row 0.0, row -0.0)
    Assert.Equal(HoldOut.draw 0 (row 0.0), HoldOut.draw 0 (row -0.0))

[<Fact>]
let ``a refinement that holds measurements out ends as one of data that lack them`` () =
    let free =
        { free with
            Selection = SelectionSettings(1.1, 0.01, 1.1, 0.9, 0.0)
            Orientation = Gradient
            Epochs = 3
        }

    let frames = data.Value.Frames |> Seq.truncate 3 |> ImmutableArray.CreateRange
    let struct (working, _) = HoldOut.split free frames
    let start = Synthesis.displace 3 0.1 quartz

    let run settings (frames: VirtualFrame seq) =
        Refine.run Monitor.silent settings 2 start (withFrames data.Value frames)

    let blind = run { free with Free = 0.0 } working
    let held = run free frames
    Assert.Equal<AtomSite>(blind.Final.Crystal.Sites, held.Final.Crystal.Sites)
    Assert.Equal<FrameResult>(blind.Final.Frames, held.Final.Frames)
    Assert.Equal(blind.Misset, held.Misset)

    Assert.Equal(
        blind.Final.Residuals,
        { held.Final.Residuals with
            Validation = None
        }
    )

    let of' isFree =
        held.Final.Reflections |> Array.filter (fun r -> r.IsFree = isFree)

    Assert.Equal<ReflectionResult>(blind.Final.Reflections, of' false)
    let validation = held.Final.Residuals.Validation.Value
    Assert.Equal((of' true).Length, validation.HeldOut.RowCount)
    Assert.NotEmpty(of' true)
    // the joint refinement states them for the step that it keeps
    let stated =
        held.History
        |> Array.filter (fun e -> e.Stage = JointRefinement && e.Validation.IsSome)

    Assert.Equal(held.BestStep, (Assert.Single stated).Step)
    Assert.Equal(Some validation, stated[0].Validation)

let private evaluate settings thickness (data: Experiment) =
    let problem, initial = Problem.create settings 1 quartz data
    let state = uniform data thickness initial
    Evaluate.at problem (Problem.plan problem state problem.Experiment.Frames) state

[<Fact>]
let ``held-out rows of exact data agree at the truth`` () =
    let v = (evaluate free 400.0 data.Value).Residuals.Validation.Value
    Assert.InRange(v.Working.WR, 0.0, 1e-9)
    Assert.InRange(v.HeldOut.WR, 0.0, 1e-9)
    Assert.InRange(v.HeldOut.Pooled.RFAll, 0.0, 1e-9)

[<Fact>]
let ``R_free counts each measurement once, on the scales of the working rows`` () =
    let result = evaluate free 430.0 data.Value
    let v = result.Residuals.Validation.Value

    let byHand isFree =
        let rows = result.Reflections |> Array.filter (fun r -> r.IsFree = isFree)

        let sum f =
            rows
            |> Array.groupBy _.Row.Observation
            |> Array.sumBy (fun (_, repeated) -> repeated |> Array.averageBy (fun r -> (r.Weight * f r) ** 2.0))

        let observed (r: ReflectionResult) = r.Row.Observation.Intensity

        sqrt (sum (fun r -> observed r - r.Calculated) / sum observed),
        (rows |> Array.distinctBy _.Row.Observation).Length

    let work, free = byHand false, byHand true
    Assert.Equal(fst work, v.Working.WR, 12)
    Assert.Equal(fst free, v.HeldOut.WR, 12)
    Assert.Equal((snd work, snd free), (v.Working.MeasurementCount, v.HeldOut.MeasurementCount))
    Assert.Equal(2 * v.HeldOut.MeasurementCount, v.HeldOut.RowCount)

[<Fact>]
let ``held-out rows of a frame that keeps fewer than three rows count nowhere`` () =
    let poor =
        data.Value.Frames
        |> Seq.map (fun f ->
            if f.Id = 1 then
                let isFree = HoldOut.isHeldOut free
                let out = f.Observations |> Seq.filter isFree
                withRows f (Seq.append out (f.Observations |> Seq.filter (isFree >> not) |> Seq.truncate 2))
            else
                f)
        |> withFrames data.Value

    let result = evaluate free 430.0 poor
    Assert.Contains(1, result.Frames |> Array.map _.Id)
    Assert.DoesNotContain(result.Reflections, (fun r -> r.FrameId = 1 && r.IsFree))
    Assert.Equal(1, result.Residuals.FramesLeftOutOfWR)
