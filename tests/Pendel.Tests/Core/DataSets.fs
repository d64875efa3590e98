/// Small structures and data sets of exactly known origin.
module Pendel.Tests.Core.DataSets

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel

let spaceGroup (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> group
    | _ -> failwith $"{symbol} is not known"

let site label symbol number position adp =
    AtomSite(label, Element(symbol, number), 0, position, adp, 1.0)

let crystal cell symbol sites =
    Crystal(cell, spaceGroup symbol, (sites: AtomSite list).ToImmutableArray())

let quartz =
    let anisotropic (a, b, c, d, e, f) : Adp =
        Adp.Anisotropic(SymmetricTensor(a, b, c, d, e, f))

    crystal
        (UnitCell(4.9226, 4.9226, 5.4003, 90, 90, 120))
        "P3221"
        [
            site
                "Si1"
                "Si"
                14
                (Vector3(1.0, 0.471256, 0.833333))
                (anisotropic (0.012306, 0.011452, 0.005230, -0.000532, -0.001064, 0.006153))
            site
                "O1"
                "O"
                8
                (Vector3(0.854729, 0.585819, 0.618682))
                (anisotropic (0.013019, 0.019950, 0.016200, 0.004034, -0.002570, 0.009504))
        ]

/// Two sites about an inversion centre at the origin.
let centrosymmetric =
    let site label symbol number position =
        site label symbol number position (Adp.Anisotropic(SymmetricTensor(0.012, 0.011, 0.009, 0.001, -0.001, 0.002)))

    crystal
        (UnitCell(4.7, 5.1, 5.6, 88, 95, 104))
        "P-1"
        [
            site "Si1" "Si" 14 (Vector3(0.12, 0.23, 0.31))
            site "O1" "O" 8 (Vector3(0.41, 0.77, 0.08))
        ]

/// A few beams and tilts in double precision.
let settings =
    { Settings.standard with
        Selection = SelectionSettings(0.9, 0.02, 0.9, 0.9, 0.0)
        Tilts = Count 6
        ThicknessMin = 100.0
        ThicknessMax = 800.0
        Precision = Double
        Orientation = Fixed
        Cycles = 1
        ThicknessDistribution = Plate
    }

/// The experiment with other frames.
let withFrames (experiment: Experiment) (frames: VirtualFrame seq) =
    experiment.WithFrames(frames.ToImmutableArray())

let withRows (frame: VirtualFrame) (rows: Observation seq) =
    frame.WithObservations(rows.ToImmutableArray())

/// Frames without rows at these α; ids from 1, φ = 1°, 200 kV.
let geometry (cell: UnitCell) (alphas: float seq) =
    Experiment(
        cell,
        0.02508,
        Matrix3.Rotation(Vector3(0.4, -0.3, 0.8)) * cell.Reciprocal,
        CollectionGeometry.Rotation,
        System.Nullable(),
        System.Nullable(),
        [
            for i, alpha in Seq.indexed alphas -> VirtualFrame(i + 1, alpha, 0.2, 10.0, 1.0, 1.0, ImmutableArray.Empty)
        ]
            .ToImmutableArray()
    )

/// What the model says of a structure in an experiment: I_o = 10⁶ I_c, σ = 10; every reflection that the state selects is a row.
///
/// - `place`: the state before refinement → the true one, thickness included
let noiseFree settings (crystal: Crystal) (experiment: Experiment) place =
    let rows =
        [
            for hkl in ReciprocalLattice.Within(experiment.Cell, crystal.SpaceGroup, settings.Selection.ScoredGMax) do
                if hkl <> MillerIndex.Zero then
                    Observation(hkl, 0.0, 1.0)
        ]

    let asked = withFrames experiment [ for f in experiment.Frames -> withRows f rows ]

    let problem, initial = Problem.create settings 1 crystal asked
    let truth: Problem.State = place initial
    let stage = Problem.plan problem truth asked.Frames

    let states =
        [|
            for plan in stage.Model.Plan.Frames ->
                {
                    Thickness = truth.Thickness[plan.Frame.Id]
                    Rotation = Vector3.Zero
                }
        |]

    let calculated =
        ForwardModel.intensities stage.Model (Problem.potential problem stage (dsharp.tensor truth.Structure)) states

    withFrames
        experiment
        [
            for plan, values in Seq.zip stage.Model.Plan.Frames calculated ->
                withRows
                    plan.Frame
                    (Seq.map2
                        (fun (r: ScoredReflection) i -> Observation(r.Observation.Hkl, 1e6 * i, 10.0))
                        plan.Scored
                        values)
        ]

/// The same thickness in every frame.
let uniform (experiment: Experiment) thickness (state: Problem.State) =
    { state with
        Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, thickness ]
    }
