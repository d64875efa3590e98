module Pendel.Tests.Core.StructureModelTests

open System
open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Pendel.Tests
open Xunit

let private isotropic u : Adp = Adp.Isotropic u

let private anisotropic (a, b, c, d, e, f) : Adp =
    Adp.Anisotropic(SymmetricTensor(a, b, c, d, e, f))

let private general = anisotropic (0.01, 0.012, 0.008, 0.001, -0.002, 0.001)

let private lithiumNiobate =
    crystal
        (UnitCell(5.148, 5.148, 13.863, 90, 90, 120))
        "R3c"
        [
            site "Li1" "Li" 3 (Vector3(0.0, 0.0, 0.279)) (anisotropic (0.01, 0.01, 0.02, 0.0, 0.0, 0.005))
            site "Nb1" "Nb" 41 (Vector3(0.0, 0.0, 0.0)) (anisotropic (0.004, 0.004, 0.004, 0.0, 0.0, 0.002))
            site "O1" "O" 8 (Vector3(0.0475, 0.3433, 0.0634)) general
        ]

let private strontiumTitanate =
    crystal
        (UnitCell(3.905, 3.905, 3.905, 90, 90, 90))
        "P m -3 m"
        [
            site "Sr1" "Sr" 38 (Vector3(0.0, 0.0, 0.0)) (isotropic 0.008)
            site "Ti1" "Ti" 22 (Vector3(0.5, 0.5, 0.5)) (anisotropic (0.005, 0.005, 0.005, 0.0, 0.0, 0.0))
            site "O1" "O" 8 (Vector3(0.5, 0.5, 0.0)) (anisotropic (0.01, 0.01, 0.006, 0.0, 0.0, 0.0))
        ]

let private triclinic symbol =
    crystal
        (UnitCell(5, 6, 7, 85, 95, 110))
        symbol
        [
            site "C1" "C" 6 (Vector3(0.1, 0.2, 0.3)) general
            site "N1" "N" 7 (Vector3(0.6, 0.7, 0.1)) (isotropic 0.02)
        ]

/// Polar along all of the mirror plane.
let private mirror =
    crystal
        (UnitCell(5, 6, 7, 90, 100, 90))
        "P 1 m 1"
        [
            site "C1" "C" 6 (Vector3(0.1, 0.2, 0.3)) general
            site "N1" "N" 7 (Vector3(0.6, 0.7, 0.1)) general
        ]

let private models =
    lazy
        ([
            quartz
            lithiumNiobate
            strontiumTitanate
            triclinic "P 1"
            triclinic "P -1"
            mirror
         ]
         |> List.map StructureModel.create)

[<Fact>]
let ``parameters are counted and named as symmetry and a fixed origin leave them`` () =
    let counts = [ for m in models.Value -> m.PositionCount, m.Count - m.PositionCount ]

    // SrTiO3: Siso, one of the cubic ADP, two of the tetragonal one; P1 and Pm: the heaviest atom, N, holds the origin
    Assert.Equal<int * int>([ 4, 10; 4, 10; 0, 4; 3, 7; 6, 7; 4, 12 ], counts)

    Assert.Equal<string>(
        [|
            yield! [ "Si1.y"; "O1.x"; "O1.y"; "O1.z" ]
            yield! List.replicate 4 "Si1"
            yield! List.replicate 6 "O1"
        |],
        models.Value.Head.Names
        |> Array.mapi (fun i n -> if i < 4 then n else n.Split('.')[0])
    )

    Assert.Equal<string>([ "Li1.z"; "O1.x"; "O1.y"; "O1.z" ], Array.truncate 4 models.Value[1].Names)
    Assert.Equal<string>([ "C1.x"; "C1.y"; "C1.z"; "N1.y" ], Array.truncate 4 models.Value[5].Names)

    for m in models.Value do
        Assert.Equal(m.Count, (Array.distinct m.Names).Length)

[<Fact>]
let ``no parameters at all are the structure with its special positions snapped`` () =
    let start = StructureModel.toCrystal models.Value.Head (Array.zeroCreate 14)
    Assert.Equal(5.0 / 6.0, start.Sites[0].Position.Z, 15)

    for m in models.Value do
        let q0 = StructureModel.toCrystal m (Array.zeroCreate m.Count)

        for before, after in Seq.zip m.Start.Sites q0.Sites do
            Assert.InRange((before.Position - after.Position).Length, 0.0, 1e-15)
            let u, v = before.Adp.ToCartesian m.Start.Cell, after.Adp.ToCartesian m.Start.Cell
            Assert.InRange((u.ToMatrix() - v.ToMatrix()).FrobeniusNorm, 0.0, 1e-15)
            Assert.Equal(before.Adp.GetType(), after.Adp.GetType())

let private leastEigenvalue (u: SymmetricTensor) =
    let evd =
        Matrix<float>.Build.Dense(3, 3, (fun i j -> u.ToMatrix()[i, j])).Evd(Symmetricity.Symmetric)

    evd.EigenValues |> Seq.map _.Real |> Seq.min

[<Fact>]
let ``an ADP at the floor is read again as a file rounds it, and a smaller one is refused`` () =
    let withU u =
        crystal quartz.Cell "P1" [ site "Si1" "Si" 14 (Vector3(0.1, 0.2, 0.3)) (isotropic u) ]

    let again = StructureModel.create (withU (StructureModel.SmallestU - 4e-6))

    let u =
        (StructureModel.toCrystal again (Array.zeroCreate again.Count)).Sites[0].Adp.ToCartesian quartz.Cell

    Assert.Equal(StructureModel.SmallestU, leastEigenvalue u, 2e-6)

    Assert.Throws<ArgumentException>(fun () -> StructureModel.create (withU (0.5 * StructureModel.SmallestU)) |> ignore)
    |> ignore

/// How far the images of a site under its stabiliser are from it: position and U*.
let private departure (cell: UnitCell) (symmetry: SiteSymmetry) (site: AtomSite) =
    let ustar = site.Adp.ToReciprocal cell

    symmetry.Stabiliser
    |> Seq.map (fun o ->
        let d = o.Apply site.Position - site.Position
        let off = Vector3(d.X - Math.Round d.X, d.Y - Math.Round d.Y, d.Z - Math.Round d.Z)
        max off.Length ((ustar.Transform o.Rotation).ToMatrix() - ustar.ToMatrix()).FrobeniusNorm)
    |> Seq.max

[<Fact>]
let ``symmetry and positive ADPs hold for every parameter`` () =
    let property (seed: int) =
        let random = Random seed

        models.Value
        |> List.forall (fun m ->
            let q = Array.init m.Count (fun _ -> 6.0 * random.NextDouble() - 3.0)
            let moved = StructureModel.toCrystal m q

            Seq.zip m.Symmetry moved.Sites
            |> Seq.forall (fun (symmetry, site) ->
                let u = site.Adp.ToCartesian m.Start.Cell
                let size = u.ToMatrix().Trace

                departure m.Start.Cell symmetry site < 1e-12
                && leastEigenvalue u > StructureModel.SmallestU - 1e-13 - 1e-13 * size))

    Law.holdsFor 30 property

[<Fact>]
let ``a unit of a position parameter is a tenth of an ångström along one direction`` () =
    for m in models.Value do
        for i in 0 .. m.PositionCount - 1 do
            let q = Array.init m.Count (fun j -> if i = j then 1.0 else 0.0)
            let moved = StructureModel.toCrystal m q

            let shifts =
                [
                    for before, after in Seq.zip m.Start.Sites moved.Sites ->
                        (m.Start.Cell.Orthogonalisation * (after.Position - before.Position)).Length
                ]

            Assert.Equal(0.1, List.sum shifts, 12)

[<Fact>]
let ``an ADP that is not positive definite is refused by the atom's name`` () =
    let bad =
        crystal
            quartz.Cell
            "P 1"
            [
                site "O7" "O" 8 (Vector3(0.1, 0.2, 0.3)) (anisotropic (0.01, 0.01, -0.001, 0.0, 0.0, 0.0))
            ]

    let error =
        Assert.Throws<ArgumentException>(fun () -> StructureModel.create bad |> ignore)

    Assert.Contains("O7", error.Message)
