module Pendel.Tests.Core.AbsoluteStructureTests

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.AbsoluteStructure
open Pendel.Tests.Core.DataSets
open Xunit

let private row frame h observed calculated =
    {
        FrameId = frame
        Row = ScoredReflection(Observation(MillerIndex(h, 0, 0), observed, 1.0), 0.0, 0.0, 0.0)
        Calculated = calculated
        Weight = 1.0
        IsObserved = true
        IsFree = false
    }

[<Fact>]
let ``z is the sum of signed ranks over its spread, or the excess of better fitted measurements`` () =
    // 100 measurements of I = 10: 80 fitted better as given
    let given = [| for h in 1..100 -> row 1 h 10.0 (if h <= 80 then 10.5 else 13.0) |]

    let inverted = [| for h in 1..100 -> row 1 h 10.0 8.0 |]
    let test = compare given inverted
    Assert.Equal(100, test.MeasurementCount)
    Assert.Equal(80.0, test.BetterAsGiven)
    Assert.Equal(6.0, test.SignZ, 12)
    // ranks: 20 of 10.5 against, 80 of 60.5 for the structure as given
    Assert.Equal(4630.0 / sqrt 295025.0, test.Z, 12)
    Assert.Equal(Given, test.Hand)

    let other = compare inverted given
    Assert.Equal((-test.Z, -test.SignZ), (other.Z, other.SignZ))
    Assert.Equal(Inverted, other.Hand)
    Assert.Equal(test.ProbabilityOfOther, other.Probability, 13)

[<Fact>]
let ``measurements that hardly differ between the hands do not drown those that do`` () =
    // 60 decide for the structure as given; 400 that the hands fit alike are split as chance has it
    let given =
        [|
            for h in 1..60 -> row 1 h 10.0 10.5
            for h in 61..460 -> row 1 h 10.0 (if h % 2 = 0 then 10.10 else 10.11)
        |]

    let inverted =
        [|
            for h in 1..60 -> row 1 h 10.0 13.0
            for h in 61..460 -> row 1 h 10.0 (if h % 2 = 0 then 10.11 else 10.10)
        |]

    let test = compare given inverted
    Assert.Equal(60.0 / sqrt 460.0, test.SignZ, 12)
    Assert.True(test.SignZ < Limit)
    Assert.Equal(Given, test.Hand)

[<Fact>]
let ``p is the normal distribution of z`` () =
    // eight equal differences: z = √8, Φ(−√8) from a table of the normal distribution
    let test =
        compare [| for h in 1..8 -> row 1 h 10.0 10.0 |] [| for h in 1..8 -> row 1 h 10.0 12.0 |]

    Assert.Equal(sqrt 8.0, test.Z, 12)
    Assert.Equal(0.0023389, test.ProbabilityOfOther, 6)

[<Fact>]
let ``few measurements, or hands alike, leave the hand undecided`` () =
    let few hand =
        [| for h in 1..8 -> row 1 h 10.0 (if hand then 10.0 else 12.0) |]

    Assert.Equal(8.0, (compare (few true) (few false)).BetterAsGiven)
    Assert.Equal(Undecided, (compare (few true) (few false)).Hand)

    let alike = compare (few false) (few false)
    Assert.Equal((0.0, 0.5, Undecided), (alike.Z, alike.Probability, alike.Hand))

    let nothing = compare [||] [||]
    Assert.Equal((0, 0.0, 0.5, Undecided), (nothing.MeasurementCount, nothing.Z, nothing.Probability, nothing.Hand))

[<Fact>]
let ``a measurement in several rows counts once, by the rows that both hands score`` () =
    // frame 1: 1 against 2; frame 2: 1 against 5; frame 3 is scored as given only
    let given =
        [| row 1 1 10.0 11.0; row 2 1 10.0 9.0; row 3 1 10.0 90.0; row 4 7 10.0 10.0 |]

    let inverted = [| row 1 1 10.0 12.0; row 2 1 10.0 15.0; row 5 8 10.0 10.0 |]
    let test = compare given inverted
    Assert.Equal((1, 1.0), (test.MeasurementCount, test.BetterAsGiven))

    // another measurement of the same reflection is one of its own
    let again = Array.append given [| row 6 1 11.0 13.0 |]
    let test = compare again (Array.append inverted [| row 6 1 11.0 11.0 |])
    Assert.Equal((2, 1.0), (test.MeasurementCount, test.BetterAsGiven))

let private settings =
    { settings with
        Selection = SelectionSettings(1.1, 0.02, 1.1, 0.9, 0.0)
    }

let private experiment =
    geometry quartz.Cell [ -40.0; -25.0; -10.0; 5.0; 20.0; 35.0 ]

let private data =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 600.0 s))

let private at evaluate settings crystal =
    let problem, initial = Problem.create settings 1 crystal data.Value
    let state = uniform data.Value 600.0 initial
    let stage = Problem.plan problem state problem.Experiment.Frames
    (evaluate problem stage state: Evaluation).Reflections

[<Fact>]
let ``the first row of the scattering matrix is the first column of that of the inverted structure`` () =
    for absorption in [ Absorption.None; Absorption.Proportional; Absorption.ThermalDiffuse ] do
        let settings =
            { settings with
                Absorption = absorption
            }

        let row = at Evaluate.atOppositeHand settings quartz
        let column = at Evaluate.at settings (Enantiomorph.Of quartz)
        let other = at Evaluate.at settings quartz
        Assert.Equal(row.Length, column.Length)

        for a, b in Array.zip row column do
            Assert.Equal(a.Row.Observation, b.Row.Observation)
            Assert.Equal(1.0, a.Calculated / b.Calculated, 9)

        Assert.Contains(Array.zip row other, (fun (a, b) -> abs (a.Calculated / b.Calculated - 1.0) > 0.1))

[<Fact>]
let ``data of one hand name it, whichever hand the structure is given in`` () =
    let quick =
        { settings with
            ThicknessMin = 500.0
            ThicknessMax = 700.0
            Epochs = 2
        }

    let refine crystal =
        Refine.run Monitor.silent quick 2 crystal data.Value

    let right, wrong = refine quartz, refine (Enantiomorph.Of quartz)
    let test = compare right.Final.Reflections wrong.Final.Reflections
    Assert.Equal(Given, test.Hand)
    Assert.Equal(Inverted, (compare wrong.Final.Reflections right.Final.Reflections).Hand)
    Assert.Equal(Given, (instant quick 2 data.Value right).Hand)
