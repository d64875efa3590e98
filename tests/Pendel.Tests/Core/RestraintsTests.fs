module Pendel.Tests.Core.RestraintsTests

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Tensors
open Pendel.Tests.Core.DataSets
open Xunit

let private distance atoms target su =
    {
        Kind = Distance target
        Atoms = atoms
        Su = su
    }

let private similar atoms su =
    {
        Kind = SimilarU
        Atoms = atoms
        Su = su
    }

let private at0 (model: StructureModel.StructureModel) =
    StructureModel.evaluate model (dsharp.zeros model.Count)

let private resultsOf crystal restraints =
    let model = StructureModel.create crystal
    Restraints.results (Restraints.create model restraints) (at0 model)

/// C1 and O1 on either side of an inversion centre, 0.4 Å from it and 0.8 Å: through it they are 0.4 Å apart.
let private cubic =
    crystal
        (UnitCell(10.0, 10.0, 10.0, 90.0, 90.0, 90.0))
        "P -1"
        [
            site "C1" "C" 6 (Vector3(0.04, 0.0, 0.0)) (Adp.Isotropic 0.02)
            site "O1" "O" 8 (Vector3(0.92, 0.0, 0.0)) (Adp.Isotropic 0.035)
        ]

[<Fact>]
let ``values are those of the nearest images`` () =
    let results =
        resultsOf
            cubic
            [
                distance ("C1", "C1") 1.0 0.05
                similar ("C1", "O1") 0.01
                distance ("C1", "O1") 0.5 0.02
            ]

    // distances come first
    Assert.Equal<string>(
        [ "distance C1 C1"; "distance C1 O1"; "similar-U C1 O1" ],
        results |> Array.map (fun r -> Restraints.name r.Restraint)
    )

    Assert.Equal(0.8, results[0].Value, 1e-12)
    Assert.Equal(-4.0, results[0].Misfit, 1e-10)
    Assert.Equal(0.4, results[1].Value, 1e-12)
    Assert.Equal(-5.0, results[1].Misfit, 1e-10)
    Assert.Equal(0.015, results[2].Value, 1e-12)
    Assert.Equal(1.5, results[2].Misfit, 1e-10)

[<Fact>]
let ``tensors are compared as the symmetry operation turns them`` () =
    // a fourfold axis turns a tensor long along x into one long along y
    let tensor a b =
        Adp.FromCartesian(SymmetricTensor(a, b, 0.02, 0.0, 0.0, 0.0), UnitCell(8.0, 8.0, 9.0, 90.0, 90.0, 90.0))

    let pair second =
        crystal
            (UnitCell(8.0, 8.0, 9.0, 90.0, 90.0, 90.0))
            "P 4"
            [
                site "C1" "C" 6 (Vector3(0.1, 0.02, 0.3)) (tensor 0.03 0.01)
                site "C2" "C" 6 (Vector3(0.02, -0.2, 0.3)) second
            ]

    // C2 at (0.02, −0.2) has the image (0.2, 0.02) beside C1
    let difference second =
        resultsOf (pair second) [ similar ("C1", "C2") 0.01 ] |> Array.head |> _.Value

    Assert.Equal(0.0, difference (tensor 0.01 0.03), 1e-9)
    Assert.Equal(sqrt (2.0 * 0.02 ** 2.0 / 3.0), difference (tensor 0.03 0.01), 1e-12)

let private restraints =
    [
        distance ("Si1", "O1") 1.6 0.02
        similar ("Si1", "O1") 0.005
        distance ("O1", "O1") 2.6 0.05
    ]

[<Fact>]
let ``χ² is the sum of the squared misfits`` () =
    let model = StructureModel.create quartz
    let terms = Restraints.create model restraints

    let expected =
        Restraints.results terms (at0 model) |> Array.sumBy (fun r -> r.Misfit ** 2.0)

    Assert.True(expected > 1.0)
    Assert.Equal(expected, float (Restraints.chiSquare terms (at0 model)), 1e-9)

[<Fact>]
let ``the derivative of the restraints is that of their differences, also where tensors are equal`` () =
    let check crystal restraints =
        let model = StructureModel.create crystal
        let terms = Restraints.create model restraints

        PullbackCheck.holds
            { PullbackCheck.case "restraints" [ [| model.Count |] ] (fun q ->
                  Restraints.chiSquare terms (StructureModel.evaluate model q[0])) with
                Interval = -0.5, 0.5
                Tolerance = 1e-7
            }

        model, terms

    check quartz restraints |> ignore

    let model, terms = check centrosymmetric [ similar ("Si1", "O1") 0.001 ]

    let slopes =
        dsharp.grad (fun q -> Restraints.chiSquare terms (StructureModel.evaluate model q)) (dsharp.zeros model.Count)

    Assert.All(slopes.toArray1D<float>(), (fun x -> Assert.Equal(0.0, x, 1e-9)))

let private experiment = geometry quartz.Cell [ -25.0; 0.0; 25.0 ]

let private data =
    lazy (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s))

let private start = lazy (Synthesis.displace 2 0.1 quartz)

let private prepared restraints weight =
    let asked =
        { settings with
            Restraints = restraints
            RestraintWeight = weight
            Epochs = 40
        }

    let problem, initial = Problem.create asked 1 start.Value data.Value
    let state = Joint.follow problem (uniform data.Value 400.0 initial)
    problem, Problem.plan problem state data.Value.Frames, state

let private lossOf restraints weight =
    let problem, stage, state = prepared restraints weight
    let p = Array.append state.Structure state.ThicknessParameters.Value
    problem, stage, Joint.loss problem stage, p

[<Fact>]
let ``the loss is wR_mean times the root of one and the weighted mean of the restraints over the measurements`` () =
    let _, stage, plain, p = lossOf [] 1.0
    let wR = float (plain (dsharp.tensor p))

    let measurements =
        stage.Model.Plan.Frames
        |> Seq.collect _.Scored
        |> Seq.map _.Observation
        |> Seq.distinct
        |> Seq.length

    for weight in [ 0.5; 3.0 ] do
        let problem, _, restrained, _ = lossOf restraints weight

        let chiSquare =
            Restraints.results problem.Restraints (at0 problem.Structure)
            |> Array.sumBy (fun r -> r.Misfit ** 2.0)

        Assert.Equal(
            wR * sqrt (1.0 + weight * chiSquare / float measurements),
            float (restrained (dsharp.tensor p)),
            1e-12
        )

[<Fact>]
let ``the derivative of the restrained loss is that of its differences`` () =
    let problem, _, loss, p = lossOf restraints 2.0
    let _, gradient = dsharp.fgrad loss (dsharp.tensor p)
    let slopes = gradient.toArray1D<float>()

    for i in 0 .. problem.Structure.Count - 1 do
        let at h =
            let moved = Array.copy p
            moved[i] <- moved[i] + h
            float (loss (dsharp.tensor moved))

        let h = 2e-3

        let difference =
            (8.0 * (at h - at -h) - (at (2.0 * h) - at (-2.0 * h))) / (12.0 * h)

        Assert.Equal(difference, slopes[i], 1e-7 + 1e-5 * abs difference)

[<Fact>]
let ``a tight restraint holds a bond at its target, and parameters are counted as without`` () =
    let refined weight =
        let problem, stage, state = prepared [ distance ("Si1", "O1") 1.70 0.005 ] weight
        let result = Joint.run Monitor.silent problem stage state
        Evaluate.at problem stage result.States[0]

    let tight, loose = refined 1000.0, refined 1e-6
    Assert.InRange(abs tight.Restraints[0].Misfit, 0.0, 0.5)
    Assert.True(abs loose.Restraints[0].Misfit > 5.0)
    Assert.True(tight.Residuals.WRMean > loose.Residuals.WRMean)
    Assert.Equal(loose.Residuals.ParameterCount, tight.Residuals.ParameterCount)

[<Fact>]
let ``an atom that is not there, the same ADP twice, or atoms at one place, are refused by the restraint's number`` () =
    let refusal restraints =
        Assert
            .Throws<ArgumentException>(fun () -> Restraints.create (StructureModel.create quartz) restraints |> ignore)
            .Message

    Assert.Equal(
        "restraint 2, distance Si1 C9: the structure has no C9",
        refusal [ similar ("Si1", "O1") 0.01; distance ("Si1", "C9") 1.5 0.02 ]
    )

    Assert.Equal(
        "restraint 1, similar-U O1 O1: two different atoms are expected",
        refusal [ similar ("O1", "O1") 0.01 ]
    )

    let disordered =
        crystal
            quartz.Cell
            "P 1"
            [
                for label in [ "O1A"; "O1B" ] -> site label "O" 8 (Vector3(0.1, 0.2, 0.3)) (Adp.Isotropic 0.02)
            ]

    let error =
        Assert.Throws<ArgumentException>(fun () -> resultsOf disordered [ distance ("O1A", "O1B") 0.1 0.02 ] |> ignore)

    Assert.Equal("restraint 1, distance O1A O1B: the two atoms are at one place", error.Message)
