// Rocking curves: the intensity of the strongest reflections of a frame at each of its orientations, as a figure.
#load "example.fsx"
#load "../experiments/shared/figure.fsx"

open System.Collections.Immutable
open System.IO
open Pendel.Core
open Pendel.Diffraction
open Pendel.Tensors

let problem, state = Example.problemOf Example.crystal
let frame = Example.data.Frames[2]

/// I_g of every scored reflection at one orientation of the frame.
let at (tilt: Tilt) =
    let alone = ImmutableArray.Create(Tilt(tilt.Rotation, 1.0))

    let stage =
        Problem.planWith (fun _ -> alone) problem state (ImmutableArray.Create frame)

    let potential = Problem.potential problem stage (dsharp.tensor state.Structure)

    let thickness: FrameModel.FrameState =
        {
            Thickness = state.Thickness[frame.Id]
            Rotation = Pendel.Crystallography.Vector3.Zero
        }

    let intensities = ForwardModel.intensities stage.Model potential [| thickness |]

    Seq.zip (stage.Model.Plan.Frames[0].Scored |> Seq.map _.Observation.Hkl) intensities[0]
    |> Map.ofSeq

let tilts = Problem.tilts problem state frame
let curves = tilts |> Seq.map at |> Seq.toArray

let angle i =
    frame.PrecessionAngle * (2.0 * (float i + 0.5) / float curves.Length - 1.0)

let strongest =
    frame.Observations
    |> Seq.sortByDescending _.Intensity
    |> Seq.truncate 4
    |> Seq.map _.Hkl
    |> Seq.toList

let panel: Figure.Panel =
    {
        X = Figure.axis "tilt from the middle of the frame / °"
        Y = Figure.axis "intensity, fraction of the incident beam"
        Series =
            [
                for hkl in strongest ->
                    Figure.series
                        (string hkl)
                        Figure.Solid
                        [
                            for i, curve in Seq.indexed curves ->
                                angle i, curve |> Map.tryFind hkl |> Option.defaultValue 0.0
                        ]
            ]
    }

let folder =
    Directory.CreateDirectory(__SOURCE_DIRECTORY__ + "/../../out/inspect").FullName

let path = Path.Combine(folder, "rocking-curve.svg")
File.WriteAllText(path, Figure.draw $"Rocking curves of frame {frame.Id}" [ panel ])

for hkl in strongest do
    let values =
        curves |> Array.map (fun c -> c |> Map.tryFind hkl |> Option.defaultValue 0.0)

    printfn $"%-10O{hkl} integrated %.6f{Array.average values}, largest %.6f{Array.max values}"

printfn "wrote out/inspect/rocking-curve.svg"
