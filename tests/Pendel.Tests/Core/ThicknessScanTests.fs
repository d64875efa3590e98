module Pendel.Tests.Core.ThicknessScanTests

open System
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Pendel.Tests
open Xunit

[<Fact>]
let ``the path is the cheapest of all`` () =
    let thicknesses = [| 100.0; 300.0; 450.0; 900.0 |]

    let cost (costs: float array array) (places: int array) =
        let own = Array.mapi (fun f place -> costs[f][place]) places |> Array.sum

        own
        + Seq.sumBy (fun (i, j) -> ((thicknesses[i] - thicknesses[j]) / 500.0) ** 2.0) (Seq.pairwise places)

    let rec all frames =
        if frames = 0 then
            [ [] ]
        else
            [
                for rest in all (frames - 1) do
                    for place in 0..3 -> place :: rest
            ]

    let property (seed: int) =
        let random = Random seed
        let frames = 1 + random.Next 4
        let costs = Array.init frames (fun _ -> Array.init 4 (fun _ -> random.NextDouble()))
        let least = all frames |> List.map (Array.ofList >> cost costs) |> List.min
        abs (cost costs (ThicknessScan.path 500.0 thicknesses costs) - least) < 1e-12

    Law.holds property

[<Fact>]
let ``the grid holds both ends in steps of at most 10 Å`` () =
    let grid =
        ThicknessScan.grid
            { settings with
                ThicknessMin = 100.0
                ThicknessMax = 155.0
            }

    Assert.Equal<float>([| for i in 0..6 -> 100.0 + 55.0 * float i / 6.0 |], grid)

[<Fact>]
let ``the scan finds thickness and offset of noise-free frames`` () =
    let experiment = geometry quartz.Cell [ -20.0; -10.0; 0.0; 10.0; 20.0 ]
    let thickness = [ 300.0; 340.0; 380.0; 420.0; 460.0 ]

    let data =
        noiseFree settings quartz experiment (fun s ->
            { s with
                Misset = Pendel.Crystallography.Vector3(0.2 * Math.PI / 180.0, 0.0, 0.0)
                Thickness = Map.ofList (List.zip [ 1..5 ] thickness)
            })

    let problem, initial = Problem.create settings 2 quartz data

    let found =
        ThicknessScan.run Monitor.silent problem [ initial ] [| -0.2; 0.0; 0.2 |]

    Assert.Equal(0.2 * Math.PI / 180.0, found.Misset.X, 12)
    Assert.Equal<float>(thickness, found.Thickness |> Map.values)
    Assert.All(found.Corrections |> Map.values, (fun c -> Assert.Equal(0.0, c.Length)))

[<Fact>]
let ``the scan starts from the orientations that agree best without an offset, and counts its frames`` () =
    let experiment = geometry quartz.Cell [ -20.0; 0.0; 20.0 ]

    let data =
        noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s)

    let problem, initial = Problem.create settings 2 quartz data
    let turn = Pendel.Crystallography.Vector3(0.0, 5e-3, 0.0)

    let turned =
        let corrections = Map.ofList [ for id in 1..3 -> id, turn ]

        { initial with
            Corrections = corrections
            Drift = corrections
        }

    let said = ResizeArray<Progress>()

    let monitor =
        { Monitor.silent with
            Report = said.Add
        }

    for starts in [ [ initial; turned ]; [ turned; initial ] ] do
        said.Clear()
        let found = ThicknessScan.run monitor problem starts [| -0.2; 0.0; 0.2 |]
        Assert.Equal<float>([ 400.0; 400.0; 400.0 ], found.Thickness |> Map.values)
        Assert.All(found.Corrections |> Map.values, (fun c -> Assert.Equal(0.0, c.Length)))
        let steps = [ for step in 1..4 -> Advanced(ThicknessScan, step, None) ]
        let frames = [ for frame in 1..3 -> Calculated(frame, 3) ]

        Assert.Equal<Progress>(Started(ThicknessScan, 4) :: List.collect (fun step -> frames @ [ step ]) steps, said)

[<Fact>]
let ``data without a frame that counts are refused`` () =
    let problem, initial =
        Problem.create settings 1 quartz (geometry quartz.Cell [ 0.0 ])

    Assert.Throws<ArgumentException>(fun () -> ThicknessScan.run Monitor.silent problem [ initial ] [| 0.0 |] |> ignore)
    |> ignore

[<Fact>]
let ``the scan finds the thickness of a wedge, which agrees with no plate`` () =
    let experiment = geometry quartz.Cell [ -10.0; 10.0 ]

    let wedge =
        { settings with
            ThicknessDistribution = Uniform
        }

    let data = noiseFree wedge quartz experiment (fun s -> uniform experiment 450.0 s)

    let scan settings =
        let problem, initial = Problem.create settings 1 quartz data
        let state = uniform data 450.0 initial
        let stage = Problem.plan problem state data.Frames
        ThicknessScan.scan Monitor.silent problem stage state.Structure

    let smallest (scan: ThicknessScan.Scan) id =
        let i = scan.WR[id] |> Array.indexed |> Array.minBy snd |> fst
        scan.Thicknesses[i], scan.WR[id][i]

    let wedges, plates = scan wedge, scan settings

    for id in [ 1; 2 ] do
        let thickness, wR = smallest wedges id
        Assert.InRange(thickness, 440.0, 460.0)
        Assert.InRange(wR, 0.0, 0.02)
        Assert.True(snd (smallest plates id) > 3.0 * wR)
