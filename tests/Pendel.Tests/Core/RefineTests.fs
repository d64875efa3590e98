module Pendel.Tests.Core.RefineTests

open System
open System.Threading
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.3, 0.015, 1.3, 0.9, 0.0)
    }

let private experiment =
    geometry quartz.Cell [ -45.0; -30.0; -15.0; 0.0; 15.0; 30.0; 45.0 ]

let private data =
    lazy
        (noiseFree settings quartz experiment (fun s ->
            { s with
                Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, 400.0 + f.Alpha ]
            }))

let private start = Synthesis.displace 3 0.1 quartz

/// Root mean square distance of the sites, Å.
let private distance (a: Crystal) (b: Crystal) =
    Seq.zip a.Sites b.Sites
    |> Seq.averageBy (fun (x, y) -> (a.Cell.Orthogonalisation * (x.Position - y.Position)).Length ** 2.0)
    |> sqrt

let private quick =
    { settings with
        Epochs = 60
        LearningRate = 0.06
        NetworkLearningRate = 1e-3
    }

let private truth =
    StructureModel.toCrystal (StructureModel.create quartz) (Array.zeroCreate 14)

[<Fact>]
let ``a displaced structure returns to the one that made the data`` () =
    let result = Refine.run Monitor.silent quick 2 start data.Value

    let before, after =
        distance truth result.Start.Crystal, distance truth result.Final.Crystal

    Assert.True(after < 0.1 * before, $"{before} Å before, {after} Å after")
    Assert.True(result.Final.Residuals.WRMean < 0.2 * result.Start.Residuals.WRMean)
    Assert.False result.Interrupted

    // the history: the scan, then the loss from before the first step to the last
    Assert.Equal<StageName>(ThicknessScan :: List.replicate 61 JointRefinement, result.History |> Array.map _.Stage)

    Assert.Equal(result.Start.Residuals.WRMean, result.History[0].WRMean)
    Assert.Equal(result.History[1 + result.BestStep].WRMean, result.Final.Residuals.WRMean, 12)

    Assert.Equal<StageName>([ ThicknessScan; JointRefinement; StandardUncertainties ], result.Seconds |> Array.map fst)

let private interruptedAt stage =
    let source = new CancellationTokenSource()

    {
        Report =
            function
            | Ended(s, _, _, _) when s = stage -> source.Cancel()
            | _ -> ()
        Stop = source.Token
    }

[<Fact>]
let ``an interruption after the scan leaves its result, flagged`` () =
    for orientation in [ Fixed; Gradient ] do
        let result =
            Refine.run (interruptedAt ThicknessScan) { quick with Orientation = orientation } 2 start data.Value

        Assert.True result.Interrupted
        Assert.Equal<StageName>([ ThicknessScan ], result.Seconds |> Array.map fst |> Array.truncate 1)
        Assert.Equal(7, result.Final.Frames.Length)

[<Fact>]
let ``an interruption before the first result raises`` () =
    use source = new CancellationTokenSource()
    source.Cancel()

    let monitor = { Report = ignore; Stop = source.Token }

    Assert.Throws<OperationCanceledException>(fun () -> Refine.run monitor quick 1 start data.Value |> ignore)
    |> ignore

[<Fact>]
let ``the same refinement gives the same result with one thread and with two`` () =
    let short =
        { quick with
            Selection = SelectionSettings(1.1, 0.01, 1.1, 0.9, 0.0)
            Epochs = 3
            Orientation = Gradient
        }

    let small = withFrames data.Value (Seq.truncate 3 data.Value.Frames)

    let run threads =
        Refine.run Monitor.silent short threads start small

    let one, two = run 1, run 2
    Assert.Equal<AtomSite>(one.Final.Crystal.Sites, two.Final.Crystal.Sites)
    Assert.Equal<FrameResult>(one.Final.Frames, two.Final.Frames)
    Assert.Equal<HistoryEntry>(one.History, two.History)
    Assert.Equal(one.Misset, two.Misset)
