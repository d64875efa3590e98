module Pendel.Tests.Core.OrientationStageTests

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Tests.Core.DataSets
open Xunit

/// Enough rows for the tilts of a frame.
let private settings =
    { settings with
        Selection = SelectionSettings(1.4, 0.02, 1.4, 0.9, 0.0)
        Tilts = Count 24
    }

let private degree = Math.PI / 180.0
let private experiment = geometry quartz.Cell [ -40.0; -20.0; 5.0; 25.0; 45.0 ]

/// The state that made the rows of frames from their own plans, and the residuals of each frame.
///
/// - `measure`: of the residuals
/// - `su`: of every row, whose intensities are up to 10⁶ times the fraction of the beam
/// - `spoil`: what becomes of the intensities of a frame
let private targetOf measure su (spoil: float seq -> float seq) =
    lazy
        (let truth =
            {
                Thickness = 400.0
                Rotation = Vector3(4e-4, -3e-4, 0.0)
            }

         let data =
             noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s)

         let problem, initial = Problem.create settings 1 quartz data
         let stage = Problem.plan problem (uniform data 400.0 initial) data.Frames
         let potential = Problem.potential problem stage (dsharp.tensor initial.Structure)

         let calculated =
             ForwardModel.intensities stage.Model potential (Array.create 5 truth)

         let rows =
             [|
                 for plan, values in Seq.zip stage.Model.Plan.Frames calculated ->
                     Seq.map2
                         (fun (r: ScoredReflection) i ->
                             ScoredReflection(Observation(r.Observation.Hkl, 1e6 * i, su), 0.0, 0.0, 1.0))
                         plan.Scored
                         (spoil values)
                     |> Residual.rows
             |]

         let model = { stage.Model with Rows = rows }
         let table = ForwardModel.tableOf stage.Model potential
         // the first has eight rows only, which another orientation fits as well
         truth, [ for i in 1..4 -> FrameFit.residuals measure model table (Workspace()) i ])

let private target = targetOf OrientationResidual.Amplitudes 300.0 id

/// The strongest row measured at half.
let private spoilt (values: float seq) =
    let strongest = Seq.max values
    values |> Seq.map (fun i -> if i = strongest then 0.5 * i else i)

let private prior: FrameFit.Prior =
    {
        Rotation = 10.0
        Bound = 0.02
        Origin = Vector3.Zero
        Drift = Vector3.Zero
    }

let private start =
    {
        Thickness = 400.0
        Rotation = Vector3.Zero
    }

[<Fact>]
let ``least squares find the orientation that made the rows of a frame`` () =
    let truth, frames = target.Value

    for residuals in frames do
        let found = FrameFit.fit residuals prior 20 start
        Assert.InRange((found.Rotation - truth.Rotation).Length, 0.0, 1e-6)
        Assert.Equal(400.0, found.Thickness)

[<Fact>]
let ``a row that is measured at half turns least squares away, but not those of robust residuals`` () =
    let likely = { prior with Rotation = 0.3 * degree }

    let off measure =
        let truth, frames = (targetOf measure 30.0 spoilt).Value

        [
            for residuals in frames ->
                ((FrameFit.fit residuals likely 20 start).Rotation - truth.Rotation).Length
                / degree
        ]

    // the last has twelve rows, which another orientation fits but for one
    let robust = off (OrientationResidual.RobustAmplitudes 5.0) |> List.take 3
    let squares = off OrientationResidual.Amplitudes |> List.take 3
    Assert.All(robust, (fun angle -> Assert.InRange(angle, 0.0, 0.03)))
    Assert.InRange(List.max squares, 0.1, 1.2)
    Assert.All(List.zip robust squares, (fun (robust, squares) -> Assert.True(robust < squares)))

[<Fact>]
let ``Nelder and Mead's search finds the orientation too, and keeps its best when it runs out of evaluations`` () =
    let truth, frames = target.Value

    for residuals in frames do
        let found = FrameFit.nelderMead residuals prior start
        Assert.InRange((found.Rotation - truth.Rotation).Length, 0.0, 1e-5)

[<Fact>]
let ``every search finds two tilts, the hexagonal to its least step, and leaves the turn about the beam`` () =
    let tilt = 0.4 * degree * Vector3(cos 0.7, sin 0.7, 0.0)

    let residuals (_: float) =
        Array.map (fun rotation ->
            let off: Vector3 = rotation - tilt
            [| 1e3 * off.X; 2e3 * off.Y |])

    let turn = Vector3(0.0, 0.0, 1e-3)

    let off search =
        let found: FrameState = search residuals prior { start with Rotation = turn }
        (found.Rotation - tilt - turn).Length / degree

    Assert.InRange(off FrameFit.hexagonal, 0.0, 0.01)
    Assert.InRange(off FrameFit.nelderMead, 0.0, 1e-3)
    Assert.InRange(off (fun residuals prior -> FrameFit.fit residuals prior 8), 0.0, 1e-4)

[<Fact>]
let ``a fit stays inside its bound, and the prior draws it back`` () =
    let truth, frames = target.Value
    let fit prior = FrameFit.fit frames[0] prior 8 start
    let bound = 0.5 * truth.Rotation.Length
    Assert.InRange((fit { prior with Bound = bound }).Rotation.Length, 0.0, bound + 1e-15)
    Assert.InRange((fit { prior with Rotation = 1e-7 }).Rotation.Length, 0.0, 1e-6)

    // both count from the plan's correction
    let origin = Vector3(0.0, 5e-4, 0.0)

    let shifted =
        { prior with
            Bound = bound
            Origin = origin
        }

    let inside = FrameFit.inside shifted { start with Rotation = truth.Rotation }
    Assert.Equal(bound, (origin + inside.Rotation).Length, 12)

    let stiff =
        { prior with
            Rotation = 1e-7
            Origin = origin
        }

    Assert.InRange((origin + (fit stiff).Rotation).Length, 0.0, 1e-6)

let private oriented =
    { settings with
        Orientation = Gradient
        OrientationPrior = 1.0
        OrientationBound = 1.0
    }

[<Fact>]
let ``the global misset of a tenth of a degree is recovered`` () =
    let misset = 0.1 * degree * Vector3(0.6, 0.64, -0.48)

    let data =
        noiseFree settings quartz experiment (fun s ->
            { uniform experiment 400.0 s with
                Misset = misset
            })

    let problem, initial = Problem.create oriented 2 quartz data
    let found = GlobalMisset.run Monitor.silent problem (uniform data 400.0 initial)
    Assert.InRange((found.Misset - misset).Length / degree, 0.0, 0.005)

[<Fact>]
let ``a misset stays within two degrees and loses no frame, however little the rows say`` () =
    let few =
        { oriented with
            Selection = SelectionSettings(1.2, 0.02, 1.2, 0.4, 0.0)
        }

    let data =
        noiseFree few quartz experiment (fun s ->
            { uniform experiment 400.0 s with
                Misset = 0.3 * degree * Vector3(0.6, 0.64, -0.48)
            })

    for frame in data.Frames do
        let one = withFrames data [ withRows frame (Seq.truncate 4 frame.Observations) ]
        let problem, initial = Problem.create few 2 quartz one
        let start = uniform one 400.0 initial
        let found = GlobalMisset.run Monitor.silent problem start
        Assert.InRange(found.Misset.Length / degree, 0.0, 2.0)

        let scored state =
            (Problem.plan problem state one.Frames).Model.Rows
            |> Array.filter Residual.isScored
            |> Array.length

        Assert.True(scored found >= scored start)

/// Data whose frame 3 is turned.
let private turnedBy turn settings =
    noiseFree settings quartz experiment (fun s ->
        { uniform experiment 400.0 s with
            Corrections = Map [ 3, turn ]
        })

/// Tilts no farther apart than a map's turns, so that the turns that are looked for are among them.
let private fine (settings: Settings) = { settings with Tilts = Count 48 }

/// The state after a thorough search of the orientations and one that is not.
let private searched settings data =
    let problem, initial = Problem.create settings 2 quartz data

    uniform data 400.0 initial
    |> FrameOrientation.run Monitor.silent problem true
    |> FrameOrientation.run Monitor.silent problem false

[<Fact>]
let ``a frame that is turned is found among frames that are not`` () =
    let turned = 0.15 * degree * Vector3(0.6, -0.8, 0.0)
    let data = turnedBy turned (fine settings)

    // the strongest of a frame's intensities say little of where its range ends
    for orientation, near in [ Gradient, 0.002; Robust, 0.002; Intensities, 0.02 ] do
        let found =
            searched
                { fine oriented with
                    Orientation = orientation
                }
                data

        for f in data.Frames do
            let expected = if f.Id = 3 then turned else Vector3.Zero

            let correction =
                found.Corrections |> Map.tryFind f.Id |> Option.defaultValue Vector3.Zero

            Assert.InRange((correction - expected).Length / degree, 0.0, near)

[<Fact>]
let ``one of the three best minima of a frame's map lies within its steps of the frame's turn`` () =
    let turned = degree * Vector3(0.25, -0.3, 0.0)
    let data = turnedBy turned (fine settings)
    let problem, initial = Problem.create (fine oriented) 2 quartz data
    let state = uniform data 400.0 initial

    let frames =
        data.Frames |> Seq.filter (fun f -> f.Id = 3) |> ImmutableArray.CreateRange

    // what the frame can say: the rows that its turn selects
    let atTurn =
        Problem.plan
            problem
            { state with
                Corrections = Map [ 3, turned ]
            }
            frames

    let reference = Map [ (3, Residual.information atTurn.Model.Rows[0]) ]

    // tilts are 2°/48 apart, the turns about y 0.05°
    let isNear (struct (correction: Vector3, _)) =
        abs (correction.X - turned.X) <= 2.0 / 48.0 * degree
        && abs (correction.Y - turned.Y) <= 0.05 * degree

    for measure in
        [
            OrientationResidual.Amplitudes
            OrientationResidual.RobustAmplitudes 5.0
            OrientationResidual.Intensities LossChoice.WRI
        ] do
        let found =
            OrientationMap.minima Monitor.silent measure problem reference state frames

        Assert.Contains(Array.truncate 3 found[3], isNear)

[<Fact>]
let ``the minima of a precession's map are those of its objective, the best first and inside the bound`` () =
    let at (x, y) = degree * Vector3(x, y, 0.0)
    let deep, shallow = at (0.25, -0.125), at (-0.375, 0.0)

    let objective (correction: Vector3) =
        let below depth (centre: Vector3) =
            depth - ((correction - centre).Length / (0.2 * degree)) ** 2.0

        -(max (below 5.0 deep) (below 3.0 shallow))

    let minima (bound: float) corrections =
        OrientationMap.coneMinima
            (fun _ asked ->
                Assert.All(asked.Values, (fun c -> Assert.InRange(c.Length, 0.0, bound * degree)))
                asked |> Map.filter (fun id _ -> id <> 2) |> Map.map (fun _ c -> objective c))
            { oriented with
                OrientationBound = bound
            }
            (Map.ofList corrections)

    let found = minima 1.0 [ 1, Vector3.Zero; 2, Vector3.Zero; 3, at (0.125, 0.0) ]

    for id in [ 1; 3 ] do
        let expected = [| deep; shallow |]
        Assert.Equal(expected.Length, found[id].Length)

        for expected, struct (found, value) in Array.zip expected found[id] do
            Assert.InRange((found - expected).Length / degree, 0.0, 1e-9)
            Assert.Equal(objective found, value)

    // no objective, no minima
    Assert.Empty found[2]

    Assert.Equal(
        1,
        (minima 0.3 [ 1, Vector3.Zero ])[1]
        |> Array.filter (fun (struct (c, _)) -> (c - deep).Length < 1e-12)
        |> Array.length
    )

[<Fact>]
let ``a frame of a precession is found half a degree away`` () =
    let turned = degree * Vector3(-0.3, 0.35, 0.0)

    let inPrecession (settings: Settings) =
        { settings with
            Geometry = Some CollectionGeometry.Precession
        }

    let found =
        turnedBy turned (inPrecession settings) |> searched (inPrecession oriented)

    Assert.InRange((found.Corrections[3] - turned).Length / degree, 0.0, 0.01)

/// Objectives of frame 1: least at 0.1, but a row that enters beyond 0.3 misfits.
let private jumping (corrections: Map<int, Vector3>) =
    corrections
    |> Map.map (fun _ c -> (c.X - 0.1) ** 2.0 + (if c.X > 0.3 then 100.0 else 0.0))

[<Fact>]
let ``where new rows misfit at the end of a step, a part of it is kept`` () =
    let x value = Map [ 1, Vector3(value, 0.0, 0.0) ]

    let stand: FrameOrientation.Stand =
        {
            Corrections = x -0.4
            Objectives = jumping (x -0.4)
        }

    let kept halvings =
        (FrameOrientation.keepLower jumping (x -0.4) halvings stand (x 0.5)).Corrections[1].X

    Assert.Equal(-0.4, kept 0)
    Assert.Equal(0.05, kept 1, 12)
    Assert.Equal(0.05, kept 3, 12)

[<Fact>]
let ``a step that lowers the objective is kept whole, and one that leads nowhere not at all`` () =
    let x value = Map [ 1, Vector3(value, 0.0, 0.0) ]

    let stand: FrameOrientation.Stand =
        {
            Corrections = x 0.1
            Objectives = jumping (x 0.1)
        }

    let kept proposed =
        FrameOrientation.keepLower jumping (x 0.1) 3 stand proposed

    Assert.Equal(stand, kept (x 0.1))
    Assert.Equal(stand, kept (x 0.9))

    let poor =
        { stand with
            Objectives = Map [ 1, 200.0 ]
        }

    Assert.Equal(0.9, (FrameOrientation.keepLower jumping (x 0.1) 3 poor (x 0.9)).Corrections[1].X)
