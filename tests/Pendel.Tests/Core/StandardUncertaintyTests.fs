module Pendel.Tests.Core.StandardUncertaintyTests

open System
open System.Threading
open MathNet.Numerics.Distributions
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.DataSet
open Pendel.Tests.Core.DataSets
open Xunit

let private experiment = geometry quartz.Cell [ -55.0 .. 10.0..55.0 ]

let private settings =
    { settings with
        Selection = SelectionSettings(1.4, 0.02, 1.4, 0.9, 0.0)
    }

let private exact =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s))

/// Rows with normal errors of their su, 3 % and a background.
let private noisy seed =
    let random = Random(seed: int)

    withFrames
        exact.Value
        [
            for frame in exact.Value.Frames ->
                withRows
                    frame
                    [
                        for o in frame.Observations do
                            let su = sqrt ((0.03 * o.Intensity) ** 2.0 + 300.0 ** 2.0)
                            Observation(o.Hkl, Normal.Sample(random, o.Intensity, su), su)
                    ]
        ]

let private refined =
    { settings with
        ThicknessModel = ThicknessChoice.Constant
        Optimiser = OptimiserChoice.Lbfgs
        Epochs = 60
    }

/// The data set at the end of its joint refinement.
let private joint settings data =
    let problem, initial = Problem.create settings 2 quartz data
    let start = Joint.follow problem (uniform data 400.0 initial)
    let stage = Problem.plan problem start data.Frames
    let result = Joint.run Monitor.silent problem stage start

    {
        Problem = problem
        Stage = stage
        State = result.States[0]
    }

let private uncertainties dataSets =
    match StandardUncertainty.calculate Monitor.silent dataSets with
    | Some found -> found
    | None -> failwith "the parameters are not determined"

/// Numbers of a site that are free: coordinates, components of U.
let private numbers (sites: (Vector3 * SymmetricTensor) seq) =
    [|
        for x, u in sites do
            yield! [ x.X; x.Y; x.Z ]

            for i in 0..5 do
                u[i]
    |]

let private ofCrystal (crystal: Crystal) =
    crystal.Sites
    |> Seq.map (fun s ->
        match s.Adp with
        | :? Adp.Anisotropic as a -> s.Position, a.Ucif
        | _ -> failwith "an isotropic site")
    |> numbers

let private ofUncertainties (sites: SiteUncertainty array) =
    sites |> Seq.map (fun s -> s.Position, s.Ucif) |> numbers

[<Theory>]
[<InlineData("wr")>]
[<InlineData("wr2")>]
let ``parameters refined from noisy rows scatter about the true ones as their uncertainties say`` loss =
    let settings =
        { refined with
            Loss = if loss = "wr" then LossChoice.WRI else LossChoice.WR2
        }

    let scores =
        [|
            for seed in 1..12 do
                let dataSet = joint settings (noisy seed)
                let su = ofUncertainties (uncertainties [| dataSet |])

                let reached =
                    StructureModel.toCrystal dataSet.Problem.Structure dataSet.State.Structure
                    |> ofCrystal

                let truth = dataSet.Problem.Structure.Start |> ofCrystal

                for i in 0 .. su.Length - 1 do
                    if su[i] > 0.0 then
                        (reached[i] - truth[i]) / su[i]
        |]

    // they are a little small where few rows rule a frame (CONVENTIONS); 12 draws of y of Si1, three coordinates of O1, twelve components
    Assert.Equal(12 * 16, scores.Length)
    Assert.InRange(scores |> Array.averageBy (fun z -> z * z) |> sqrt, 0.8, 1.3)

[<Fact>]
let ``coordinates and components that symmetry fixes have none`` () =
    let su = uncertainties [| joint refined (noisy 1) |]
    // Si1 on a twofold axis: 1, y, 5/6
    Assert.Equal(0.0, su[0].Position.X)
    Assert.True(su[0].Position.Y > 0.0)
    Assert.Equal(0.0, su[0].Position.Z)
    Assert.True(su[1].Position.X > 0.0 && su[1].Equivalent > 0.0)
    Assert.Equal(0.0, su[0].Occupancy)

[<Fact>]
let ``a data set that stands there twice says no more than once`` () =
    let data = noisy 1

    let doubled =
        withFrames
            data
            [
                for frame in data.Frames do
                    frame

                    VirtualFrame(
                        frame.Id + 100,
                        frame.Alpha,
                        frame.Beta,
                        frame.Omega,
                        frame.PrecessionAngle,
                        1.0,
                        frame.Observations
                    )
            ]

    let once = uncertainties [| joint refined data |] |> ofUncertainties
    let twice = uncertainties [| joint refined doubled |] |> ofUncertainties

    for a, b in Array.zip once twice do
        Assert.Equal(a, b, 1e-3 * a + 1e-12)

[<Fact>]
let ``too few measurements for the parameters have no uncertainties`` () =
    let few =
        let data = noisy 1
        withFrames data [ withRows data.Frames[2] (Seq.truncate 8 data.Frames[2].Observations) ]

    Assert.True((StandardUncertainty.calculate Monitor.silent [| joint refined few |]).IsNone)

[<Fact>]
let ``a restraint makes what it restrains more certain`` () =
    let distance =
        {
            Kind = Distance 1.61
            Atoms = "Si1", "O1"
            Su = 1e-4
        }

    let data = noisy 1
    let free = uncertainties [| joint refined data |]

    let held =
        uncertainties
            [|
                joint
                    { refined with
                        Restraints = [ distance ]
                        RestraintWeight = 100.0
                    }
                    data
            |]

    Assert.True(held[1].Position.Length < free[1].Position.Length)

[<Fact>]
let ``an interruption ends the calculation`` () =
    use source = new CancellationTokenSource()

    let monitor =
        { Monitor.silent with
            Report =
                function
                | Advanced _ -> source.Cancel()
                | _ -> ()
            Stop = source.Token
        }

    let dataSet = joint refined (noisy 1)

    Assert.ThrowsAny<OperationCanceledException>(fun () ->
        StandardUncertainty.calculate monitor [| dataSet |] |> ignore)
