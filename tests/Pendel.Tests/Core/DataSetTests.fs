module Pendel.Tests.Core.DataSetTests

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.Checkpoint
open Pendel.IO
open Pendel.Report
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.2, 0.012, 1.2, 0.9, 0.0)
        Epochs = 60
        LearningRate = 0.06
        NetworkLearningRate = 1e-3
    }

/// Seven frames of a crystal at 200 kV that thickens with the angle, and of one that lies otherwise, at 120 kV, thinner in the
/// middle.
let private crystals =
    let frames wavelength orientation =
        RotationSeries.create quartz.Cell wavelength (Matrix3.Rotation orientation) 1.0 (RotationSeries.centred 7 12.0)

    [
        frames 0.025079 (Vector3(0.4, -0.3, 0.8)), (fun alpha -> 450.0 + 2.0 * alpha)
        frames 0.033492 (Vector3(-0.9, 0.5, 0.2)), (fun alpha -> 250.0 + 0.05 * alpha * alpha)
    ]

/// Noisy data of both crystals.
let private dataOf dynamicRange seed =
    crystals
    |> List.mapi (fun i (experiment, thickness) ->
        Synthesis.run settings 2 (10 * seed + i) dynamicRange thickness quartz experiment)

let private data = lazy dataOf 1e5 1

let private start = Synthesis.displace 3 0.1 quartz

let private rmsd (outcomes: Outcomes) =
    (StructureComparison.Of(quartz, outcomes.Each[0].Final.Crystal)).Rmsd

let private refine settings =
    Refine.runSeveral Monitor.silent settings 2 start

[<Fact>]
let ``two crystals determine the structure better than each alone`` () =
    for seed in 1..3 do
        let data = dataOf 1e5 seed

        let both, first, second =
            refine settings data, refine settings [ data[0] ], refine settings [ data[1] ]

        let alone = min (rmsd first) (rmsd second)
        Assert.True(rmsd both < 0.8 * alone, $"RMSD {rmsd both} Å together, {alone} Å alone")

[<Fact>]
let ``a data set given twice gives the structure of once`` () =
    let once, twice =
        refine settings [ data.Value[0] ], refine settings [ data.Value[0]; data.Value[0] ]

    let apart =
        StructureComparison.Of(once.Each[0].Final.Crystal, twice.Each[0].Final.Crystal)
    // rounding, and the ε of Adam beside half the gradient of each thickness model
    Assert.InRange(apart.Rmsd, 0.0, 1e-5)
    Assert.InRange(rmsd once, 1e-3, 1.0)
    Assert.Equal(once.Final.WRMean, twice.Final.WRMean, 1e-5)

    // but it counts twice: two sets of measurements and of scales and thicknesses, one structure
    Assert.Equal(2 * once.Final.UniqueMeasurementCount, twice.Final.UniqueMeasurementCount)
    Assert.Equal(14 + 2 * (once.Final.ParameterCount - 14), twice.Final.ParameterCount)

[<Fact>]
let ``all crystals end with one structure and thicknesses of their own, and residuals are over the frames of all`` () =
    // the second scan of the thickness sees the structure of both
    let outcomes = refine { settings with Cycles = 2 } data.Value
    let one, other = outcomes.Each[0].Final, outcomes.Each[1].Final
    Assert.Equal<AtomSite>(one.Crystal.Sites, other.Crystal.Sites)

    for (_, thickness), evaluation in Seq.zip crystals [ one; other ] do
        let off (frame: FrameResult) =
            frame.Thickness / thickness frame.Alpha - 1.0

        let rms = evaluation.Frames |> Array.averageBy (fun f -> off f ** 2.0) |> sqrt
        // the curves are up to a factor of 1.8 apart
        Assert.InRange(rms, 0.0, 0.03)

    let mean = Seq.append one.Frames other.Frames |> Seq.choose _.WR |> Seq.average

    Assert.Equal(mean, outcomes.Final.WRMean, 12)
    Assert.Equal(one.Residuals.RowCount + other.Residuals.RowCount, outcomes.Final.RowCount)
    let history = outcomes.Each[0].History
    Assert.Equal(outcomes.Final.WRMean, history[history.Length - 61 + outcomes.Each[0].BestStep].WRMean, 12)
    Assert.Equal(outcomes.Start.WRMean, history[0].WRMean)

[<Fact>]
let ``residuals over several crystals do not depend on the units of their intensities`` () =
    let quick =
        { settings with
            Orientation = Fixed
            Epochs = 1
            Cycles = 1
        }

    let first, second = data.Value[0], data.Value[1]

    let inOtherUnits (frame: VirtualFrame) =
        frame.WithObservations(
            ImmutableArray.CreateRange
                [
                    for o in frame.Observations -> Observation(o.Hkl, 1e4 * o.Intensity, 1e4 * o.Su)
                ]
        )

    let other =
        second.WithFrames(second.Frames |> Seq.map inOtherUnits |> ImmutableArray.CreateRange)

    let residuals second = (refine quick [ first; second ]).Final

    let a, b = residuals second, residuals other
    let alone = (refine quick [ first ]).Final
    Assert.NotEqual(alone.Pooled.RFObs, b.Pooled.RFObs, 3)

    for choose in [ _.Pooled.RFObs; _.Pooled.RFAll; _.Pooled.WRFAll ] do
        Assert.Equal((choose a: float), choose b, 9)

/// The cell, larger by a share in every direction.
let private expanded share (cell: UnitCell) =
    UnitCell((1.0 + share) * cell.A, (1.0 + share) * cell.B, (1.0 + share) * cell.C, cell.Alpha, cell.Beta, cell.Gamma)

[<Fact>]
let ``the cell is that of the first data set, and directions are those of each one`` () =
    let first, second = data.Value[0], data.Value[1]
    let cell = expanded 0.005 second.Cell
    let u = CrystalOrientation.FromExperiment(second).U

    let larger =
        Experiment(cell, second.Wavelength, u * cell.Reciprocal, second.Geometry, Nullable(), Nullable(), second.Frames)

    let problems, _ = DataSet.create settings 1 start [ first; larger ]

    for problem in problems do
        Assert.Equal(first.Cell, problem.Structure.Start.Cell)
        Assert.Equal(first.Cell, problem.Orientation.Cell)

    Assert.Equal(0.0, (u - problems[1].Orientation.U).FrobeniusNorm, 1e-12)
    Assert.Equal(0.0, problems[0].Orientation.Strain, 1e-12)
    Assert.Equal(0.005, problems[1].Orientation.Strain, 1e-4)

[<Fact>]
let ``the loss over two crystals is the mean over their frames, and its gradient agrees with differences`` () =
    let restrained =
        { settings with
            Restraints =
                [
                    {
                        Kind = Distance 1.6
                        Atoms = "Si1", "O1"
                        Su = 0.02
                    }
                ]
        }

    let dataSets settings =
        let problems, states = DataSet.create settings 1 start data.Value

        Array.map2
            (fun (problem: Problem.Problem) state ->
                let state = Joint.follow problem (uniform problem.Experiment 350.0 state)
                DataSet.at state problem state)
            problems
            states

    let places (sets: DataSet.DataSet array) =
        Array.append sets[0].State.Structure (sets |> Array.collect _.State.ThicknessParameters.Value)

    let free = dataSets settings
    let wR = Evaluate.all free
    Assert.Equal(wR.Residuals.WRMean, float (Joint.lossOver free (dsharp.tensor (places free))), 12)

    let sets = dataSets restrained
    let loss, p = Joint.lossOver sets, places sets
    let gradient = (dsharp.grad loss (dsharp.tensor p)).toArray1D<float>()
    Assert.True(float (loss (dsharp.tensor p)) > wR.Residuals.WRMean)

    // the structure, and the last weight of each thickness model
    let weights = sets[0].State.ThicknessParameters.Value.Length

    for i in [ 0; 5; 13; 13 + weights - 1; p.Length - 2 ] do
        let at shift =
            float (loss (dsharp.tensor (p |> Array.mapi (fun j x -> if j = i then x + shift else x))))

        let difference = (at 1e-4 - at -1e-4) / 2e-4
        Assert.True(abs (difference - gradient[i]) < 1e-6 + 1e-4 * abs difference, $"{i}: {gradient[i]}, {difference}")

[<Fact>]
let ``frames of several data sets cannot be excluded by their ids`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> refine { settings with ExcludedFrames = [ 2 ] } data.Value |> ignore)

    Assert.Contains("exclude-frames", error.Message)

[<Fact>]
let ``a crystal that cannot be refined is named by its number`` () =
    let empty =
        withFrames data.Value[1] (data.Value[1].Frames |> Seq.map (fun f -> withRows f []))

    let message data =
        Assert.Throws<ArgumentException>(fun () -> refine settings data |> ignore).Message

    Assert.StartsWith("crystal 2: ", message [ data.Value[0]; empty ])
    Assert.DoesNotContain("crystal", message [ empty ])

let private short =
    { settings with
        Selection = SelectionSettings(1.1, 0.01, 1.1, 0.9, 0.0)
        Orientation = Gradient
        Cycles = 2
        Epochs = 7
        MosaicityAlong = Refined
        Free = 0.1
    }

let private few =
    lazy (data.Value |> List.map (fun e -> withFrames e (Seq.truncate 3 e.Frames)))

/// All that a refinement says but its times, with all digits.
let private said (outcomes: Outcomes) =
    [
        for o in outcomes.Each do
            StructureWriter.Write(o.Final.Crystal, "refined", [])
            Tables.frames o.Start.Frames
            Tables.frames o.Final.Frames
            Tables.reflections o.Final.Reflections
            Tables.history o.History
            $"%A{o.Final.Residuals}{o.Final.Mosaicity}{o.Misset}{o.BestStep}"
        $"%A{outcomes.Start}%A{outcomes.Final}"
    ]

let private refineFew threads earlier =
    let kept = ResizeArray<Checkpoint>()

    let outcomes =
        Refine.runFrom kept.Add earlier Monitor.silent short threads start few.Value

    outcomes, List.ofSeq kept

let private whole = lazy refineFew 2 None

[<Fact>]
let ``orientations and mosaicities are those of each crystal, and held-out measurements are pooled`` () =
    let outcomes, _ = whole.Value
    let one, other = outcomes.Each[0], outcomes.Each[1]
    Assert.NotEqual(one.Misset, other.Misset)
    Assert.NotEqual(one.Final.Mosaicity, other.Final.Mosaicity)

    let heldOut (r: Residuals) =
        r.Validation.Value.HeldOut.MeasurementCount

    Assert.True(heldOut one.Final.Residuals > 0 && heldOut other.Final.Residuals > 0)
    Assert.Equal(heldOut one.Final.Residuals + heldOut other.Final.Residuals, heldOut outcomes.Final)

[<Fact>]
let ``several crystals give the same bits with one thread and with two`` () =
    let one, _ = refineFew 1 None
    Assert.Equal<string list>(said (fst whole.Value), said one)

[<Fact>]
let ``a refinement of several crystals that goes on from any checkpoint ends in the same bits`` () =
    let outcomes, checkpoints = whole.Value
    Assert.Contains(checkpoints, _.Unfinished.IsSome)

    for checkpoint in checkpoints do
        let text =
            CheckpointJson.write
                "1"
                {
                    Inputs = []
                    Settings = short
                    TotalSeconds = 1.0
                    Checkpoint = checkpoint
                }

        match CheckpointJson.read "1" text with
        | Ok content ->
            let resumed, _ = refineFew 2 (Some content.Checkpoint)
            Assert.Equal<string list>(said outcomes, said resumed)
        | Error reason -> failwith reason

[<Fact>]
let ``progress says whose turn it is, and nothing of it where there is one crystal`` () =
    let turns data =
        let seen = ResizeArray()

        let report =
            function
            | Turned number -> seen.Add number
            | _ -> ()

        Refine.runSeveral { Monitor.silent with Report = report } { settings with Epochs = 0 } 2 start data
        |> ignore

        List.ofSeq seen

    Assert.Equal<int option list>([ Some 1; Some 2; None ], turns data.Value)
    Assert.Empty(turns [ data.Value[0] ])
