module Pendel.Tests.Core.RidingTests

open System
open Pendel.Crystallography
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Tensors
open Pendel.Tests.Core.DataSets
open Xunit

let private isotropic u : Adp = Adp.Isotropic u

let private general: Adp =
    Adp.Anisotropic(SymmetricTensor(0.02, 0.022, 0.018, 0.001, -0.002, 0.001))

let private cell = UnitCell(5.1, 6.2, 7.3, 84.0, 97.0, 106.0)

/// A point at a Cartesian offset from another, fractional.
let private beside (cell: UnitCell) (from: Vector3) offset =
    from + cell.Orthogonalisation.Inverse * offset

/// A methyl group on C1 with O1, and H4 on the image −x, 2 − y, 1 − z of O1; H5 lies 1.5 Å from everything.
let private molecule =
    let carbon, oxygen = Vector3(0.2, 0.4, 0.3), Vector3(0.35, 0.55, 0.4)
    let image = Vector3(0.0, 2.0, 1.0) - oxygen
    let hydrogen label position u = site label "H" 1 position (isotropic u)

    crystal
        cell
        "P -1"
        [
            hydrogen "H4" (beside cell image (Vector3(0.2, 0.3, -0.85))) 0.045
            site "C1" "C" 6 carbon general
            site "O1" "O" 8 oxygen (isotropic 0.03)
            hydrogen "H1" (beside cell carbon (Vector3(-0.9, 0.2, -0.4))) 0.03
            site "H2" "H" 1 (beside cell carbon (Vector3(0.1, -1.0, 0.3))) general
            hydrogen "H5" (beside cell carbon (Vector3(-1.3, -1.3, 1.3))) 0.05
        ]

let private riding crystal =
    StructureModel.createWith (Riding.find crystal) [] crystal

[<Fact>]
let ``a hydrogen rides on the nearest atom within 1.3 Å, symmetry images included`` () =
    let found =
        Riding.find molecule
        |> List.map (fun r -> molecule.Sites[r.Hydrogen].Label, molecule.Sites[r.Parent].Label)

    Assert.Equal<(string * string) list>([ "H4", "O1"; "H1", "C1"; "H2", "C1" ], found)
    Assert.Equal<string list>([ "H5" ], Riding.orphans molecule)
    Assert.Empty(Riding.find quartz)

[<Fact>]
let ``riding hydrogens have no parameters, the others keep theirs`` () =
    let free, ridden = StructureModel.create molecule, riding molecule
    // C1 3 + 6, O1 3 + 1, H5 3 + 1; of the hydrogens H4 and H1 3 + 1 each, H2 3 + 6
    Assert.Equal(17, ridden.Count)
    Assert.Equal(17 + 4 + 4 + 9, free.Count)
    Assert.Equal(9, ridden.PositionCount)

    Assert.DoesNotContain(ridden.Names, fun (n: string) -> n.StartsWith "H4" || n.StartsWith "H1" || n.StartsWith "H2")

    let at0 = StructureModel.toCrystal ridden (Array.zeroCreate ridden.Count)

    for before, after in Seq.zip molecule.Sites at0.Sites do
        Assert.InRange((before.Position - after.Position).Length, 0.0, 1e-15)
        Assert.Equal(before.Adp.Equivalent cell, after.Adp.Equivalent cell, 1e-15)

[<Fact>]
let ``a riding hydrogen keeps the vector of its bond and the ratio of its U to that of its parent`` () =
    let model = riding molecule
    let random = Random 5
    let q = Array.init model.Count (fun _ -> 4.0 * random.NextDouble() - 2.0)
    let moved = StructureModel.toCrystal model q
    let before i = molecule.Sites[i].Position
    let after i = moved.Sites[i].Position

    // H1 and H2 on C1 as it is, H4 on an inverted O1
    for hydrogen, parent, sign in [ 3, 1, 1.0; 4, 1, 1.0; 0, 2, -1.0 ] do
        let shift = after hydrogen - before hydrogen
        Assert.InRange((shift - sign * (after parent - before parent)).Length, 0.0, 1e-14)
        Assert.True(shift.Length > 0.01)

        let ratio (c: Crystal) =
            c.Sites[hydrogen].Adp.Equivalent cell / c.Sites[parent].Adp.Equivalent cell

        Assert.Equal(ratio molecule, ratio moved, 1e-13)
        Assert.Equal(molecule.Sites[hydrogen].Adp.GetType(), moved.Sites[hydrogen].Adp.GetType())

    Assert.NotEqual(molecule.Sites[1].Adp.Equivalent cell, moved.Sites[1].Adp.Equivalent cell)

[<Fact>]
let ``a riding hydrogen on a symmetry element stays on it`` () =
    let monoclinic = UnitCell(6.0, 7.0, 8.0, 90.0, 100.0, 90.0)
    let oxygen = Vector3(0.2, 0.0, 0.3)

    let onMirror =
        crystal
            monoclinic
            "P 1 m 1"
            [
                site "Si1" "Si" 14 (Vector3(0.6, 0.5, 0.7)) (isotropic 0.01)
                site "O1" "O" 8 oxygen (isotropic 0.02)
                site "H1" "H" 1 (beside monoclinic oxygen (Vector3(0.8, 0.0, 0.5))) (isotropic 0.03)
            ]

    let about =
        crystal
            cell
            "P -1"
            [
                site "O1" "O" 8 (beside cell Vector3.Zero (Vector3(0.7, 0.6, 0.7))) (isotropic 0.02)
                site "H1" "H" 1 Vector3.Zero general
            ]

    for start, index, moves in [ onMirror, 2, true; about, 1, false ] do
        let model = riding start
        let q = Array.init model.Count (fun i -> 0.7 + 0.3 * float i)
        let hydrogen = (StructureModel.toCrystal model q).Sites[index]
        let symmetry = model.Symmetry[index]

        for operation in symmetry.Stabiliser do
            let off = operation.Apply hydrogen.Position - hydrogen.Position
            let lattice = Vector3(round off.X, round off.Y, round off.Z)
            Assert.InRange((off - lattice).Length, 0.0, 1e-14)

        Assert.Equal(moves, (hydrogen.Position - start.Sites[index].Position).Length > 1e-3)

[<Fact>]
let ``the derivative of a structure with riding hydrogens is that of its differences`` () =
    let model = riding molecule

    for name, choose in
        [
            "positions", (fun (u: StructureModel.AsymmetricUnit) -> u.Positions)
            "U_cart", _.Cartesian
        ] do
        PullbackCheck.holds (
            PullbackCheck.case name [ [| model.Count |] ] (fun q -> choose (StructureModel.evaluate model q[0]))
        )

/// Frames in many directions, so that every parameter shows.
let private experiment =
    geometry cell [ -60.0; -40.0; -20.0; 0.0; 20.0; 40.0; 60.0 ]

let private asked =
    { settings with
        Hydrogens = RidingHydrogens
        Epochs = 150
        LearningRate = 0.05
        NetworkLearningRate = 1e-9
    }

[<Fact>]
let ``a displaced molecule comes back with its riding hydrogens`` () =
    let data = noiseFree asked molecule experiment (fun s -> uniform experiment 300.0 s)

    let model = riding molecule
    let random = Random 2

    let start =
        StructureModel.toCrystal
            model
            (Array.init model.Count (fun i ->
                if i < model.PositionCount then
                    random.NextDouble() - 0.5
                else
                    0.0))

    let problem, initial = Problem.create asked 1 start data
    Assert.Equal(17, problem.Structure.Count)
    let state = Joint.follow problem (uniform data 300.0 initial)
    let stage = Problem.plan problem state data.Frames
    let result = Joint.run Monitor.silent problem stage state
    let refined = Evaluate.at problem stage result.States[0]

    Assert.Equal<Set<string>>(set [ "H1"; "H2"; "H4" ], refined.Riding)

    let farthest (c: Crystal) =
        Seq.zip molecule.Sites c.Sites
        |> Seq.map (fun (a, b) -> (cell.Orthogonalisation * (a.Position - b.Position)).Length)
        |> Seq.max

    Assert.InRange(farthest start, 0.03, 0.1)
    Assert.InRange(result.Losses[result.BestEpoch], 0.0, 0.05 * result.Losses[0])
    Assert.InRange(farthest refined.Crystal, 0.0, 0.005)
