module Pendel.Oracles.Core.PrecisionTests

open Xunit
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tensors
open Pendel.Tests.SharedData

/// Intensities of the scored reflections of chosen frames in each arithmetic.
let private intensities settings name ids thickness =
    let crystal = (StructureReader.Read(path $"data/{name}/{name}.cif")).Value
    let experiment = (PetsReader.Read(path $"data/{name}/{name}.cif_pets")).Value
    let problem, initial = Problem.create settings 2 crystal experiment
    let frames = experiment.Frames.RemoveAll(fun f -> not (List.contains f.Id ids))

    let state =
        { initial with
            Thickness = Map [ for id in ids -> id, thickness ]
        }

    let stage = Problem.plan problem state frames
    let u = Problem.potential problem stage (dsharp.tensor state.Structure)

    let one =
        {
            Thickness = thickness
            Rotation = Vector3.Zero
        }

    fun precision ->
        ForwardModel.intensities
            { stage.Model with
                Precision = precision
            }
            u
            [| for _ in ids -> one |]

let private elastic =
    { Settings.standard with
        Mosaicity = Degrees 0.0
    }

let private cspbbr3 =
    { elastic with
        Selection = SelectionSettings(2.3, 0.02, 2.3, 0.66, 0.0015)
        Tilts = Count 60
    }

/// Largest error of a frame over its largest intensity, and over each intensity itself.
let private errors (expected: float array) (found: float array) =
    let differences = Array.map2 (fun a b -> abs (a - b)) expected found
    Array.max differences / Array.max expected, Array.map2 (/) differences expected |> Array.max

[<SharedFact("data/quartz/quartz.cif",
             "data/quartz/quartz.cif_pets",
             "data/cspbbr3/cspbbr3.cif",
             "data/cspbbr3/cspbbr3.cif_pets")>]
let ``automatic precision is right to 1e-4 of the largest intensity and 1e-3 of each scored one, and single where it can be``
    ()
    =
    for settings, name, ids, thickness in
        [
            cspbbr3, "cspbbr3", [ 11 ], 460.0
            { elastic with Tilts = Count 42 }, "quartz", [ 14; 28; 50; 65; 86 ], 850.0
        ] do
        let intensities = intensities settings name ids thickness

        let automatic, single, exact =
            intensities Automatic, intensities Single, intensities Double

        for i in 0 .. ids.Length - 1 do
            let ofLargest, ofEach = errors exact[i] automatic[i]
            Assert.True(ofLargest < 1e-4 && ofEach < 1e-3, $"{name} {ids[i]}: {ofLargest}, {ofEach}")

        if name = "cspbbr3" then
            Assert.Equal<float>(single[0], automatic[0])
