/// How coarse tilts and small beam sets change the intensities of real frames (SPEC §1.9).
module Pendel.Oracles.Diffraction.SamplingTests

open System.Collections.Immutable
open Xunit
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Tests.SharedData

let private thickness = 850.0
let private scoredGMax = 1.6
let private frames = [ 5; 14; 23; 32; 41; 50; 59; 68; 77; 86; 95 ]

let private problem settings =
    let crystal = (StructureReader.Read(path "data/quartz/quartz.cif")).Value
    let experiment = (PetsReader.Read(path "data/quartz/quartz.cif_pets")).Value
    Problem.create settings 2 crystal experiment

let private settings =
    { Settings.standard with
        Mosaicity = Degrees 0.0
        Precision = Double
    }

let private stage settings =
    let problem, state = problem settings

    let chosen =
        problem.Experiment.Frames
        |> Seq.filter (fun f -> List.contains f.Id frames)
        |> ImmutableArray.CreateRange

    let stage = Problem.plan problem state chosen
    stage, Problem.potential problem stage (dsharp.tensor state.Structure)

/// A frame's plan with n tilts on one list of beams, so that nothing but the sampling changes.
let private resampled (plan: FramePlan) waveNumber n =
    let tilts = RockingCurve.Rotation(plan.SemiAngle, n)
    let arc = plan.Arcs[0]

    let weight =
        seq {
            for tilt in tilts do
                for g in arc.G -> 1.0 / (1.0 - (tilt.Rotation.Row 2).Dot g / waveNumber)
        }

    let arc =
        Arc(0, n, arc.Beams, arc.G, weight.ToImmutableArray(), arc.Differences, arc.Scored)

    FramePlan(
        plan.Frame,
        plan.Correction,
        plan.SemiAngle,
        plan.Matrix,
        tilts,
        ImmutableArray.Create arc,
        plan.Scored,
        plan.Support
    )

/// R = Σ|F − F′|/ΣF′ of all frames, F on the scale of F′.
let private r (found: float array array) (expected: float array array) =
    let amplitudes (a: float array array) = a |> Array.map (Array.map sqrt)

    let differences, sums =
        Array.map2
            (fun (f: float array) (e: float array) ->
                let c = Array.sum e / Array.sum f
                Array.fold2 (fun s f e -> s + abs (c * f - e)) 0.0 f e, Array.sum e)
            (amplitudes found)
            (amplitudes expected)
        |> Array.unzip

    Array.sum differences / Array.sum sums

[<SharedFact("data/quartz/quartz.cif", "data/quartz/quartz.cif_pets")>]
let ``under-sampled rocking curves of quartz err as stated`` () =
    // four tilts make one arc; sg_max spans what lies between them
    let wide =
        { settings with
            Tilts = Count 4
            Selection = SelectionSettings(2.0, 0.02, scoredGMax, 0.9, 0.0015)
        }

    let stage, potential = stage wide
    let plan = stage.Model.Plan
    let table = ForwardModel.tableOf stage.Model potential

    let at n =
        plan.Frames
        |> Seq.map (fun f ->
            FrameModel.intensities
                (Workspace())
                plan.WaveNumber
                PrecisionChoice.Double
                table
                (resampled f plan.WaveNumber n)
                [| thickness |]
                Vector3.Zero)
        |> Seq.toArray

    let converged = at 300
    // ΔS of the sharpest reflection that is scored
    let tilts product =
        int (round (2.0 * plan.Frames[0].SemiAngle * scoredGMax * thickness / product))

    // stated as 12, 0.4, 0.1 and 0.03 %: the ranges that round to these digits
    for product, low, high in
        [
            2.4, 0.115, 0.125
            1.2, 0.0035, 0.0045
            0.9, 0.0005, 0.0015
            0.8, 0.00025, 0.00035
        ] do
        let found = r (at (tilts product)) converged
        Assert.InRange(found, low / 2.0, 2.0 * high)

let private atSgMax sgMax =
    let stage, potential =
        stage
            { settings with
                Tilts = Count 80
                Selection = SelectionSettings(2.0, sgMax, scoredGMax, 0.9, 0.0015)
            }

    let plan = stage.Model.Plan

    let states =
        plan.Frames
        |> Seq.map (fun _ ->
            {
                Thickness = thickness
                Rotation = Vector3.Zero
            })
        |> Seq.toArray

    Array.zip
        (plan.Frames
         |> Seq.map (fun f -> f.Scored |> Seq.map (fun s -> s.Observation.Hkl) |> Seq.toArray)
         |> Seq.toArray)
        (ForwardModel.intensities stage.Model potential states)
    |> Array.map (fun (hkl, i) -> Array.zip hkl i |> Map)

[<SharedFact("data/quartz/quartz.cif", "data/quartz/quartz.cif_pets")>]
let ``beam sets of quartz err as stated`` () =
    let reference = atSgMax 0.04

    for sgMax, low, high in
        [
            0.005, 0.015, 0.015
            0.01, 0.011, 0.014
            0.02, 0.007, 0.012
            0.03, 0.008, 0.008
        ] do
        let found = atSgMax sgMax

        let of' (a: Map<MillerIndex, float> array) =
            Array.map2 (fun (i: Map<_, float>) (f: Map<_, float>) -> [| for h in f.Keys -> i[h] |]) a found

        let r = r (of' found) (of' reference)
        Assert.InRange(r, low / 2.0, 2.0 * high)
