module Pendel.Tests.Core.OccupanciesTests

open System
open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Tensors
open Xunit

let private alone = RefinedOccupancy.Alone

let private shared first second = RefinedOccupancy.Shared(first, second)

[<Fact>]
let ``occupancies are read as labels and pairs of labels, and written so`` () =
    let read = Occupancies.tryOfText "Na1, Si1 : Al1,O(1)'"
    Assert.Equal(Some [ alone "Na1"; shared "Si1" "Al1"; alone "O(1)'" ], read)
    Assert.Equal("Na1,Si1:Al1,O(1)'", Occupancies.toText read.Value)

[<Theory>]
[<InlineData("")>]
[<InlineData("Na1,")>]
[<InlineData("Si1:")>]
[<InlineData("Si1:Al1:Fe1")>]
[<InlineData("Na1,Na1")>]
[<InlineData("Si1:Si1")>]
[<InlineData("Na1,Si1:Na1")>]
let ``more than two labels at a site, a label twice or none is refused`` (text: string) =
    Assert.Equal(None, Occupancies.tryOfText text)

let private withOccupancy occupancy (s: AtomSite) =
    AtomSite(s.Label, s.Element, s.Charge, s.Position, s.Adp, occupancy)

let private edited (crystal: Crystal) change (added: AtomSite list) =
    Crystal(crystal.Cell, crystal.SpaceGroup, [ yield! Seq.map change crystal.Sites; yield! added ].ToImmutableArray())

/// A structure whose first site is Si and Ge with these occupancies, and whose O has one.
let private mixed (crystal: Crystal) silicon germanium oxygen =
    let first = crystal.Sites[0]

    edited
        crystal
        (fun s -> withOccupancy (if s.Label = "Si1" then silicon else oxygen) s)
        [ site "Ge1" "Ge" 32 first.Position first.Adp |> withOccupancy germanium ]

let private both = [ alone "O1"; shared "Si1" "Ge1" ]

let private occupancies (crystal: Crystal) =
    [ for s in crystal.Sites -> s.Occupancy ]

[<Fact>]
let ``a unit of a parameter is a tenth, taken from the other label of a shared site`` () =
    let start = mixed quartz 0.6 0.4 0.9

    let fixed', model =
        StructureModel.create start, StructureModel.createWith [] both start

    Assert.Equal(fixed'.Count + 2, model.Count)
    Assert.Equal<string>(Array.append fixed'.Names [| "O1.occ"; "Si1.occ" |], model.Names)

    let at o shared =
        Array.append (Array.zeroCreate fixed'.Count) [| o; shared |]
        |> StructureModel.toCrystal model

    Assert.Equal<AtomSite>((StructureModel.toCrystal fixed' (Array.zeroCreate fixed'.Count)).Sites, (at 0.0 0.0).Sites)

    for expected, found in List.zip [ 0.45; 1.2; 0.55 ] (occupancies (at 3.0 -1.5)) do
        Assert.Equal(expected, found, 12)

[<Fact>]
let ``a simulation of a structure takes no part of the settings of refined occupancies`` () =
    let refined =
        { settings with
            Occupancies = [ shared "Si1" "O1" ]
        }

    let experiment = geometry quartz.Cell [ 0.0; 10.0 ]
    let problem, _ = Simulate.problem refined 1 quartz experiment
    Assert.Equal((StructureModel.create quartz).Count, problem.Structure.Count)

[<Fact>]
let ``an occupancy of an atom that is not there or rides, or of two that are apart, is refused by its label`` () =
    let refusal riding refined crystal =
        Assert
            .Throws<ArgumentException>(fun () ->
                StructureModel.createWith (if riding then Riding.find crystal else []) refined crystal
                |> ignore)
            .Message

    Assert.Equal(
        "occupancies names Na9, which the structure does not have; its sites are Si1, O1",
        refusal false [ alone "O1"; shared "Si1" "Na9" ] quartz
    )

    Assert.Equal(
        "occupancies has Si1:O1, which are 1.61 Å apart; two labels that share a site are expected within 0.3 Å",
        refusal false [ shared "Si1" "O1" ] quartz
    )

    let hydroxide =
        let above = quartz.Sites[1].Position + Vector3(0.0, 0.0, 0.95 / quartz.Cell.C)
        edited quartz id [ site "H1" "H" 1 above (Adp.Isotropic 0.03) ]

    Assert.Equal(
        "occupancies names H1, which rides on another atom and keeps its occupancy",
        refusal true [ alone "H1" ] hydroxide
    )

    let model =
        StructureModel.createWith (Riding.find hydroxide) [ alone "O1" ] hydroxide

    let q = Array.init model.Count (fun i -> if i = model.Count - 1 then -4.0 else 0.0)
    Assert.Equal<float list>([ 1.0; 0.6; 1.0 ], occupancies (StructureModel.toCrystal model q))

[<Fact>]
let ``two labels share a site also where one is written as a symmetry image of the other`` () =
    let rotated = Vector3(2.0, 1.0, 1.0) - centrosymmetric.Sites[0].Position

    let crystal =
        edited centrosymmetric id [ site "Ge1" "Ge" 32 rotated (Adp.Isotropic 0.01) ]

    let model = StructureModel.createWith [] [ shared "Si1" "Ge1" ] crystal
    Assert.Equal("Si1.occ", Array.last model.Names)

let private box =
    [
        for h in -2 .. 2 do
            for k in -2 .. 1 do
                for l in -1 .. 2 -> MillerIndex(h, k, l)
    ]

/// The potential of a structure as a function of its parameters, occupancies among them.
let private potentialOf absorption crystal refined =
    let model = StructureModel.createWith [] refined crystal

    let potential =
        PotentialModel.create
            (Crew 2)
            (ElectronOptics.FromVoltage 200e3)
            { Settings.standard with
                Absorption = absorption
            }
            model
            (SupportList(box.ToImmutableArray(), crystal.SpaceGroup))

    model, (fun q -> Potential.evaluate potential (StructureModel.evaluate model q))

let private absorptions =
    [ Absorption.None; Absorption.Proportional; Absorption.ThermalDiffuse ]

[<Fact>]
let ``the pullback of the potential to occupancies agrees with differences, with absorption and without`` () =
    for crystal in [ quartz; centrosymmetric ] do
        for absorption in absorptions do
            let model, potential = potentialOf absorption (mixed crystal 0.6 0.3 0.8) both
            let others = model.Count - 2
            let ends count = Array2D.init model.Count count

            // all parameters together, and the occupancies alone, whose share is small
            let all = ends model.Count (fun i j -> if i = j then 1.0 else 0.0)
            let own = ends 2 (fun i j -> if i = others + j then 1.0 else 0.0)

            for chosen in [ all; own ] do
                let count = Array2D.length2 chosen

                // the second derivative of f' jumps at every tabulated B
                let reach =
                    if absorption = Absorption.ThermalDiffuse && count > 2 then
                        0.01
                    else
                        0.5

                PullbackCheck.holdsAt
                    5
                    { PullbackCheck.case $"potential of occupancies, {absorption}" [ [| count |] ] (fun q ->
                          potential (((dsharp.tensor chosen).matmul(q[0].view [ count; 1 ])).view(-1))) with
                        Interval = -reach, reach
                    }

[<Fact>]
let ``the potential at refined occupancies is that of a structure that has them`` () =
    for absorption in absorptions do
        let model, potential = potentialOf absorption (mixed quartz 0.6 0.4 0.8) both

        let q =
            Array.init model.Count (fun i -> if i < model.Count - 2 then 0.0 else float (i - model.Count))

        let other, expected = potentialOf absorption (mixed quartz 0.5 0.5 0.6) []

        Seq.zip
            ((expected (dsharp.zeros other.Count)).toArray1D<float>())
            ((potential (dsharp.tensor q)).toArray1D<float>())
        |> Seq.iter (fun (a, b) -> Assert.Equal(a, b, 1e-14))

let private quick =
    { settings with
        Selection = SelectionSettings(1.1, 0.015, 1.1, 0.9, 0.0)
        Optimiser = OptimiserChoice.Lbfgs
        Epochs = 60
        NetworkLearningRate = 1e-3
    }

let private experiment = geometry quartz.Cell [ -40.0; -20.0; 0.0; 20.0; 40.0 ]

/// Refines the occupancies of a structure against data that another one made; the result.
let private refined truth start names =
    let data =
        noiseFree quick truth experiment (fun s ->
            { s with
                Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, 400.0 + f.Alpha ]
            })

    Refine.run Monitor.silent { quick with Occupancies = names } 2 start data

[<Fact>]
let ``an occupancy returns from 1 to the 0.7 that made the data`` () =
    let partial =
        edited quartz (fun s -> withOccupancy (if s.Label = "O1" then 0.7 else 1.0) s) []

    let result = refined partial quartz [ alone "O1" ]
    let found = result.Final.Crystal.Sites[1].Occupancy
    Assert.True(abs (found - 0.7) < 0.02, $"{found}, wR {result.Final.Residuals.WRMean}")
    Assert.Equal(1.0, result.Final.Crystal.Sites[0].Occupancy)
    Assert.Equal(1.0, result.Start.Crystal.Sites[1].Occupancy)

    let kept = refined partial quartz []
    Assert.Equal(1.0, kept.Final.Crystal.Sites[1].Occupancy)
    Assert.True(kept.Final.Residuals.WRMean > 3.0 * result.Final.Residuals.WRMean)
    Assert.Equal(kept.Final.Residuals.ParameterCount + 1, result.Final.Residuals.ParameterCount)

[<Fact>]
let ``two labels at one site return to the shares that made the data, and their sum stays`` () =
    let result =
        refined (mixed quartz 0.7 0.3 1.0) (mixed quartz 0.5 0.5 1.0) [ shared "Si1" "Ge1" ]

    match occupancies result.Final.Crystal with
    | [ silicon; oxygen; germanium ] ->
        Assert.True(abs (silicon - 0.7) < 0.02, $"{silicon}, wR {result.Final.Residuals.WRMean}")
        Assert.Equal(1.0, silicon + germanium, 12)
        Assert.Equal(1.0, oxygen)
    | others -> failwith $"{others}"

[<Fact>]
let ``a refined occupancy that no site can have is warned of, one that is held is not`` () =
    let evaluation =
        (Refine.run
            Monitor.silent
            { quick with Epochs = 0 }
            2
            (mixed quartz -0.04 1.04 1.2)
            (noiseFree quick quartz experiment (fun s -> uniform experiment 400.0 s)))
            .Final

    let warnings names =
        (Diagnosis.ofEvaluation { quick with Occupancies = names } evaluation).Warnings
        |> List.filter _.Contains("occupancy")

    Assert.Equal<string list>(
        [
            "the occupancy of Si1 is -0.040; from 0 to 1 is expected"
            "the occupancy of Ge1 is 1.040; from 0 to 1 is expected"
        ],
        warnings [ shared "Si1" "Ge1" ]
    )

    Assert.Empty(warnings [])
