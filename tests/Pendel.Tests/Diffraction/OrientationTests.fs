module Pendel.Tests.Diffraction.OrientationTests

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tests.SharedData
open Xunit

let private near tolerance (expected: Matrix3) (actual: Matrix3) =
    Assert.InRange((expected - actual).FrobeniusNorm, 0.0, tolerance)

let private matrix (value: JsonElement) =
    match
        [
            for row in value.EnumerateArray() -> [ for x in row.EnumerateArray() -> x.GetDouble() ]
        ]
    with
    | [ [ a; b; c ]; [ d; e; f ]; [ g; h; i ] ] -> Matrix3(a, b, c, d, e, f, g, h, i)
    | _ -> failwith "a 3 × 3 matrix is expected"

let private vector (value: JsonElement) =
    match [ for x in value.EnumerateArray() -> x.GetDouble() ] with
    | [ x; y; z ] -> Vector3(x, y, z)
    | _ -> failwith "three components are expected"

[<SharedFact("oracle/testvectors/pets_glycine.json", "oracle/testvectors/glycine_dyn.cif_pets")>]
let ``the goniometer turns UB of glycine as PETS does, and the beam runs along its zone axes`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/testvectors/pets_glycine.json"))

    let experiment =
        (PetsReader.Read(path "oracle/testvectors/glycine_dyn.cif_pets")).Value

    let frames =
        [ for f in document.RootElement.GetProperty("frames").EnumerateArray() -> f ]

    Assert.Equal(4, frames.Length)

    for expected in frames do
        let id = expected.GetProperty("id").GetInt32()
        let frame = experiment.Frames |> Seq.find (fun f -> f.Id = id)
        // an orientation whose U·𝐁 is the file's UB, strain included
        let strained =
            CrystalOrientation(
                experiment.Cell,
                experiment.OrientationMatrix * experiment.Cell.Reciprocal.Inverse,
                Vector3.Zero,
                0.0
            )

        let free = strained.FrameMatrix(frame, Vector3.Zero)

        near
            1e-9
            (Matrix3.RotationZ(Angle.Radians -frame.Omega)
             * matrix (expected.GetProperty "M"))
            free

        let zone = free.Row 2
        let file = vector (expected.GetProperty "uvw_file")
        Assert.InRange(((1.0 / zone.Length) * zone - (1.0 / file.Length) * file).Length, 0.0, 5e-5)

[<SharedFact("data/albite/albite.cif_pets")>]
let ``U of albite is a rotation near to UB without its cell`` () =
    let experiment = (PetsReader.Read(path "data/albite/albite.cif_pets")).Value
    let orientation = CrystalOrientation.FromExperiment experiment
    near 1e-12 Matrix3.Identity (orientation.U * orientation.U.Transpose)
    Assert.Equal(1.0, orientation.U.Determinant, 12)
    let ratio = experiment.OrientationMatrix * experiment.Cell.Reciprocal.Inverse
    near 1e-3 Matrix3.Identity (ratio * ratio.Transpose)
    near (1e-3 * sqrt 3.0) ratio orientation.U
    Assert.InRange(orientation.Strain, 0.0, 1e-3)

[<Fact>]
let ``the frame's correction is applied last and the misset first`` () =
    let cell = UnitCell(4, 5, 6, 80, 90, 110)
    let misset, correction = Vector3(0.02, -0.03, 0.05), Vector3(0.01, 0.04, -0.02)
    let u = Matrix3.Rotation(Vector3(1, 2, 3))
    let frame = VirtualFrame(1, 31, -7, 55, 1, 1, ImmutableArray.Empty)
    let g = Vector3(0.3, -0.2, 0.1)

    let expected =
        u * g
        |> (*) (Matrix3.Rotation misset)
        |> (*) (Matrix3.RotationY(-7.0 * Math.PI / 180.0))
        |> (*) (Matrix3.RotationX(31.0 * Math.PI / 180.0))
        |> (*) (Matrix3.Rotation correction)

    let actual =
        CrystalOrientation(cell, u, misset, 0.0).FrameMatrix(frame, correction)
        * (cell.Reciprocal.Inverse * g)

    Assert.InRange((expected - actual).Length, 0.0, 1e-14)

[<Fact>]
let ``the derivative of a rotation agrees with differences, also at zero and where its series ends`` () =
    let h = 1e-4

    for omega in
        [
            Vector3.Zero
            Vector3(1e-7, -2e-7, 1e-7)
            Vector3(9e-7, 0.0, 0.0)
            Vector3(2e-6, 1e-6, 0.0)
            Vector3(0.01, -0.02, 0.005)
            Vector3(1.0, 0.5, -2.0)
        ] do
        for i in 0..2 do
            let at k =
                Matrix3.Rotation(omega + k * h * Matrix3.Identity.Column i)

            let difference =
                (1.0 / (12.0 * h)) * (8.0 * (at 1.0 - at -1.0) - (at 2.0 - at -2.0))

            near 1e-9 difference (RotationVector.Derivative(omega, i))

[<Fact>]
let ``a rocking curve has equal weights at the midpoints of equal steps about x`` () =
    let phi = 0.02
    let tilts = RockingCurve.Rotation(phi, 4)
    Assert.Equal<float>([ 0.25; 0.25; 0.25; 0.25 ], tilts |> Seq.map _.Weight)

    for tilt, angle in Seq.zip tilts [ -0.75; -0.25; 0.25; 0.75 ] do
        near 1e-15 (Matrix3.RotationX(angle * phi)) tilt.Rotation

    near 1e-15 Matrix3.Identity (RockingCurve.Rotation(phi, 1)[0]).Rotation

    Assert.Throws<ArgumentException>(fun () -> RockingCurve.Rotation(phi, 0) |> ignore)
    |> ignore

    Assert.Throws<ArgumentException>(fun () -> RockingCurve.Rotation(0.0, 4) |> ignore)
    |> ignore

[<Fact>]
let ``mosaic tilts lie at the centroids of the thirds of a normal distribution about y`` () =
    let sigma = 1e-3
    let tilts = RockingCurve.Rotation(0.02, 5)
    let mosaic = RockingCurve.Mosaic(tilts, sigma)
    Assert.Equal(1.0, mosaic |> Seq.sumBy _.Weight, 14)

    // the angle about y of each block, behind the tilt of the rocking curve
    let angle i =
        let turn = tilts[i / 3].Rotation.Transpose * mosaic[i].Rotation
        near 1e-15 (Matrix3.RotationY(asin turn.M13)) turn
        asin turn.M13

    let moment n =
        Seq.sum (seq { for i in 0..14 -> mosaic[i].Weight * angle i ** n })

    Assert.Equal(0.0, moment 1.0, 15)
    // the centroid of the upper third: σ·density(q)/(1/3) with q its 2/3 quantile
    let q = MathNet.Numerics.Distributions.Normal.InvCDF(0.0, 1.0, 2.0 / 3.0)
    let centroid = 3.0 * exp (-q * q / 2.0) / sqrt (2.0 * Math.PI) * sigma

    Assert.Equal(2.0 / 3.0 * centroid ** 2.0 / sigma ** 2.0, moment 2.0 / sigma ** 2.0, 1e-6)
    Assert.Equal<Tilt>(tilts, RockingCurve.Mosaic(tilts, 0.0))

[<Fact>]
let ``sufficient tilts are the least number with 0.8 of the sampling limit, plus one`` () =
    // 1.25 · 2φ g t = 1.25 · 0.03125 · 1.5 · 1024 = 60, exactly
    Assert.Equal(61, RockingCurve.SufficientTilts(0.015625, 1.5, 1024.0))
    Assert.Equal(62, RockingCurve.SufficientTilts(0.015625, 1.5, 1024.1))
    let n = RockingCurve.SufficientTilts(0.0174533, 2.0, 850.0)
    Assert.InRange(0.0349066 / float (n - 1) * 2.0 * 850.0, 0.75, 0.8)
    Assert.Equal(48.0, RockingCurve.Fringes(0.015625, 1.5, 1024.0, CollectionGeometry.Rotation), 12)
    Assert.Equal(48.0 * Math.PI, RockingCurve.Fringes(0.015625, 1.5, 1024.0, CollectionGeometry.Precession), 12)

[<Fact>]
let ``mosaic blocks take half of the tilts where neighbours are at least a fringe apart, else more`` () =
    let tilts geometry blocksApart =
        let sigma = blocksApart / (RockingCurve.UpperCentroid * 1.5 * 1024.0)
        RockingCurve.SufficientTilts(0.015625, 1.5, 1024.0, sigma, geometry)

    let rotation = tilts CollectionGeometry.Rotation
    Assert.Equal(61, rotation 0.0)
    Assert.Equal(41, rotation 0.5)
    Assert.Equal(31, rotation 1.01)
    Assert.Equal(31, rotation 10.0)
    Assert.Equal(tilts CollectionGeometry.Precession 0.0, tilts CollectionGeometry.Precession 1.0)

[<Fact>]
let ``a two-beam rocking curve is integrated exactly below the sampling limit and badly above it`` () =
    // I(S) = sin²(πt√(S² + 1/ξ²))/(1 + S²ξ²), ξ = 800 Å, t = 850 Å, over a range in which it dies away
    let t, xi, half = 850.0, 800.0, 0.05

    let integral (tilts: Tilt seq) =
        tilts
        |> Seq.sumBy (fun tilt ->
            // g = 1 Å⁻¹ along y: a tilt by δ moves it to S = sin δ
            let s = (tilt.Rotation * Vector3(0, 1, 0)).Z

            tilt.Weight * sin (Math.PI * t * sqrt (s * s + 1.0 / xi ** 2.0)) ** 2.0
            / (1.0 + (s * xi) ** 2.0))

    let exact = integral (RockingCurve.Rotation(half, 20000))

    let error count =
        abs (integral (RockingCurve.Rotation(half, count)) / exact - 1.0)

    Assert.InRange(error (RockingCurve.SufficientTilts(half, 1.0, t)), 0.0, 1e-3)
    Assert.InRange(error (int (2.0 * half * t / 2.4)), 0.02, 1.0)

[<Fact>]
let ``a precession tilts the crystal by the semi-angle at equal steps of the azimuth`` () =
    let phi, count = 0.02, 7
    let tilts = RockingCurve.Precession(phi, count)
    Assert.Equal(1.0, tilts |> Seq.sumBy _.Weight, 14)

    for k, tilt in Seq.indexed tilts do
        let azimuth = (float k + 0.5) * 2.0 * Math.PI / float count

        let expected =
            Matrix3.RotationZ azimuth * Matrix3.RotationX phi * Matrix3.RotationZ -azimuth

        near 1e-15 expected tilt.Rotation

    // mosaic blocks widen the cone
    for tilt in RockingCurve.Mosaic(tilts, 1e-3) do
        Assert.Equal(cos (phi + 1e-3 * tilt.Misorientation), tilt.Rotation.M33, 14)

[<Fact>]
let ``the derivative of a mosaic tilt by its width agrees with differences`` () =
    let h, sigma = 1e-4, 2e-3

    for tilts in [ RockingCurve.Rotation(0.02, 3); RockingCurve.Precession(0.02, 5) ] do
        let at s i =
            RockingCurve.Mosaic(tilts, s).ItemRef(i)

        for i in 0 .. 3 * tilts.Length - 1 do
            let above, below = at (sigma + h) i, at (sigma - h) i
            let difference = 1.0 / (2.0 * h) * (above.Rotation.Row 2 - below.Rotation.Row 2)
            Assert.InRange((difference - (at sigma i).MosaicDerivative).Length, 0.0, 1e-8)
