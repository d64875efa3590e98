module Pendel.Tests.Core.ConvergenceTests

open System
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.FrameSample
open Pendel.Core.Convergence
open Pendel.Tests.Core.DataSets
open Xunit

let private start =
    {
        BeamGMax = 1.0
        SgMax = 0.01
        Tilts = Count 10
    }

let private tiltsOf size =
    match size.Tilts with
    | Count n -> n
    | Sufficient -> 0

/// A simulation of one row with F = 1 + a given error.
let private withError error size =
    Ok
        {
            Amplitudes = [| 1.0 + error size |]
            Beams = 1000.0 * size.BeamGMax * size.SgMax
            TiltCount = tiltsOf size
            Seconds = 0.0
        }

let private limits = { Change = 0.01; Steps = 50 }

let private find limits simulate =
    Convergence.search limits simulate (Convergence.grow 10) ignore start

[<Fact>]
let ``the smallest size is found whose next steps stay below the limit`` () =
    // halved with each step of sg_max: 8, 4, 2, 1 % …, so that the step from 2 to 1 % is the first below 1.01 %
    let found =
        find { limits with Change = 0.0101 } (withError (fun s -> 0.08 * 0.01 / s.SgMax))

    Assert.True(isConverged found)
    Assert.Equal({ start with SgMax = 0.04 }, found.Size)
    let next = 0.01 / 1.01
    Assert.Equal(next, truncationError found, 12)
    Assert.Equal(sqrt ((0.06 / 1.02) ** 2.0 + next ** 2.0), truncationErrorOfStart found, 12)
    Assert.Equal(0.01 / 1.01, (lastChange found Truncation.SgMax).Value, 12)

[<Fact>]
let ``growing one setting opens another again`` () =
    // beams of larger g come within reach of sg_max only
    let error s =
        if s.SgMax < 0.02 then 0.2 else 0.1 / s.BeamGMax ** 8.0

    let found = find limits (withError error)
    Assert.True(isConverged found)
    Assert.True(found.Size.BeamGMax > 1.0 && found.Size.SgMax > 0.01)
    Assert.Equal(One Truncation.BeamGMax, found.Steps[1].Growth)
    Assert.True(found.Steps[1].Change.Value = 0.0)

[<Fact>]
let ``a search that may go no further says why and how far it came`` () =
    let slow s = 1.0 / log (s.SgMax / 0.001)
    let spent = find { limits with Steps = 4 } (withError slow)
    Assert.False(isConverged spent)
    Assert.Equal(4, spent.Steps.Length)
    Assert.Contains((Truncation.Tilts, StepsSpent), spent.Endings)

    let simulate size =
        if size.SgMax > 0.03 then Error 5e9 else withError slow size

    let large = find limits simulate
    Assert.Contains((Truncation.SgMax, TooLarge 5e9), large.Endings)
    Assert.Equal(0.02, large.Size.SgMax)
    Assert.True((lastChange large Truncation.SgMax).Value > limits.Change)
    Assert.Throws<ArgumentException>(fun () -> find limits (fun _ -> Error 5e9) |> ignore)

[<Fact>]
let ``no setting grows beyond what it may be`` () =
    let found = find { Change = 1e-9; Steps = 100 } (withError (fun s -> 1.0 / s.SgMax))
    Assert.Contains((Truncation.SgMax, Largest), found.Endings)
    Assert.InRange(found.Size.SgMax, 0.0, Settings.largestSgMax)

[<Fact>]
let ``sampled frames are spread evenly, and are all where there are few`` () =
    Assert.Equal<int>([| 1; 4; 7 |], FrameSample.spread 3 9)
    Assert.Equal<int>([| 0; 1 |], FrameSample.spread 8 2)

let private settings =
    { settings with
        Selection = SelectionSettings(0.9, 0.005, 0.9, 0.9, 0.0)
        Precision = Automatic
    }

let private sampleOn threads =
    let experiment = geometry quartz.Cell [ -30.0; -15.0; 0.0; 15.0; 30.0 ]
    let data = noiseFree settings quartz experiment (uniform experiment 400.0)
    FrameSample.take Monitor.silent settings threads quartz data 3 (Some 400.0)

let private at sample size =
    match FrameSample.simulate Monitor.silent infinity sample size with
    | Ok simulation -> simulation
    | Error bytes -> failwith $"{bytes} bytes"

[<Fact>]
let ``the larger the sg_max of quartz, the less its next step changes, for any number of threads`` () =
    let changes threads =
        let sample = sampleOn threads

        let simulations =
            [ 0.005; 0.02; 0.08; 0.32 ]
            |> List.map (fun s -> at sample { sizeOf settings with SgMax = s })

        let rows = sample.Experiment.Frames |> Seq.sumBy _.Observations.Length
        Assert.Equal(3, sample.Experiment.Frames.Length)
        Assert.All(simulations, (fun s -> Assert.Equal(rows, s.Amplitudes.Length)))
        simulations |> List.pairwise |> List.map (fun (a, b) -> change a b)

    let changes, again = changes 1, changes 2
    Assert.Equal<float list>(changes, again)
    Assert.True(changes[0] > changes[1] && changes[1] > changes[2], $"%A{changes}")
    Assert.True(changes[2] > 0.0)

[<Fact>]
let ``a size that takes more memory than it may is not calculated`` () =
    match FrameSample.simulate Monitor.silent 1e3 (sampleOn 1) (sizeOf settings) with
    | Error bytes -> Assert.True(bytes > 1e3)
    | Ok _ -> failwith "calculated"

[<Fact>]
let ``the size of a plan is that of what it holds`` () =
    let sample = sampleOn 1

    let problem, _ = Problem.create sample.Settings 1 sample.Crystal sample.Experiment

    let plan = Problem.plan problem sample.State sample.Experiment.Frames

    for frame in plan.Model.Plan.Frames do
        let size = Problem.planSize problem sample.State frame.Frame

        let held =
            frame.Arcs
            |> Seq.sumBy (fun arc -> 4L * int64 arc.Differences.Count + 8L * int64 arc.FluxWeight.Length)

        Assert.Equal(frame.Arcs |> Seq.map _.Beams.Length |> Seq.max, size.Beams)
        Assert.True(size.Bytes >= held, $"{size.Bytes} {held}")
