/// The objective of a frame's orientation on a grid of turns about x and y.
///
/// A turn about the rocking axis x only shifts the range of a rocking curve, and a mosaic block is a turn about y. So the
/// intensities of a rotation at the tilts of [−φ − r, φ + r] about x and [−r, r] about y give those of every orientation within r
/// by sums: none costs a propagation of its own. In a precession each has a cone of its own. All are compared on the rows that they
/// select themselves.
module Pendel.Core.OrientationMap

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Step about y, rad, and largest about x: reflections at 1 Å⁻¹ have fringes of about 1/(t g) ≈ 10⁻³ rad.
let spacing = Angle.Radians 0.05

/// Farthest turn from the present orientation about each axis, rad: the prior leaves little beyond.
let private radius = Angle.Radians 0.75

/// A grid of turns (x, y) and the tilts that it needs.
type private Grid =
    {
        SemiAngle: float
        /// Step about x, rad, of the tilts and of the turns.
        StepX: float
        StepY: float
        /// Tilts within the frame.
        Window: int
        /// Turns −CountX … CountX, −CountY … CountY.
        CountX: int
        CountY: int
        /// Steps about y between the middle block and each of its neighbours, and the share of these.
        Block: int
        Share: float
    }

let private lines grid = 2 * (grid.CountY + grid.Block) + 1

let private samples grid = grid.Window + 2 * grid.CountX

/// Lines run to and fro about x, so that neighbours in the list of tilts are neighbours in orientation: the place in the list of
/// sample k of a line, and the sample at place k of a line.
let private place grid line k =
    if line % 2 = 0 then k else samples grid - 1 - k

/// The grid of a frame: σ the width of the mosaic blocks, whose three equal parts have the variance ⅔ 1.0908² σ².
let private gridOf (semiAngle: float) tilts (mosaicity: float) =
    let window = max tilts (int (Math.Ceiling(2.0 * semiAngle / spacing)))
    let stepX = 2.0 * semiAngle / float window
    let variance = 2.0 / 3.0 * RockingCurve.UpperCentroid ** 2.0 * mosaicity ** 2.0
    let block = int (Math.Ceiling(sqrt variance / spacing))

    {
        SemiAngle = semiAngle
        StepX = stepX
        StepY = spacing
        Window = window
        CountX = int (radius / stepX)
        CountY = int (radius / spacing)
        Block = block
        Share =
            if block = 0 then
                0.0
            else
                0.5 * variance / (float block * spacing) ** 2.0
    }

/// Tilts line by line about y.
let private tilts grid =
    ImmutableArray.CreateRange(
        seq {
            for line in 0 .. lines grid - 1 do
                let y = grid.StepY * float (line - grid.CountY - grid.Block)

                for k in 0 .. samples grid - 1 do
                    let x = grid.StepX * (float (place grid line k) + 0.5 - 0.5 * float (samples grid))

                    Tilt(Matrix3.RotationX x * Matrix3.RotationY y, 1.0)
        }
    )

/// Means over the window of every turn, mosaic blocks included: turns about y × turns about x × reflections.
let private integrated grid (curves: float array array) =
    let reflections = curves[0].Length

    let windows line =
        let at k =
            curves[line * samples grid + place grid line k]

        let sum = Array.zeroCreate<float> reflections

        for k in 0 .. grid.Window - 2 do
            for g in 0 .. reflections - 1 do
                sum[g] <- sum[g] + (at k)[g]

        Array.init (2 * grid.CountX + 1) (fun x ->
            let entering = at (x + grid.Window - 1)

            let mean =
                Array.init reflections (fun g -> (sum[g] + entering[g]) / float grid.Window)

            for g in 0 .. reflections - 1 do
                sum[g] <- sum[g] + entering[g] - (at x)[g]

            mean)

    let all = Array.init (lines grid) windows

    Array.init (2 * grid.CountY + 1) (fun y ->
        let before, here, after = all[y], all[y + grid.Block], all[y + 2 * grid.Block]

        Array.init (2 * grid.CountX + 1) (fun x ->
            Array.init reflections (fun g ->
                grid.Share * (before[x][g] + after[x][g])
                + (1.0 - 2.0 * grid.Share) * here[x][g])))

/// Places of a grid's minima, the least first; infinite where there is no value.
let private minimaIn (values: float[,]) =
    let isMinimum (y, x) =
        let here = values[y, x]

        here < infinity
        && Seq.forall
            (fun (j, i) ->
                let y, x = y + j, x + i

                y < 0
                || x < 0
                || y >= Array2D.length1 values
                || x >= Array2D.length2 values
                || values[y, x] >= here)
            (Seq.allPairs [ -1 .. 1 ] [ -1 .. 1 ])

    Array.allPairs [| 0 .. Array2D.length1 values - 1 |] [| 0 .. Array2D.length2 values - 1 |]
    |> Array.filter isMinimum
    |> Array.sortBy (fun (y, x) -> values[y, x])

/// The minima of the objective of a frame, the best first: corrections with the objectives.
let private minimaOf
    measure
    (problem: Problem)
    (state: State)
    (reference: float)
    grid
    (plan: FramePlan)
    rows
    thickness
    curves
    =
    let calculated: float array array array = integrated grid curves
    let prior = FrameFit.priorOf problem.Settings state plan

    let turn y x =
        Vector3(grid.StepX * float (x - grid.CountX), grid.StepY * float (y - grid.CountY), 0.0)

    let value y x =
        let turn = turn y x

        if (plan.Correction + turn).Length > prior.Bound then
            infinity
        else
            let matrix = Matrix3.Rotation turn * plan.Matrix

            let places =
                [|
                    for i in 0 .. plan.Scored.Length - 1 do
                        if
                            ReflectionFilter.IsScored(
                                matrix * plan.Scored[i].Observation.Hkl.ToVector(),
                                problem.WaveNumber,
                                plan.SemiAngle,
                                problem.Settings.Selection,
                                problem.Geometry.Geometry
                            )
                        then
                            i
                |]

            let struct (misfit, information) =
                OrientationResidual.sumOfSquares measure rows places (calculated[y].[x]: float array)

            misfit
            + FrameFit.penalty
                prior
                {
                    Thickness = thickness
                    Rotation = turn
                }
            |> FrameFit.charged reference information

    let values =
        Array2D.init (2 * grid.CountY + 1) (2 * grid.CountX + 1) (fun y x -> value y x)

    minimaIn values
    |> Array.map (fun (y, x) -> struct (plan.Correction + turn y x, values[y, x]))

/// Frames whose maps are in memory at a time: each holds thousands of orientations.
let private together = 2

/// The minima of every frame's objective around its present orientation, the best first: corrections with the objectives, by
/// frame id.
///
/// - `measure`: of the residuals
/// - `reference`: information of each frame that counts as complete
///
/// Raises `OperationCanceledException` where it is interrupted.
let minima
    (monitor: Monitor)
    measure
    (problem: Problem)
    (reference: Map<int, float>)
    (state: State)
    (frames: ImmutableArray<VirtualFrame>)
    =
    let grid (frame: VirtualFrame) =
        let curve = Problem.curve problem state frame
        gridOf curve.SemiAngle curve.Count curve.Mosaicity.Perpendicular

    let minimaOf (frames: VirtualFrame array) =
        monitor.Stop.ThrowIfCancellationRequested()

        let stage =
            Problem.planAllRows (grid >> tilts) problem state (frames.ToImmutableArray())

        let model = stage.Model

        let table =
            ForwardModel.tableOf model (Problem.potential problem stage (dsharp.tensor state.Structure))

        ForwardModel.perFrame model (fun workspace i ->
            let plan = model.Plan.Frames[i]
            let id = plan.Frame.Id

            match Map.tryFind id state.Thickness, Map.tryFind id reference with
            | Some t, Some reference ->
                let curves =
                    FrameModel.rockingCurves workspace problem.WaveNumber model.Precision table plan t

                Some(id, minimaOf measure problem state reference (grid plan.Frame) plan model.Rows[i] t curves)
            | _ -> None)
        |> Array.choose id

    frames
    |> Seq.toArray
    |> Array.chunkBySize together
    |> Array.mapi (fun i chunk ->
        let found = minimaOf chunk
        monitor.Report(Calculated(min frames.Length (together * (i + 1)), frames.Length))
        found)
    |> Array.concat
    |> Map.ofArray

/// Step of a precession's grid, rad, and its steps to either side: what the cone passes whole changes slowly with a turn.
let private coneSpacing = Angle.Radians 0.125

let private coneCount = 4

/// The turn at a place of a precession's grid.
let private coneTurn (y, x) =
    coneSpacing * Vector3(float (x - coneCount), float (y - coneCount), 0.0)

/// Places of a precession's grid: its turns within half a degree.
let private cones =
    [| 0 .. 2 * coneCount |]
    |> fun line -> Array.allPairs line line
    |> Array.filter (fun (y, x) -> pown (x - coneCount) 2 + pown (y - coneCount) 2 <= coneCount * coneCount)

/// Calculations that the map of a precession takes.
let coneSteps = cones.Length

/// The minima of every frame's objective around its correction in a precession, the best first: corrections with the objectives,
/// by frame id.
///
/// - `objectives`: of frames in proposed corrections, both by id, charged for lost information; its first argument counts from 0
let coneMinima
    (objectives: int -> Map<int, Vector3> -> Map<int, float>)
    (settings: Settings)
    (corrections: Map<int, Vector3>)
    =
    let bound = Angle.Radians settings.OrientationBound

    let ofTurn i place =
        corrections
        |> Map.map (fun _ correction -> correction + coneTurn place)
        |> Map.filter (fun _ correction -> correction.Length <= bound)
        |> objectives i

    let found = cones |> Array.mapi ofTurn

    let minimaOf id (correction: Vector3) =
        let values = Array2D.create (2 * coneCount + 1) (2 * coneCount + 1) infinity

        for (y, x), ofFrames in Array.zip cones found do
            values[y, x] <- ofFrames |> Map.tryFind id |> Option.defaultValue infinity

        minimaIn values
        |> Array.map (fun (y, x) -> struct (correction + coneTurn (y, x), values[y, x]))

    corrections |> Map.map minimaOf
