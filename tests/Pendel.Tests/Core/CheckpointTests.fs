module Pendel.Tests.Core.CheckpointTests

open System
open System.Threading
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.Checkpoint
open Pendel.IO
open Pendel.Report
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.1, 0.01, 1.1, 0.9, 0.0)
        Orientation = Gradient
        Cycles = 2
        Epochs = 7
        LearningRate = 0.06
        NetworkLearningRate = 1e-3
        MosaicityAlong = Refined
        Free = 0.1
    }

let private experiment = geometry quartz.Cell [ -30.0; 0.0; 30.0 ]

let private data =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s))

let private start = Synthesis.displace 3 0.1 quartz

/// A refinement with its checkpoints.
let private refine monitor settings earlier =
    let kept = ResizeArray<Checkpoint>()

    let outcomes =
        Refine.runFrom kept.Add earlier monitor settings 2 start [ data.Value ]

    Array.exactlyOne outcomes.Each, List.ofSeq kept

let private write settings checkpoint =
    let content: CheckpointJson.Content =
        {
            Inputs = []
            Settings = settings
            TotalSeconds = 1.5
            Checkpoint = checkpoint
        }

    CheckpointJson.write "1" content

/// The checkpoint as it comes back from its file.
let private read settings checkpoint =
    match CheckpointJson.read "1" (write settings checkpoint) with
    | Ok found -> found
    | Error reason -> failwith reason

/// Equal by their files, in which a number that is none equals itself.
let private assertSame settings (expected: Checkpoint) (found: Checkpoint) =
    Assert.Equal(write settings expected, write settings found)

/// All that a refinement says but its times, with all digits.
let private said (outcome: Outcome) =
    let evaluation (e: Evaluation) =
        [
            StructureWriter.Write(e.Crystal, "refined", [])
            Tables.frames e.Frames
            Tables.reflections e.Reflections
            $"%A{e.Residuals}{e.Mosaicity}"
        ]

    evaluation outcome.Start
    @ evaluation outcome.Final
    @ [
        Tables.history outcome.History
        $"{outcome.Misset}{outcome.BestStep}{outcome.Interrupted}"
        $"%A{Array.map fst outcome.Seconds}"
    ]

let private whole = lazy refine Monitor.silent settings None

let private fixedOrientations =
    { settings with
        Orientation = Fixed
        MosaicityAlong = Degrees 0.0
        Free = 0.0
    }

let private bothWays =
    lazy
        [
            settings, whole.Value
            fixedOrientations, refine Monitor.silent fixedOrientations None
        ]

[<Fact>]
let ``there is a checkpoint after each step and within each longer joint refinement`` () =
    for settings, (_, checkpoints) in bothWays.Value do
        let steps = Checkpoint.steps settings

        Assert.Equal<int list>([ 1 .. steps.Length ], checkpoints |> List.filter _.Unfinished.IsNone |> List.map _.Done)

        let within = checkpoints |> List.filter _.Unfinished.IsSome
        Assert.Contains(within, (fun c -> c.Done = steps.Length - 1))

        for c in within do
            Assert.Equal(JointRefinement, steps[c.Done].Stage)

[<Fact>]
let ``a refinement that goes on from any checkpoint ends in the same bits`` () =
    for settings, (outcome, checkpoints) in bothWays.Value do
        for checkpoint in checkpoints do
            let resumed, later =
                refine Monitor.silent settings (Some (read settings checkpoint).Checkpoint)

            Assert.Equal<string list>(said outcome, said resumed)
            let last (c: Checkpoint list) = { List.last c with Seconds = [] }

            if not later.IsEmpty then
                assertSame settings (last checkpoints) (last later)

[<Fact>]
let ``what is left to say after the last step is said of the rows of the last joint refinement`` () =
    let outcome, checkpoints = whole.Value
    let last = List.last checkpoints

    let turned =
        { last with
            Planned =
                last.Planned
                |> Option.map (
                    Array.map (fun planned ->
                        { planned with
                            Misset = planned.Misset + Vector3(0.01, 0.0, 0.0)
                        })
                )
        }

    let rows (o: Outcome) =
        o.Final.Reflections |> Array.map (fun r -> r.FrameId, r.Row.Observation.Hkl)

    let other, _ = refine Monitor.silent settings (Some turned)
    Assert.NotEqual<int * MillerIndex>(rows outcome, rows other)

[<Fact>]
let ``a joint refinement that is interrupted goes on from the epoch at which it was`` () =
    let outcome, _ = whole.Value
    use source = new CancellationTokenSource()
    let mutable joints = 0

    let monitor =
        {
            Report =
                function
                | Started(JointRefinement, _) -> joints <- joints + 1
                | Advanced(JointRefinement, 2, _) when joints = 2 -> source.Cancel()
                | _ -> ()
            Stop = source.Token
        }

    let interrupted, checkpoints = refine monitor settings None
    Assert.True interrupted.Interrupted
    let last = List.last checkpoints
    Assert.Equal(3, last.Unfinished.Value.Optimiser.SoFar.Losses.Length)

    Assert.Equal("after epoch 2 of 7 of the joint refinement, cycle 2", CheckpointJson.place (read settings last))

    let resumed, _ = refine Monitor.silent settings (Some last)
    Assert.Equal<string list>(said outcome, said resumed)

    let seconds (o: Outcome) =
        o.Seconds |> Array.findBack (fun (stage, _) -> stage = JointRefinement) |> snd

    Assert.True(seconds resumed > last.Unfinished.Value.Seconds)

[<Fact>]
let ``an interruption of L-BFGS goes on from the end of the stage before`` () =
    let lbfgs =
        { fixedOrientations with
            Optimiser = OptimiserChoice.Lbfgs
        }

    let outcome, checkpoints = refine Monitor.silent lbfgs None
    Assert.DoesNotContain(checkpoints, _.Unfinished.IsSome)

    for checkpoint in checkpoints do
        let resumed, _ = refine Monitor.silent lbfgs (Some checkpoint)
        Assert.Equal<string list>(said outcome, said resumed)

[<Fact>]
let ``a checkpoint comes back from its file as it was, whatever its numbers`` () =
    let _, checkpoints = whole.Value
    let odd = [| -0.0; nan; infinity; -infinity; Double.Epsilon; 0.1; 1.0 / 3.0 |]

    for checkpoint in checkpoints do
        assertSame settings checkpoint (read settings checkpoint).Checkpoint

        let strange =
            { checkpoint with
                States = checkpoint.States |> Array.map (fun state -> { state with Structure = odd })
            }

        let bits = Array.map BitConverter.DoubleToInt64Bits
        Assert.Equal<int64>(bits odd, bits (read settings strange).Checkpoint.States[0].Structure)

    Assert.Equal(settings, (read settings checkpoints.Head).Settings)

[<Fact>]
let ``a checkpoint of another refinement is refused`` () =
    let _, checkpoints = whole.Value
    let last = List.last checkpoints
    let within = checkpoints |> List.findBack _.Unfinished.IsSome
    let standing = within.Unfinished.Value

    for wrong in
        [
            { last with Done = 0 }
            { last with Done = last.Done + 1 }
            { last with
                Unfinished = within.Unfinished
            }
            { last with
                States = last.States |> Array.map (fun state -> { state with Structure = [| 0.0 |] })
            }
            { last with
                States = Array.append last.States last.States
            }
            { within with
                Unfinished =
                    Some
                        { standing with
                            Optimiser =
                                { standing.Optimiser with
                                    Parameters = [| 0.0 |]
                                }
                        }
            }
        ] do
        Assert.Throws<ArgumentException>(fun () -> refine Monitor.silent settings (Some wrong) |> ignore)
        |> ignore
