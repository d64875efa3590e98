/// Synthetic data: noisy intensities of a known structure in a given geometry (Malik et al. 2025, protocol of §2.2).
///
/// Intensities are scaled so that the largest of the data set is the dynamic range; those below one count are dropped;
/// counts are Poisson distributed, σ = √max(I, 1).
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

    fun (frame: VirtualFrame) ->
        VirtualFrame(frame.Id, frame.Alpha, frame.Beta, frame.Omega, frame.PrecessionAngle, frame.Scale, rows)

let private withFrames (experiment: Experiment) (frames: VirtualFrame seq) =
    Experiment(
        experiment.Cell,
        experiment.Wavelength,
        experiment.OrientationMatrix,
        experiment.Geometry,
        experiment.Mosaicity,
        experiment.RockingCurveWidth,
        frames.ToImmutableArray(),
        RotationAxisPosition = experiment.RotationAxisPosition,
        MergedFrames = experiment.MergedFrames,
        FrameStep = experiment.FrameStep
    )

/// The data set with its rows replaced by simulated, noisy ones.
///
/// - `dynamicRange`: counts of the strongest reflection
/// - `thickness`: α (degrees) → t (Å)
///
/// Raises `ArgumentException` if no reflection passes the selection.
let run
    (settings: Settings)
    threads
    (seed: int)
    dynamicRange
    (thickness: float -> float)
    crystal
    (experiment: Experiment)
    =
    let asked =
        withFrames experiment (experiment.Frames |> Seq.map (candidates settings crystal experiment))

    let problem, initial = Problem.create settings threads crystal asked

    let state =
        { initial with
            Thickness = asked.Frames |> Seq.map (fun f -> f.Id, thickness f.Alpha) |> Map.ofSeq
        }

    let stage = Problem.plan problem state asked.Frames
    let plans = stage.Model.Plan.Frames

    if plans.Length = 0 then
        invalidArg (nameof experiment) "no reflection of any frame passes the selection"

    let states =
        [|
            for plan in plans ->
                {
                    Thickness = state.Thickness[plan.Frame.Id]
                    Rotation = Vector3.Zero
                }
        |]

    let calculated =
        ForwardModel.intensities stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure)) states

    let factor = dynamicRange / (calculated |> Array.collect id |> Array.max)
    let random = Random seed

    let rows i =
        [
            for j in 0 .. plans[i].Scored.Length - 1 do
                let counts = factor * calculated[i][j]

                if counts >= 1.0 then
                    let noisy = float (Poisson.Sample(random, counts))
                    Observation(plans[i].Scored[j].Observation.Hkl, noisy, sqrt (max noisy 1.0))
        ]

    let measured =
        [| for i in 0 .. plans.Length - 1 -> plans[i].Frame.Id, rows i |] |> Map.ofArray

    experiment.Frames
    |> Seq.map (fun f ->
        let rows = measured |> Map.tryFind f.Id |> Option.defaultValue []
        VirtualFrame(f.Id, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, f.Scale, rows.ToImmutableArray()))
    |> withFrames experiment

/// The structure with every site moved within its symmetry: uniform in [−δ, δ] Å along each Cartesian axis, projected on
/// the free shifts of the site; its ADP grows by 1 + |shift|/0.2 Å.
///
/// - `delta`: δ, Å
let displace (seed: int) delta (crystal: Crystal) =
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

        let adp: Adp =
            match site.Adp with
            | :? Adp.Isotropic as iso -> Adp.Isotropic(growth * iso.Uiso)
            | _ ->
                Adp.FromCartesian(
                    SymmetricTensor.FromMatrix(growth * (site.Adp.ToCartesian crystal.Cell).ToMatrix()),
                    crystal.Cell
                )

        AtomSite(site.Label, site.Element, site.Charge, symmetry.Position + shift, adp, site.Occupancy)

    Crystal(crystal.Cell, crystal.SpaceGroup, (crystal.Sites |> Seq.map move).ToImmutableArray())
