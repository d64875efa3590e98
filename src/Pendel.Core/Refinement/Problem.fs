/// A refinement problem: a structure, a data set and settings; its state; and its plan at a state.
module Pendel.Core.Problem

open System.Collections.Concurrent
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.StructureModel

/// What stays fixed through all stages.
type Problem =
    {
        Settings: Settings
        Threads: int
        Experiment: Experiment
        Optics: ElectronOptics
        Orientation: CrystalOrientation
        Structure: StructureModel
        WaveNumber: float
        Planner: Planner
        /// The model of the thickness.
        ThicknessModel: ThicknessModel.ThicknessModel
        /// Scratch of the propagations, one for each thread.
        Workspaces: ConcurrentBag<FrameModel.Workspace>
    }

/// What the stages refine.
type State =
    {
        /// Dimensionless parameters of the structure.
        Structure: float array
        /// R_misset as a rotation vector, rad.
        Misset: Vector3
        /// R_frame as a rotation vector by frame id, rad; an absent frame has none.
        Corrections: Map<int, Vector3>
        /// Part of the corrections that is the smooth drift of all frames; the prior is on the rest.
        Drift: Map<int, Vector3>
        /// Thickness by frame id, Å.
        Thickness: Map<int, float>
        /// Parameters of the thickness model, once it follows the scan.
        ThicknessParameters: float array option
    }

/// α of every frame of a data set, degrees.
let angles (experiment: Experiment) =
    [| for f in experiment.Frames -> f.Alpha |]

/// The problem and its state before any refinement. The cell is that of the data.
///
/// Raises `ArgumentException` naming a site whose ADP is not positive definite.
let create (settings: Settings) threads (crystal: Crystal) (experiment: Experiment) =
    let optics = ElectronOptics.FromWavelength experiment.Wavelength
    let inDataCell = Crystal(experiment.Cell, crystal.SpaceGroup, crystal.Sites)
    let structure = StructureModel.create inDataCell
    let waveNumber = Potential.waveNumber optics settings.ScatteringFactors structure

    {
        Settings = settings
        Threads = threads
        Experiment = experiment
        Optics = optics
        Orientation = CrystalOrientation.FromExperiment experiment
        Structure = structure
        WaveNumber = waveNumber
        Planner = Planner(experiment.Cell, crystal.SpaceGroup, settings.Selection, waveNumber, threads)
        ThicknessModel = experiment |> angles |> ThicknessModel.ofSettings settings
        Workspaces = ConcurrentBag()
    },
    {
        Structure = Array.zeroCreate structure.Count
        Misset = Vector3.Zero
        Corrections = Map.empty
        Drift = Map.empty
        Thickness = Map.empty
        ThicknessParameters = None
    }

/// The problem with a model of the thickness of one's own.
let withThickness model (problem: Problem) = { problem with ThicknessModel = model }

/// ω_f of a frame, rad; 0 where it has none.
let correctionOf (state: State) (frame: VirtualFrame) =
    state.Corrections |> Map.tryFind frame.Id |> Option.defaultValue Vector3.Zero

/// The drift of a frame by id, rad; 0 where it has none.
let driftOf (state: State) id =
    state.Drift |> Map.tryFind id |> Option.defaultValue Vector3.Zero

/// Largest thickness of a state, Å; that of the settings before the first scan.
let largestThickness (problem: Problem) (state: State) =
    if state.Thickness.IsEmpty then
        problem.Settings.ThicknessMax
    else
        state.Thickness |> Map.values |> Seq.max

/// Mosaicity in use, degrees: that of the settings, else that of the data, else 0.
let mosaicity (problem: Problem) =
    problem.Settings.Mosaicity
    |> Option.orElse (Option.ofNullable problem.Experiment.Mosaicity)
    |> Option.defaultValue 0.0

/// The rocking curve of a frame by the settings; `Sufficient` takes the largest thickness of the state.
let tilts (problem: Problem) (state: State) (frame: VirtualFrame) =
    let semiAngle = Angle.Radians frame.PrecessionAngle
    let thickness = largestThickness problem state

    let count =
        match problem.Settings.Tilts with
        | Count n -> n
        | Sufficient -> RockingCurve.SufficientTilts(semiAngle, problem.Settings.Selection.ScoredGMax, thickness)

    RockingCurve.Mosaic(RockingCurve.Rotation(semiAngle, count), Angle.Radians(mosaicity problem))

/// A state's plan with the forward model and the potential that belong to it.
type Stage =
    {
        Model: ForwardModel.ForwardModel
        Potential: Potential.PotentialModel
    }

/// Plans the chosen frames at a state with given rocking curves: beams and scored rows follow its orientations.
let planWith (tilts: VirtualFrame -> ImmutableArray<Tilt>) (problem: Problem) (state: State) frames =
    let orientation =
        CrystalOrientation(problem.Orientation.Cell, problem.Orientation.U, state.Misset, problem.Orientation.Strain)

    let correction = correctionOf state

    let plan =
        problem.Planner.Plan(frames, (fun frame -> orientation.FrameMatrix(frame, correction frame)), correction, tilts)

    {
        Model = ForwardModel.create problem.Settings.Precision problem.Threads problem.Workspaces plan
        Potential = Potential.create problem.Optics problem.Settings.ScatteringFactors problem.Structure plan.Support
    }

/// Plans the chosen frames at a state with the rocking curves of the settings.
let plan (problem: Problem) (state: State) frames =
    planWith (tilts problem state) problem state frames

/// U on the support list of a stage at structure parameters q.
let potential (problem: Problem) (stage: Stage) (q: Tensor) =
    Potential.evaluate stage.Potential (StructureModel.evaluate problem.Structure q)

/// Indices of the planned frames that enter the means.
let scoredFrames (stage: Stage) =
    [|
        for i, rows in Array.indexed stage.Model.Rows do
            if Residual.isScored rows then
                i
    |]
