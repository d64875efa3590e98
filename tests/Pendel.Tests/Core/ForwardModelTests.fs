module Pendel.Tests.Core.ForwardModelTests

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Tests.Core.DataSets
open Pendel.Tests.SharedData
open Pendel.Tests.Tensors
open Xunit

/// A problem away from the structure and the thickness that made its data: a loss of which nothing is stationary.
let private problemOf settings threads crystal experiment =
    let problem, initial = Problem.create settings threads crystal experiment
    let state = uniform experiment 430.0 initial
    problem, state, Problem.plan problem state experiment.Frames

let private tinyOf settings (crystal: Crystal) =
    let experiment = geometry crystal.Cell [ -12.0; 25.0 ]

    let data =
        noiseFree settings crystal experiment (fun s -> uniform experiment 400.0 s)

    problemOf settings 1 (Synthesis.displace 1 0.1 crystal) data

let private absorbing absorption =
    { settings with
        Absorption = absorption
    }

let private tiny = lazy (tinyOf settings quartz)

/// Every algebra of the propagator and every dependence of the potential on the structure.
let private every =
    lazy
        [
            tiny.Value
            tinyOf settings centrosymmetric
            tinyOf (absorbing Absorption.Proportional) quartz
            tinyOf (absorbing Absorption.ThermalDiffuse) quartz
            tinyOf (absorbing Absorption.ThermalDiffuse) centrosymmetric
        ]

/// Every input of the loss of each frame: structure, thickness and rotation, in units of the tensor test.
let private losses (problem: Problem.Problem, stage: Problem.Stage) (x: Tensor array) =
    let potential = Problem.potential problem stage x[0]
    let wR i = Residual.wR stage.Model.Rows[i]
    ForwardModel.losses stage.Model wR potential (430.0 + 20.0 * x[1]) (1e-3 * x[2])

/// Geometries and distributions of thickness other than the usual ones.
let private variants =
    [
        { settings with
            MosaicityAlong = Degrees 0.2
            Mosaicity = Degrees 0.1
        }
        { settings with
            Geometry = Some CollectionGeometry.Precession
        }
        { settings with
            ThicknessDistribution = Uniform
        }
        { settings with
            ThicknessDistribution = Given [ 2.0, 1.0; 3.0, 0.5; 2.5, 2.0 ]
        }
    ]

let private pullbackHolds (problem: Problem.Problem, _: Problem.State, stage: Problem.Stage) =
    Assert.Equal(2, stage.Model.Plan.Frames.Length)

    PullbackCheck.holdsAt
        4
        { PullbackCheck.case
              $"losses, {problem.Settings.Absorption}"
              [ [| problem.Structure.Count |]; [| 2 |]; [| 6 |] ]
              (losses (problem, stage)) with
            Interval = -0.5, 0.5
            Step = 5e-4
            Tolerance = 1e-7
        }

[<Fact>]
let ``the pullback of the losses agrees with differences in structure, thickness and rotation`` () =
    for case in every.Value do
        pullbackHolds case

[<Fact>]
let ``so it does for mosaic crystals, in precession and through distributions of thickness`` () =
    for variant in variants do
        pullbackHolds (tinyOf variant quartz)

[<Fact>]
let ``the pullback of losses of averages over samples of the thickness agrees with differences in each of them`` () =
    let sampled (problem: Problem.Problem, _, stage: Problem.Stage) =
        PullbackCheck.holdsAt
            4
            { PullbackCheck.case
                  $"sampled losses, {problem.Settings.ThicknessDistribution}"
                  [ [| problem.Structure.Count |]; [| 2 * 3 |]; [| 6 |] ]
                  (losses (problem, stage)) with
                Interval = -0.5, 0.5
                Step = 5e-4
                Tolerance = 1e-7
            }

    for case in every.Value do
        sampled case

    for distribution in [ Uniform; Given [ 2.0, 1.0; 3.0, 0.5; 2.5, 2.0 ] ] do
        sampled (
            tinyOf
                { settings with
                    ThicknessDistribution = distribution
                }
                quartz
        )

[<Fact>]
let ``samples of one thickness give its losses`` () =
    let problem, _, stage = tiny.Value
    let q = dsharp.zeros problem.Structure.Count
    let omega = dsharp.zeros 6

    let at (x: float list) =
        (losses (problem, stage) [| q; dsharp.tensor x; omega |]).toArray1D<float>()

    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) (at [ 0.1; 0.4 ]) (at [ 0.1; 0.1; 0.4; 0.4 ])

[<Fact>]
let ``the gradient of the loss agrees with differences in the mosaicities, in rotation and precession`` () =
    for geometry in [ CollectionGeometry.Rotation; CollectionGeometry.Precession ] do
        let problem, state, stage =
            tinyOf
                { settings with
                    Geometry = Some geometry
                    Mosaicity = Degrees 0.1
                    MosaicityAlong = Degrees 0.2
                }
                quartz

        let loss = MosaicityStage.loss problem stage state
        let struct (_, slopes) = loss state.Mosaicity

        let difference (shift: float -> Rocking.Mosaicity) =
            let at k =
                let struct (value, _) = loss (shift (2e-6 * k))
                value

            (8.0 * (at 1.0 - at -1.0) - (at 2.0 - at -2.0)) / (12.0 * 2e-6)

        let m = state.Mosaicity

        let along = difference (fun h -> { m with Along = m.Along + h })

        let perpendicular =
            difference (fun h ->
                { m with
                    Perpendicular = m.Perpendicular + h
                })

        Assert.InRange(slopes[0] / perpendicular, 1.0 - 1e-6, 1.0 + 1e-6)

        if geometry = CollectionGeometry.Rotation then
            Assert.InRange(slopes[1] / along, 1.0 - 1e-6, 1.0 + 1e-6)
        else
            Assert.Equal(0.0, slopes[1])

/// The derivative of the joint loss along single parameters and along all weights at once.
let private jointGradientHolds (problem: Problem.Problem) stage parameters =
    let loss = Joint.loss problem stage
    let weights = ThicknessNN.initial 3
    let p = Array.append (Array.create problem.Structure.Count 0.1) weights
    let _, gradient = dsharp.fgrad loss (dsharp.tensor p)
    let gradient = gradient.toArray1D<float>()

    let along (direction: float array) h =
        let at k =
            float (loss (dsharp.tensor (Array.map2 (fun x d -> x + k * h * d) p direction)))

        let slope = (8.0 * (at 1.0 - at -1.0) - (at 2.0 - at -2.0)) / (12.0 * h)
        let expected = Array.fold2 (fun sum g d -> sum + g * d) 0.0 gradient direction
        let scale = Array.fold2 (fun sum g d -> sum + abs (g * d)) 0.0 gradient direction
        Assert.True(abs (slope - expected) <= 1e-6 * scale, $"differences {slope:R}, gradient {expected:R}")
        Assert.True(scale > 0.0)

    for i in parameters do
        along (Array.init p.Length (fun j -> if i = j then 1.0 else 0.0)) 1e-3

    let random = Random 5
    let n = problem.Structure.Count
    along (Array.init p.Length (fun j -> if j < n then 0.0 else random.NextDouble() - 0.5)) 2e-4

[<Fact>]
let ``the gradient of the joint loss agrees with differences in every parameter of the structure and in the network``
    ()
    =
    for problem, _, stage in every.Value do
        jointGradientHolds problem stage [ 0 .. problem.Structure.Count - 1 ]

[<Fact>]
let ``so it does where the thickness is sampled: in the weights of its mean and of its spread`` () =
    for distribution in [ Plate; Uniform ] do
        let problem, _, stage =
            tinyOf
                { settings with
                    ThicknessSamples = 3
                    ThicknessDistribution = distribution
                }
                quartz

        let ofOutput o =
            problem.Structure.Count + ThicknessNN.weightCount - 2 + o

        jointGradientHolds problem stage [ ofOutput 0; ofOutput 1 ]

[<SharedFact("data/quartz/quartz.cif", "data/quartz/quartz.cif_pets")>]
let ``the gradient of the joint loss of measured quartz agrees with differences`` () =
    let experiment = (PetsReader.Read(path "data/quartz/quartz.cif_pets")).Value
    let crystal = (StructureReader.Read(path "data/quartz/quartz.cif")).Value

    let two =
        experiment.Frames
        |> Seq.sortByDescending _.Observations.Length
        |> Seq.truncate 2
        |> withFrames experiment

    let settings =
        { settings with
            Selection = SelectionSettings(1.2, 0.01, 1.2, 0.9, 0.0015)
            Tilts = Count 8
            Mosaicity = Degrees 0.0
        }

    let problem, _, stage = problemOf settings 1 crystal two
    Assert.Equal(2, (Problem.scoredFrames stage).Length)
    jointGradientHolds problem stage [ 0; 2; 5; 12 ]

[<Fact>]
let ``losses and gradients are the same bits for one thread, for two and again, for many frames and for one`` () =
    for frames, samples in [ 6, 1; 1, 1; 6, 3; 1, 3 ] do
        let experiment =
            geometry quartz.Cell [ for i in 0 .. frames - 1 -> 8.0 * float i - 20.0 ]

        let data =
            noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s)

        let manyArcs =
            { settings with
                Arcs = ArcCut.PerTilt
                ThicknessSamples = samples
            }

        let gradient threads =
            let problem, _, stage =
                problemOf manyArcs threads (Synthesis.displace 1 0.1 quartz) data

            let loss = Joint.loss problem stage

            let p =
                Array.append (Array.zeroCreate problem.Structure.Count) (ThicknessNN.initial 0)

            let value, slope = dsharp.fgrad loss (dsharp.tensor p)
            float value, slope.toArray1D<float>()

        let value, slope = gradient 1

        for threads in [ 1; 2; 2 ] do
            let again, slopes = gradient threads
            Assert.Equal(value, again)
            Assert.Equal<float>(slope, slopes)

[<Fact>]
let ``a memory ceiling changes no bit of the gradient`` () =
    let experiment = geometry quartz.Cell [ -12.0; 25.0 ]

    let data =
        noiseFree settings quartz experiment (fun s -> uniform experiment 900.0 s)

    for distribution in [ Plate; Uniform ] do
        let gradient ceiling =
            let settings =
                { settings with
                    ThicknessDistribution = distribution
                    MemoryCeiling = ceiling
                }

            let problem, _, stage = problemOf settings 2 (Synthesis.displace 1 0.1 quartz) data

            let p =
                Array.append (Array.zeroCreate problem.Structure.Count) (ThicknessNN.initial 0)

            (dsharp.grad (Joint.loss problem stage) (dsharp.tensor p)).toArray1D<float>()

        Assert.Equal<float>(gradient infinity, gradient 1e-3)

[<Fact>]
let ``intensities at many thicknesses are those at each`` () =
    let problem, state, stage = tiny.Value

    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let plan, k = stage.Model.Plan.Frames[0], stage.Model.Plan.WaveNumber
    let precision = stage.Model.Precision
    let rotation = Vector3(1e-3, 2e-3, -1e-3)
    let thicknesses = [| 10.0; 200.0; 730.0 |]

    let all =
        FrameModel.atThicknesses (Workspace()) k precision table plan rotation thicknesses

    for t, values in Array.zip thicknesses all do
        let one =
            FrameModel.intensities (Workspace()) k precision table plan [| t |] rotation

        Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 1e-12)) one values

[<Fact>]
let ``a thin crystal diffracts kinematically: I = (π U t)² sinc²(π S t)/K² over the rocking curve`` () =
    let problem, state, stage = tiny.Value

    let table =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    let k = stage.Model.Plan.WaveNumber
    let t = 0.5

    for plan in stage.Model.Plan.Frames do
        let values =
            FrameModel.intensities (Workspace()) k stage.Model.Precision table plan [| t |] Vector3.Zero

        for row, value in Seq.zip plan.Scored values do
            let hkl = row.Observation.Hkl
            let place = stage.Model.Plan.Support.Reflections.IndexOf hkl
            let u2 = table.Re[place] ** 2.0 + table.Im[place] ** 2.0
            let g = plan.Matrix * hkl.ToVector()

            let expected =
                Seq.sum (
                    seq {
                        for arc in plan.Arcs do
                            if arc.Beams.Contains hkl then
                                for s in arc.FirstTilt .. arc.FirstTilt + arc.TiltCount - 1 do
                                    let x = Math.PI * t * ExcitationError.Of(plan.Tilts[s].Rotation * g, k)
                                    let sinc = if x = 0.0 then 1.0 else sin x / x
                                    plan.Tilts[s].Weight * u2 * (Math.PI * t / k * sinc) ** 2.0
                    }
                )

            Assert.InRange(value, 0.95 * expected - 1e-9, 1.05 * expected + 1e-9)

[<Fact>]
let ``a number that is not finite stops the model by the frame's name, for any number of threads`` () =
    for threads in [ 1; 2 ] do
        let _, initial, _ = tiny.Value
        let problem, _, _ = tiny.Value

        let frames =
            problem.Experiment.Frames
            |> Seq.map (fun f ->
                VirtualFrame(f.Id + 6, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, f.Scale, f.Observations))

        let renamed = withFrames problem.Experiment frames
        let problem, _ = Problem.create settings threads quartz renamed
        let stage = Problem.plan problem (uniform renamed 400.0 initial) renamed.Frames
        let count = stage.Model.Plan.Support.Reflections.Length
        let potential = dsharp.full ([ 2 * count ], nan)
        let wR i = Residual.wR stage.Model.Rows[i]

        let states =
            Array.create
                2
                {
                    Thickness = 400.0
                    Rotation = Vector3.Zero
                }

        let named (compute: unit -> unit) =
            let error = Assert.Throws<NumericalException>(fun () -> compute ())
            Assert.Contains("frame 7", error.Message)

        named (fun () -> ForwardModel.intensities stage.Model potential states |> ignore)

        named (fun () ->
            ForwardModel.losses stage.Model wR potential (dsharp.full ([ 2 ], 400.0)) (dsharp.zeros 6)
            |> ignore)

        named (fun () ->
            let finite = Problem.potential problem stage (dsharp.zeros problem.Structure.Count)

            ForwardModel.losses stage.Model wR finite (dsharp.full ([ 2 ], nan)) (dsharp.zeros 6)
            |> ignore)
