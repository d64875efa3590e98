module Pendel.Tests.Diffraction.ReflectionFilterTests

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tests.SharedData
open Xunit

let private waveNumber = 1.0 / 0.02508

let private glycine =
    lazy (PetsReader.Read(path "oracle/testvectors/glycine_dyn.cif_pets")).Value

/// R_x(α) R_y(β) UB: the file's matrix, strain included, in the ω-free axes.
let private matrixOf (frame: VirtualFrame) =
    Matrix3.RotationX(Angle.Radians frame.Alpha)
    * Matrix3.RotationY(Angle.Radians frame.Beta)
    * glycine.Value.OrientationMatrix

[<SharedFact("oracle/testvectors/pets_glycine.json", "oracle/testvectors/glycine_dyn.cif_pets")>]
let ``excitation errors, RSg and DSg of glycine are those of the oracle`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/testvectors/pets_glycine.json"))

    let mutable compared = 0

    for expected in document.RootElement.GetProperty("frames").EnumerateArray() do
        let id = expected.GetProperty("id").GetInt32()
        let frame = glycine.Value.Frames |> Seq.find (fun f -> f.Id = id)
        let phi = Angle.Radians frame.PrecessionAngle

        for row in expected.GetProperty("reflections").EnumerateArray() do
            let value (name: string) = row.GetProperty(name).GetDouble()

            let hkl =
                match [ for i in row.GetProperty("hkl").EnumerateArray() -> i.GetDouble() ] with
                | [ h; k; l ] -> Vector3(h, k, l)
                | _ -> failwith "hkl"

            let g = matrixOf frame * hkl
            Assert.Equal(value "Sg", ExcitationError.Of(g, waveNumber), 1e-6)
            Assert.Equal(value "RSg", ExcitationError.Relative(g, waveNumber, phi), 1e-4)
            Assert.Equal(value "DSg", ExcitationError.Distance(g, waveNumber, phi), 1e-6)
            compared <- compared + 1

    Assert.True(compared > 0)

[<SharedFact("oracle/testvectors/glycine_dyn.cif_pets")>]
let ``of 2986 rows of glycine 813 pass RSg and DSg, 617 of them above 3σ`` () =
    let settings = SelectionSettings(9.0, 0.01, 9.0, 0.66, 0.0015)

    let results =
        [
            for frame in glycine.Value.Frames -> ReflectionFilter.Apply(frame, matrixOf frame, waveNumber, settings)
        ]

    let rows =
        [|
            for f in glycine.Value.Frames do
                yield! f.Observations
        |]

    Assert.Equal(2986, rows.Length)
    Assert.Equal(58, rows |> Array.filter (fun o -> o.Intensity < 0.0) |> Array.length)

    let kept = results |> List.collect (fun (struct (scored, _)) -> List.ofSeq scored)
    Assert.Equal(813, kept.Length)

    Assert.Equal(
        617,
        kept
        |> List.filter (fun r -> r.Observation.Intensity > 3.0 * r.Observation.Su)
        |> List.length
    )

    let report =
        results |> List.fold (fun sum (struct (_, r)) -> sum + r) (SelectionReport())

    Assert.Equal(0, report.BeyondGMax)
    Assert.Equal(2986 - 813, report.Rsg + report.Dsg)

let private lattice = Matrix3.Diagonal(0.2, 0.2, 0.2)

let private frame (rows: MillerIndex list) =
    VirtualFrame(3, 0, 0, 0, 1, 1, [ for hkl in rows -> Observation(hkl, 1.0, 1.0) ].ToImmutableArray())

[<Fact>]
let ``each row left out is counted under the first rule that says so, and 000 under none`` () =
    let rows =
        [
            MillerIndex(0, 0, 0)
            MillerIndex(0, 3, 0)
            MillerIndex(0, 9, 0)
            MillerIndex(0, 0, 1)
            MillerIndex(1, 0, 0)
            MillerIndex(0, 1, 0)
        ]

    let settings = SelectionSettings(2.0, 0.01, 1.0, 0.9, 0.005)

    let struct (scored, report) =
        ReflectionFilter.Apply(frame rows, lattice, 40.0, settings)

    // 030: d = 0.6 Å⁻¹, S = −g²/2K; 090 too far out; 001 far from the sphere; 100 on the axis, d = 0; 010: d too small for DSg
    Assert.Equal<MillerIndex>([ MillerIndex(0, 3, 0) ], scored |> Seq.map _.Observation.Hkl)
    Assert.Equal(-0.36 / 80.0, scored[0].ExcitationError, 15)
    Assert.Equal(0.0045 / (0.6 * Math.PI / 180.0), scored[0].Rsg, 12)
    Assert.Equal(0.6 * Math.PI / 180.0 - 0.0045, scored[0].Dsg, 15)
    Assert.Equal(SelectionReport(1, 2, 1, 0), report)

[<Fact>]
let ``a precession sweeps a reflection on the axis of the goniometer like any other`` () =
    let settings = SelectionSettings(2.0, 0.01, 1.0, 0.9, 0.005)

    let struct (scored, _) =
        ReflectionFilter.Apply(frame [ MillerIndex(3, 0, 0) ], lattice, 40.0, settings, CollectionGeometry.Precession)

    Assert.Equal(0.0045 / (0.6 * Math.PI / 180.0), (Assert.Single scored).Rsg, 12)

[<Fact>]
let ``without a limit of RSg a precession scores less of its range than a rotation`` () =
    let settings = SelectionSettings(2.0, 0.01, 1.0, Nullable(), 0.005)

    // S = −g²/2K: RSg = g/(2Kφ), 0.43 for 030
    let scored geometry =
        let struct (scored, _) =
            ReflectionFilter.Apply(frame [ MillerIndex(0, 3, 0) ], lattice, 40.0, settings, geometry)

        scored.Length

    Assert.Equal(1, scored CollectionGeometry.Rotation)
    Assert.Equal(0, scored CollectionGeometry.Precession)

[<Fact>]
let ``a reflection that stands twice in a frame is refused by frame and index`` () =
    let twice = frame [ MillerIndex(0, 1, 0); MillerIndex(0, 1, 0) ]
    let settings = SelectionSettings(2.0, 0.01, 2.0, 0.9, 0.0)

    let error =
        Assert.Throws<ArgumentException>(fun () -> ReflectionFilter.Apply(twice, lattice, 40.0, settings) |> ignore)

    Assert.Contains("frame 3", error.Message)
    Assert.Contains("0 1 0", error.Message)
