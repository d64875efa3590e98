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
        Crew: Crew
        /// The data that are refined against.
        Experiment: Experiment
        /// The same frames with the rows that are held out instead; empty where none are.
        HeldOut: ImmutableArray<VirtualFrame>
        Optics: ElectronOptics
        Orientation: CrystalOrientation
        Structure: StructureModel
        Restraints: Restraints.Restraints
        WaveNumber: float
        Planner: Planner
        /// Takes rows as scored however completely a frame records them.
        PlannerOfAllRows: Planner
        /// The model of the thickness.
        ThicknessModel: ThicknessModel.ThicknessModel
        /// How the crystal moved, and what tells.
        Geometry: GeometryEvidence
        /// Scratch of the propagations, one for each frame in work.
        Workspaces: ConcurrentBag<Workspace>
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
        /// Widths of the mosaic blocks' distribution.
        Mosaicity: Rocking.Mosaicity
        /// Parameters of the thickness model, once it follows the scan.
        ThicknessParameters: float array option
    }

/// α of every frame of a data set, degrees.
let angles (experiment: Experiment) =
    [| for f in experiment.Frames -> f.Alpha |]

/// How the crystal moved: as the settings say, else as the data show.
let private geometryOf (settings: Settings) (experiment: Experiment) =
    match settings.Geometry with
    | Some geometry -> GeometryEvidence(geometry, "as the settings say")
    | None -> GeometryEvidence.Of experiment

/// Width from which a refinement starts that the data file says nothing of, degrees.
let private usualMosaicity = 0.1

/// The mosaicity before any refinement. A precession takes none from the data file: with its own it agrees worse (CONVENTIONS,
/// Rocking).
let private initialMosaicity (settings: Settings) (experiment: Experiment) geometry : Rocking.Mosaicity =
    let stated = Option.ofNullable experiment.Mosaicity |> Option.defaultValue 0.0

    let radians setting =
        Angle.Radians(
            match setting with
            | Degrees sigma -> sigma
            | FromData when geometry = CollectionGeometry.Precession -> 0.0
            | FromData -> stated
            | Refined -> if stated > 0.0 then stated else usualMosaicity
        )

    {
        Perpendicular = radians settings.Mosaicity
        Along = radians settings.MosaicityAlong
    }

/// The frames that the settings do not exclude.
let private keptFrames (settings: Settings) (experiment: Experiment) =
    let ids = [ for f in experiment.Frames -> f.Id ]

    match settings.ExcludedFrames |> List.except ids with
    | [] -> ()
    | absent ->
        raise (
            System.ArgumentException
                $"exclude-frames names {FrameIds.toText absent}, which the data set does not have; its frames are {FrameIds.toText ids}"
        )

    let isKept (frame: VirtualFrame) =
        not (List.contains frame.Id settings.ExcludedFrames)

    let kept = experiment.Frames |> Seq.filter isKept |> ImmutableArray.CreateRange

    if kept.IsEmpty && not settings.ExcludedFrames.IsEmpty then
        raise (System.ArgumentException "exclude-frames leaves no frame")

    kept

/// The structure with what the settings refine of it.
let private structureOf (settings: Settings) crystal =
    let riding =
        match settings.Hydrogens with
        | RefinedHydrogens -> []
        | RidingHydrogens -> Riding.find crystal

    StructureModel.createWith riding settings.Occupancies crystal

/// The problem and its state before any refinement. The cell is that of the data.
///
/// Raises `ArgumentException` naming a site whose ADP is not positive definite, a restraint whose atoms or an occupancy whose site the
/// structure lacks, or an excluded frame that the data lack.
let create (settings: Settings) threads (crystal: Crystal) (experiment: Experiment) =
    let optics = ElectronOptics.FromWavelength experiment.Wavelength
    let inDataCell = Crystal(experiment.Cell, crystal.SpaceGroup, crystal.Sites)
    let structure = structureOf settings inDataCell

    let waveNumber =
        PotentialModel.waveNumber optics settings.ScatteringFactors structure

    let geometry = geometryOf settings experiment

    let planner selection =
        Planner(experiment.Cell, crystal.SpaceGroup, selection, waveNumber, settings.Arcs, threads, geometry.Geometry)

    let struct (working, heldOut) =
        keptFrames settings experiment |> HoldOut.split settings

    let used = experiment.WithFrames working

    {
        Settings = settings
        Crew = Crew threads
        Experiment = used
        HeldOut = heldOut
        Optics = optics
        Orientation = CrystalOrientation.FromExperiment experiment
        Structure = structure
        Restraints = Restraints.create structure settings.Restraints
        WaveNumber = waveNumber
        Planner = planner settings.Selection
        PlannerOfAllRows =
            planner (
                SelectionSettings(
                    settings.Selection.BeamGMax,
                    settings.Selection.SgMax,
                    settings.Selection.ScoredGMax,
                    infinity,
                    -infinity
                )
            )
        Geometry = geometry
        ThicknessModel = used |> angles |> ThicknessModel.ofSettings settings
        Workspaces = ConcurrentBag()
    },
    {
        Structure = Array.zeroCreate structure.Count
        Misset = Vector3.Zero
        Corrections = Map.empty
        Drift = Map.empty
        Thickness = Map.empty
        Mosaicity = initialMosaicity settings experiment geometry.Geometry
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

/// How far mosaic blocks about the rocking axis reach, in standard deviations; farther where these are refined.
let private reach (settings: Settings) =
    if settings.MosaicityAlong = Refined then 6.0 else 4.0

/// Steps of the rocking curve of a frame that resolve it up to |g|, Å⁻¹, and a thickness, Å, with the mosaic blocks of a state; where
/// these are refined, as for a perfect crystal, so that one number suits whatever width comes out.
let sufficientTilts (problem: Problem) (state: State) gMax thickness (frame: VirtualFrame) =
    let mosaicity =
        if problem.Settings.Mosaicity = Refined then
            0.0
        else
            state.Mosaicity.Perpendicular

    RockingCurve.SufficientTilts(
        Angle.Radians frame.PrecessionAngle,
        gMax,
        thickness,
        mosaicity,
        problem.Geometry.Geometry
    )

/// The rocking curve of a frame by the settings and the mosaicity of a state; `Sufficient` takes its largest thickness.
let curve (problem: Problem) (state: State) (frame: VirtualFrame) : Rocking.Curve =
    let settings = problem.Settings

    {
        Geometry = problem.Geometry.Geometry
        SemiAngle = Angle.Radians frame.PrecessionAngle
        Count =
            match settings.Tilts with
            | Count n -> n
            | Sufficient ->
                sufficientTilts problem state settings.Selection.ScoredGMax (largestThickness problem state) frame
        Beyond = reach settings * state.Mosaicity.Along
        Mosaicity = state.Mosaicity
    }

/// The orientations that integrate a frame.
let tilts (problem: Problem) (state: State) (frame: VirtualFrame) =
    Rocking.tilts (curve problem state frame)

/// Largest distance of the samples of a distribution of thickness, Å: against 5 Å it changes |F| of quartz by 0.03 %.
let private thicknessSpacing = 100.0

/// Fewest samples of a distribution.
let private fewestSamples = 3.0

let private thicknesses (problem: Problem) (state: State) =
    ThicknessDistribution.samples
        (Settings.thicknessDistribution problem.Settings)
        (min (1.0 / fewestSamples) (thicknessSpacing / largestThickness problem state))
    |> ImmutableArray.CreateRange

/// A state's plan with the forward model and the potential that belong to it.
type Stage =
    {
        Model: ForwardModel.ForwardModel
        Potential: PotentialModel.PotentialModel
    }

/// The frames' matrices at a state: h → g at the middle of the frame, Å⁻¹.
let private frameMatrix (problem: Problem) (state: State) =
    let orientation =
        CrystalOrientation(problem.Orientation.Cell, problem.Orientation.U, state.Misset, problem.Orientation.Strain)

    fun (frame: VirtualFrame) -> orientation.FrameMatrix(frame, correctionOf state frame)

let private planBy
    (planner: Planner)
    (tilts: VirtualFrame -> ImmutableArray<Tilt>)
    thicknesses
    (problem: Problem)
    (state: State)
    frames
    =
    let plan =
        planner.Plan(frames, frameMatrix problem state, correctionOf state, tilts, thicknesses)

    let potential =
        PotentialModel.create problem.Crew problem.Optics problem.Settings problem.Structure plan.Support

    {
        Model =
            ForwardModel.create
                problem.Settings.Precision
                (1e6 * problem.Settings.MemoryCeiling)
                problem.Crew
                problem.Workspaces
                potential.Kind
                plan
        Potential = potential
    }

/// Plans the chosen frames at a state with given rocking curves: beams and scored rows follow its orientations.
let planWith tilts (problem: Problem) (state: State) frames =
    planBy problem.Planner tilts (thicknesses problem state) problem state frames

/// The same with all rows scored, however completely the frames record them.
let planAllRows tilts (problem: Problem) (state: State) frames =
    planBy problem.PlannerOfAllRows tilts (thicknesses problem state) problem state frames

/// Plans the chosen frames at a state with the rocking curves of the settings.
let plan (problem: Problem) (state: State) frames =
    planWith (tilts problem state) problem state frames

/// What the plan of a frame at a state takes with the rocking curves of the settings, without making it.
let planSize (problem: Problem) (state: State) (frame: VirtualFrame) =
    problem.Planner.Size(frameMatrix problem state frame, tilts problem state frame)

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

/// The held-out rows of the planned frames that enter the means and have a thickness, with the rocking curves and the distribution
/// of thickness of the plan; None without any.
let planHeldOut (problem: Problem) (stage: Stage) (state: State) =
    let counting =
        Map
            [
                for i in scoredFrames stage do
                    let plan = stage.Model.Plan.Frames[i]

                    if state.Thickness.ContainsKey plan.Frame.Id then
                        plan.Frame.Id, plan
            ]

    let frames =
        problem.HeldOut
        |> Seq.filter (fun f -> counting.ContainsKey f.Id)
        |> ImmutableArray.CreateRange

    if frames.IsEmpty then
        None
    else
        let thicknesses = counting[frames[0].Id].Thicknesses
        Some(planBy problem.Planner (fun f -> counting[f.Id].Tilts) thicknesses problem state frames)
