module Pendel.Oracles.Diffraction.DiffBlochSelectionTests

open Xunit
open Pendel.Diffraction
open Pendel.IO
open Pendel.Oracles.DiffBloch
open Pendel.Oracles.DiffBlochArcs
open Pendel.Tests.SharedData

/// Frames are numbered from 0 there, from 1 here. That program scores what its union of beams holds.
let private compare (case: Case) (experiment: Experiment) =
    let config = case.Root?config

    let settings =
        SelectionSettings(
            config?g_max.GetDouble(),
            config?sg_max.GetDouble(),
            config?g_max.GetDouble(),
            config?rsg.GetDouble(),
            config?dsg.GetDouble()
        )

    for rotation in rotations case do
        let id = rotation.Data?rotation_index.GetInt32() + 1
        let frame = experiment.Frames |> Seq.find (fun f -> f.Id = id)

        let struct (scored, _) =
            ReflectionFilter.Apply(frame, rotation.Matrix, case.WaveNumber, settings)

        let beams = indices rotation.Data?union_beam_hkl |> Set.ofArray

        let scored =
            scored |> Seq.filter (fun r -> beams.Contains r.Observation.Hkl) |> Seq.toArray

        let own = scored |> Array.map (fun r -> r.Observation.Hkl)
        Assert.Equal<_ array>(Array.sort rotation.Scored, Array.sort own)
        let place = rotation.Scored |> Array.map (fun h -> System.Array.IndexOf(own, h))

        let listed: string -> float array =
            fun name -> numbers (rotation.Data?scored.GetProperty name)

        Assert.Equal<float array>(listed "I_obs", place |> Array.map (fun i -> scored[i].Observation.Intensity))
        Assert.Equal<float array>(listed "sigma", place |> Array.map (fun i -> scored[i].Observation.Su))

        let error =
            distance (listed "Sg_centre") (place |> Array.map (fun i -> scored[i].ExcitationError))

        Assert.True(error < 1e-13, $"frame {id}: S_g differs by {error} Å⁻¹")

[<SharedFact("oracle/diffbloch", "data/quartz/quartz.cif", "data/quartz/quartz.cif_pets")>]
let ``quartz scores the rows of diffBloch in its orientation`` () =
    compare (quartz "quartz.json") (PetsReader.Read(path "data/quartz/quartz.cif_pets")).Value

[<SharedFact("oracle/diffbloch", "data/cspbbr3/cspbbr3.cif", "data/cspbbr3/cspbbr3.cif_pets")>]
let ``CsPbBr3 scores the rows of diffBloch in its orientation`` () =
    compare (cspbbr3 "cspbbr3.json") (PetsReader.Read(path "data/cspbbr3/cspbbr3.cif_pets")).Value
