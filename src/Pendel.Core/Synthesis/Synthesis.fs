/// Synthetic data: noisy intensities of a known structure in a given geometry (Malik et al. 2025, protocol of §2.2).
///
/// Expected counts are the calculated intensities times one factor, by which the largest of the data set, 000 left out, is the
/// dynamic range. Rows with fewer expected counts than the noise floor are dropped; counts I are Poisson distributed, a row of
/// 0 counts stays; σ = √max(I, floor). The orientations are those of the experiment with U instead of UB, so that its strain
/// does not enter; PETS' frame scales are 1.
module Pendel.Core.Synthesis

open System
open System.Collections.Immutable
open MathNet.Numerics.Distributions
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem

/// Every reflection within scored g_max, as rows without intensity.
let private candidates (settings: Settings) (crystal: Crystal) (experiment: Experiment) =
    let rows =
        ReciprocalLattice.Within(experiment.Cell, crystal.SpaceGroup, settings.Selection.ScoredGMax)
        |> Seq.filter (fun hkl -> hkl <> MillerIndex.Zero)
        |> Seq.map (fun hkl -> Observation(hkl, 0.0, 1.0))
        |> ImmutableArray.CreateRange

    fun (frame: VirtualFrame) -> frame.WithObservations rows

let private withFrames geometry (experiment: Experiment) (frames: VirtualFrame seq) =
    Experiment(
        experiment.Cell,
        experiment.Wavelength,
        CrystalOrientation.FromExperiment(experiment).U * experiment.Cell.Reciprocal,
        geometry,
        experiment.Mosaicity,
        experiment.RockingCurveWidth,
        frames.ToImmutableArray(),
        RotationAxisPosition = experiment.RotationAxisPosition,
        MergedFrames = experiment.MergedFrames,
        FrameStep = experiment.FrameStep
    )

/// How counts come from intensities.
type Conditions =
    {
        /// Expected counts of the strongest reflection.
        DynamicRange: float
        /// Least expected counts of a row; least variance of a row.
        NoiseFloor: float
        /// Of the noise.
        Seed: int
    }

/// Synthetic data and what they were made from.
type Synthetic =
    {
        /// The noisy data set.
        Data: Experiment
        /// The same rows with their expected counts.
        NoiseFree: Experiment
        /// Thickness by frame id, Å.
        Thickness: Map<int, float>
        /// Counts of an intensity 1, that of the incident beam.
        CountsPerIntensity: float
    }

/// I_c of every reflection that each frame selects.
let private calculate (problem: Problem) (state: State) frames =
    let stage = Problem.plan problem state frames
    let plans = stage.Model.Plan.Frames

    if plans.Length = 0 then
        raise (ArgumentException "no reflection of any frame passes the selection; expected wider limits")

    let states =
        [|
            for plan in plans ->
                {
                    Thickness = state.Thickness[plan.Frame.Id]
                    Rotation = Vector3.Zero
                }
        |]

    let intensities =
        ForwardModel.intensities stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure)) states

    [|
        for plan, values in Seq.zip plans intensities ->
            plan.Frame.Id, Seq.zip (plan.Scored |> Seq.map _.Observation.Hkl) values |> Seq.toArray
    |]

/// The data set with its rows replaced by simulated, noisy ones.
///
/// - `thickness`: α (degrees) → t (Å)
///
/// Raises `ArgumentException` if no reflection passes the selection.
let synthesise
    (settings: Settings)
    threads
    conditions
    (thickness: float -> float)
    crystal
    (experiment: Experiment)
    : Synthetic =
    // that of the experiment as measured: the rows that are asked for here are no evidence
    let geometry =
        settings.Geometry
        |> Option.defaultWith (fun () -> (GeometryEvidence.Of experiment).Geometry)

    let settings =
        { Settings.withAllData settings with
            Geometry = Some geometry
        }

    let asked =
        withFrames geometry experiment (experiment.Frames |> Seq.map (candidates settings crystal experiment))

    let problem, initial = Problem.create settings threads crystal asked

    let state =
        { initial with
            Thickness = asked.Frames |> Seq.map (fun f -> f.Id, thickness f.Alpha) |> Map.ofSeq
        }

    let calculated = calculate problem state asked.Frames

    let factor =
        conditions.DynamicRange
        / (calculated |> Seq.collect snd |> Seq.map snd |> Seq.max)

    let random = Random conditions.Seed

    let observed hkl counts =
        Observation(hkl, counts, sqrt (max counts conditions.NoiseFloor))

    let rows =
        calculated
        |> Array.map (fun (id, reflections) ->
            id,
            [
                for hkl, intensity in reflections do
                    let counts = factor * intensity

                    if counts >= conditions.NoiseFloor then
                        observed hkl counts, observed hkl (float (Poisson.Sample(random, counts)))
            ])
        |> Map.ofArray

    let withRows choose =
        experiment.Frames
        |> Seq.map (fun f ->
            let chosen = rows |> Map.tryFind f.Id |> Option.defaultValue [] |> List.map choose

            VirtualFrame(f.Id, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, 1.0, chosen.ToImmutableArray()))
        |> withFrames geometry experiment

    {
        Data = withRows snd
        NoiseFree = withRows fst
        Thickness = state.Thickness
        CountsPerIntensity = factor
    }

/// What the model says of synthetic data at their truth: its wR_mean is the noise floor of any refinement.
let atTruth (settings: Settings) threads crystal (synthetic: Synthetic) : Evaluation =
    let settings =
        { Settings.withAllData settings with
            Geometry = Some synthetic.Data.Geometry
        }

    let problem, initial = Problem.create settings threads crystal synthetic.Data

    let truth =
        { initial with
            Thickness = synthetic.Thickness
        }

    Evaluate.at problem (Problem.plan problem truth synthetic.Data.Frames) truth

/// The noisy data set alone, with a noise floor of one count.
let run settings threads seed dynamicRange thickness crystal experiment =
    let conditions =
        {
            DynamicRange = dynamicRange
            NoiseFloor = 1.0
            Seed = seed
        }

    (synthesise settings threads conditions thickness crystal experiment).Data

/// What becomes of the displacement parameters of a displaced site.
type DisplacedAdp =
    /// They grow by 1 + |shift|/0.2 Å.
    | Scaled
    /// The same, and U_cart = U_eq · 1; anisotropic sites stay anisotropic, with parameters to refine.
    | Isotropic
    /// They stay.
    | Kept

let private adpOf (crystal: Crystal) adps growth (site: AtomSite) : Adp =
    let factor = if adps = Kept then 1.0 else growth
    let cartesian = (site.Adp.ToCartesian crystal.Cell).ToMatrix()

    match site.Adp with
    | :? Adp.Isotropic as iso -> Adp.Isotropic(factor * iso.Uiso)
    | _ ->
        let start =
            if adps = Isotropic then
                (cartesian.Trace / 3.0) * Matrix3.Identity
            else
                cartesian

        Adp.FromCartesian(SymmetricTensor.FromMatrix(factor * start), crystal.Cell)

/// The structure with every site moved within its symmetry: uniform in [−δ, δ] Å along each Cartesian axis, projected on
/// the free shifts of the site.
///
/// - `delta`: δ, Å
let displaceWith adps (seed: int) delta (crystal: Crystal) =
    let random = Random seed

    let draw () =
        delta * (2.0 * random.NextDouble() - 1.0)

    let move (site: AtomSite) =
        let symmetry = SiteSymmetry.Of(site.Position, crystal.SpaceGroup, crystal.Cell)

        let fractional =
            crystal.Cell.Orthogonalisation.Inverse * Vector3(draw (), draw (), draw ())

        let share = 1.0 / float symmetry.Stabiliser.Length

        let shift =
            symmetry.Stabiliser
            |> Seq.fold (fun sum o -> sum + share * (o.Rotation * fractional)) Vector3.Zero

        let growth = 1.0 + (crystal.Cell.Orthogonalisation * shift).Length / 0.2

        AtomSite(
            site.Label,
            site.Element,
            site.Charge,
            symmetry.Position + shift,
            adpOf crystal adps growth site,
            site.Occupancy
        )

    Crystal(crystal.Cell, crystal.SpaceGroup, (crystal.Sites |> Seq.map move).ToImmutableArray())

/// The same with ADPs that grow by 1 + |shift|/0.2 Å.
let displace seed delta crystal = displaceWith Scaled seed delta crystal
