module Pendel.Tests.Crystallography.SiteSymmetryTests

open System
open System.IO
open System.Text.Json
open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Tests.SharedData
open Xunit

let private cells =
    Map
        [
            "quartz", UnitCell(4.9226, 4.9226, 5.4003, 90, 90, 120)
            "CsPbBr3", UnitCell(8.1189, 8.359, 11.759, 90, 90, 90)
            "SrTiO3", UnitCell(3.905, 3.905, 3.905, 90, 90, 90)
            "Si", UnitCell(5.431, 5.431, 5.431, 90, 90, 90)
            "FeS2", UnitCell(5.417, 5.417, 5.417, 90, 90, 90)
            "urea", UnitCell(5.565, 5.565, 4.684, 90, 90, 90)
            "LiNbO3", UnitCell(5.148, 5.148, 13.863, 90, 90, 120)
        ]

let private spaceGroup (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> group
    | _ -> failwith $"{symbol} is not known"

let private fraction (text: string) =
    match text.Split '/' |> Array.map float with
    | [| n; d |] -> n / d
    | n -> n[0]

let private vectors (value: JsonElement) =
    [
        for row in value.EnumerateArray() -> [ for x in row.EnumerateArray() -> fraction (string (x.GetString())) ]
    ]

let private point (value: JsonElement) =
    match [ for x in value.EnumerateArray() -> x.GetDouble() ] with
    | [ x; y; z ] -> Vector3(x, y, z)
    | _ -> failwith "three coordinates are expected"

let private components (t: SymmetricTensor) = [ for i in 0..5 -> t[i] ]

let private rank rows =
    if List.isEmpty rows then
        0
    else
        (Matrix<float>.Build.DenseOfRows(rows |> List.map Seq.ofList)).Rank()

/// The sites of the oracle: name, group, cell and row.
let private oracle =
    lazy
        [
            use document =
                JsonDocument.Parse(File.ReadAllText(path "oracle/testvectors/site_symmetry.json"))

            for row in document.RootElement.Clone().EnumerateArray() do
                let structure = string (row.GetProperty("structure").GetString())
                let words = structure.Split ' '

                let site =
                    SiteSymmetry.Of(point (row.GetProperty "x"), spaceGroup words[1], cells[words[0]])

                structure, cells[words[0]], site, row
        ]

let private sameSpan (expected: float list list) (actual: float list list) =
    Assert.Equal(expected.Length, actual.Length)
    Assert.Equal(expected.Length, rank actual)
    Assert.Equal(expected.Length, rank (expected @ actual))

[<SharedFact("oracle/testvectors/site_symmetry.json")>]
let ``stabiliser, multiplicity, free shifts and free ADPs of 19 sites agree with the oracle`` () =
    Assert.Equal(19, oracle.Value.Length)

    for _, _, site, row in oracle.Value do
        Assert.Equal(row.GetProperty("order").GetInt32(), site.Stabiliser.Length)
        Assert.Equal(row.GetProperty("multiplicity").GetInt32(), site.Multiplicity)
        Assert.Equal(site.Multiplicity, site.DistinctImages.Length)
        Assert.InRange((site.Position - point (row.GetProperty "x_exact")).Length, 0.0, 1e-6)
        sameSpan (vectors (row.GetProperty "free_xyz_basis")) [ for v in site.PositionBasis -> [ v.X; v.Y; v.Z ] ]

        sameSpan
            (vectors (row.GetProperty "free_Ustar_basis_11_22_33_23_13_12"))
            [ for t in site.AdpBasis -> components t ]

[<SharedFact("oracle/testvectors/site_symmetry.json")>]
let ``a position moved along its free shifts stays on its symmetry elements`` () =
    for _, _, site, _ in oracle.Value do
        let moved =
            (site.Position, site.PositionBasis) ||> Seq.fold (fun x v -> x + 0.0123 * v)

        for operation in site.Stabiliser do
            let d = operation.Apply moved - moved
            let off = Vector3(d.X - Math.Round d.X, d.Y - Math.Round d.Y, d.Z - Math.Round d.Z)
            Assert.InRange(off.Length, 0.0, 1e-12)

[<SharedFact("oracle/testvectors/site_symmetry.json")>]
let ``the square of an allowed Cartesian tensor is an allowed ADP`` () =
    for _, cell, site, _ in oracle.Value do
        let basis = site.CartesianAdpBasis cell
        Assert.Equal(site.AdpBasis.Length, basis.Length)

        for i in 0 .. basis.Length - 1 do
            for j in 0..i do
                let product = (basis[i].ToMatrix() * basis[j].ToMatrix()).Trace
                Assert.Equal((if i = j then 1.0 else 0.0), product, 12)

        let s =
            basis
            |> Seq.mapi (fun i t -> (0.05 + 0.02 * float i) * t.ToMatrix())
            |> Seq.reduce (+)

        let u = SymmetricTensor.FromMatrix(s * s + 0.001 * Matrix3.Identity)
        let ustar = u.Transform cell.Reciprocal.Transpose

        for operation in site.Stabiliser do
            let image = ustar.Transform operation.Rotation
            Assert.InRange((image.ToMatrix() - ustar.ToMatrix()).FrobeniusNorm, 0.0, 1e-15)

[<Fact>]
let ``free parameters are those of the textbook`` () =
    let quartz =
        SiteSymmetry.Of(Vector3(1.0, 0.471256, 0.833333), spaceGroup "P3221", cells["quartz"])

    Assert.Equal<Vector3>([ Vector3(0, 1, 0) ], quartz.PositionBasis)
    Assert.Equal(5.0 / 6.0, quartz.Position.Z, 15)
    // U12 = U11/2 and U13 = 2 U23
    Assert.Equal<SymmetricTensor>(
        [
            SymmetricTensor(1, 0, 0, 0, 0, 0.5)
            SymmetricTensor(0, 1, 0, 0, 0, 0)
            SymmetricTensor(0, 0, 1, 0, 0, 0)
            SymmetricTensor(0, 0, 0, 1, 2, 0)
        ],
        quartz.AdpBasis
    )

    let pyrite =
        SiteSymmetry.Of(Vector3(0.3848, 0.3848, 0.3848), spaceGroup "P a -3", cells["FeS2"])

    Assert.Equal<Vector3>([ Vector3(1, 1, 1) ], pyrite.PositionBasis)

[<Fact>]
let ``a position near a mirror plane is snapped within the tolerance, and doubtful beyond the default`` () =
    let cell = UnitCell(10, 10, 10, 90, 90, 90)
    let group = spaceGroup "P 1 m 1"

    let at (y: float) (tolerance: float) =
        SiteSymmetry.Of(Vector3(0.1, y, 0.3), group, cell, tolerance)

    let near = at 0.0008 0.02
    Assert.Equal(0.0, near.Position.Y, 15)
    Assert.False near.IsDoubtful
    Assert.Equal(0.016, near.LargestDistance, 12)
    Assert.Equal(1, near.Multiplicity)
    Assert.Equal(2, (at 0.003 0.02).Multiplicity)
    Assert.True (at 0.003 0.1).IsDoubtful
    Assert.Throws<ArgumentException>(fun () -> at 0.0 0.11 |> ignore) |> ignore
