module Pendel.Tests.IO.PetsReaderTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tests
open Pendel.Tests.SharedData
open Xunit

/// A data set of two frames, one without reflections, in the layout of PETS2.
let private small =
    """data_pets
_cell_length_a        5.0000(3)
_cell_length_b        5.0000
_cell_length_c       10.0000
_cell_angle_alpha    90.00000
_cell_angle_beta     90.00000
_cell_angle_gamma    90.00000
_diffrn_radiation_wavelength 0.02510
_diffrn_orient_matrix_UB_11  0.20000
_diffrn_orient_matrix_UB_12  0.00000
_diffrn_orient_matrix_UB_13  0.00000
_diffrn_orient_matrix_UB_21  0.00000
_diffrn_orient_matrix_UB_22  0.20000
_diffrn_orient_matrix_UB_23  0.00000
_diffrn_orient_matrix_UB_31  0.00000
_diffrn_orient_matrix_UB_32  0.00000
_diffrn_orient_matrix_UB_33  0.10000
_diffrn_measurement_details
;
data collection geometry: continuous rotation
dstarmax:  1.400
RC width:  0.00150
mosaicity:  0.200
rotation axis position:   22.367
Virtual frame settings: number of merged frames:  6
                        step between frames:      4
;

loop_
_diffrn_zone_axis_id
_diffrn_zone_axis_u
_diffrn_zone_axis_v
_diffrn_zone_axis_w
_diffrn_zone_axis_precession_angle
_diffrn_zone_axis_alpha
_diffrn_zone_axis_beta
_diffrn_zone_axis_omega
_diffrn_zone_axis_scale
   1 0.00000 0.00000 1.00000     1.500   -10.000    -0.130     0.287     0.748
   2 0.00000 0.10000 1.00000     1.500    -6.000    -0.210     0.164     0.788

loop_
_refln_index_h
_refln_index_k
_refln_index_l
_refln_intensity_meas
_refln_intensity_sigma
_refln_zone_axis_id
   1   0  -2      146.10       14.69     1
  -1   0  12      -28.50       16.17     1
"""

let private parse text = PetsReader.Parse(text, "x.cif_pets")

let private replace (old: string) (replacement: string) =
    Assert.Contains(old, small)
    small.Replace(old, replacement)

let private refusal text =
    Assert.Throws<DataException>(fun () -> parse text |> ignore).Message

let private rows (experiment: Experiment) =
    experiment.Frames |> Seq.sumBy _.Observations.Length

[<Fact>]
let ``a data set is read as it stands, and what it lacks is null`` () =
    let read = parse small
    let e = read.Value
    Assert.Empty read.Warnings
    Assert.Equal(5.0, e.Cell.A)
    Assert.Equal(0.0251, e.Wavelength)
    Assert.Equal(Matrix3.Diagonal(0.2, 0.2, 0.1), e.OrientationMatrix)
    Assert.Equal(CollectionGeometry.Rotation, e.Geometry)

    Assert.Equal(
        (Nullable 0.0015, Nullable 0.2, Nullable 22.367),
        (e.RockingCurveWidth, e.Mosaicity, e.RotationAxisPosition)
    )

    Assert.Equal((Nullable 6, Nullable 4), (e.MergedFrames, e.FrameStep))
    let frame = e.Frames[0]
    Assert.Equal((1, -10.0, -0.13, 0.287), (frame.Id, frame.Alpha, frame.Beta, frame.Omega))
    Assert.Equal((1.5, 0.748), (frame.PrecessionAngle, frame.Scale))
    Assert.Equal(Observation(MillerIndex(-1, 0, 12), -28.5, 16.17), frame.Observations[1])
    Assert.Equal((2, 0), (e.Frames[1].Id, e.Frames[1].Observations.Length))
    let bare = (parse (replace "rotation axis position:   22.367\n" "")).Value
    Assert.False bare.RotationAxisPosition.HasValue

[<Fact>]
let ``the variants of other builds say the same`` () =
    let expected = PetsWriter.Write (parse small).Value

    let details = small.IndexOf "_diffrn_measurement_details"
    let frames = small.IndexOf "\nloop_"
    let reflections = small.LastIndexOf "\nloop_"

    let variants =
        [
            "CRLF", small.Replace("\n", "\r\n")
            "another block name", replace "data_pets" "data_quartz_1"
            "the newer free text", replace "_diffrn_measurement_details" "_diffrn_reflns_reduction_process"
            "the newer key", replace "rotation axis position" "tilt axis position"
            "a doubled semicolon", replace "_details\n;\n" "_details\n;\n;\n"
            "a semicolon before the item", replace "_diffrn_measurement_details\n" ";\n_diffrn_measurement_details\n"
            "omega of PETS",
            replace "_diffrn_measurement_details" "_diffrn_pets_omega 0.00000\n_diffrn_measurement_details"
            "comments", replace "\nloop_\n_refln" "# Original file: D:\\x\n\nloop_\n\n_refln"
            "indices without a blank", replace "   1   0  -2      146.10" "   1   0-2      146.10"
            "another order",
            "data_pets"
            + small.Substring reflections
            + small.Substring(frames, reflections - frames)
            + small.Substring(details, frames - details)
            + small.Substring(9, details - 9)
        ]

    for name, text in variants do
        Assert.Equal((name, expected), (name, PetsWriter.Write (parse text).Value))

[<Fact>]
let ``an impossible data set is refused with the place and the item`` () =
    let expected =
        [
            "5.0000(3)", "five", "x.cif_pets:2:23 _cell_length_a: found \"five\", expected a number"
            "5.0000(3)", "NaN", "x.cif_pets:2:23 _cell_length_a: found \"NaN\", expected a number"
            "5.0000(3)", "0", "x.cif_pets:2:23 _cell_length_a: found \"0\", expected the cell edge a, Å: positive"
            "_cell_length_c       10.0000\n",
            "",
            "x.cif_pets:1:1 _cell_length_c: the item is missing, expected the cell edge c, Å"
            "0.02510",
            "-0.0251",
            "x.cif_pets:8:30 _diffrn_radiation_wavelength: found \"-0.0251\", expected a positive wavelength, Å"
            "0.02510",
            "0",
            "x.cif_pets:8:30 _diffrn_radiation_wavelength: found \"0\", expected a positive wavelength, Å"
            "_diffrn_radiation_wavelength 0.02510\n",
            "",
            "x.cif_pets:1:1 _diffrn_radiation_wavelength: the item is missing, expected the wavelength λ, Å"
            "_diffrn_orient_matrix_UB_22  0.20000\n",
            "",
            "x.cif_pets:1:1 _diffrn_orient_matrix_UB_22: the item is missing, expected an element of the orientation matrix, Å⁻¹"
            "UB_11  0.20000",
            "UB_11 -0.20000",
            "x.cif_pets:9:29 _diffrn_orient_matrix_UB_11: found det UB = -0.004 Å⁻³, expected a right-handed basis a*, b*, c*"
            "UB_12  0.00000", "UB_12  0.03000", "expected the same cell within 10 % and 5°"
            "UB_33  0.10000", "UB_33  0.12000", "edges differ by +0.0 +0.0 -16.7 %"
            "   2 0.0", "   1 0.0", "x.cif_pets:40:4 _diffrn_zone_axis_id: found \"1\", expected each frame once"
            "-0.210", "x", "x.cif_pets:40:53 _diffrn_zone_axis_beta: found \"x\", expected a number"
            "   1.500    -6",
            "  -1.500    -6",
            "x.cif_pets:40:33 _diffrn_zone_axis_precession_angle: found \"-1.500\", expected a semi-angle between 0° and 90°"
            "_diffrn_zone_axis_alpha",
            "_diffrn_zone_axis_alfa",
            "x.cif_pets:1:1 _diffrn_zone_axis_alpha: the item is missing, expected the goniometer angle α, degrees"
            "14.69     1",
            "14.69     7",
            "x.cif_pets:49:42 _refln_zone_axis_id: found \"7\", expected a frame of the loop _diffrn_zone_axis_id"
            "14.69",
            "-14.69",
            "x.cif_pets:49:32 _refln_intensity_sigma: found \"-14.69\", expected a standard uncertainty ≥ 0"
            "146.10", "inf", "_refln_intensity_meas: found \"inf\", expected a number"
            "146.10", "?", "_refln_intensity_meas: found \"?\", expected a number"
            "   1   0  -2", "   1 0.5  -2", "x.cif_pets:49:6 _refln_index_k: found \"0.5\", expected an integer"
            "16.17     1\n",
            "16.17\n",
            "_refln_index_h: found a row of 5 values, expected 6: the loop is truncated or shifted"
            "_zone_axis_id",
            "_no_id",
            "x.cif_pets _diffrn_zone_axis_id: the item is missing, expected a loop of virtual frames"
            "_refln_", "_other_", "x.cif_pets:1:1 _refln_index_h: the item is missing, expected the index h"
            "  -1   0  12", "   1   0  -2", "_refln_index_h: found 1 reflection again in the same frame"
            "   1.500    -6",
            "   0.000    -6",
            "_diffrn_zone_axis_precession_angle: found \"0.000\", expected a semi-angle"
        ]

    for old, replacement, message in expected do
        Assert.Contains(message, refusal (replace old replacement))

[<Fact>]
let ``what is odd but usable is a warning`` () =
    let expected =
        [
            "14.69",
            "0.00",
            "x.cif_pets:49:32 _refln_intensity_sigma: found 1 reflection with σ = 0; σ = 1 is taken there"
            "UB_33  0.10000", "UB_33  0.10100", "edges differ by +0.0 +0.0 -1.0 %"
            "0.02510", "0.71073", "_diffrn_radiation_wavelength: found 0.71073 Å"
            "continuous rotation", "stepwise", "data collection geometry: found \"stepwise\""
            "mosaicity:  0.200", "mosaicity:  none", "mosaicity: found \"none\", expected a number; it is left out"
        ]

    for old, replacement, message in expected do
        let warning = Assert.Single (parse (replace old replacement)).Warnings
        Assert.Contains(message, warning.ToString())

[<Fact>]
let ``a file that ends before the reflections of its last frames is a warning`` () =
    let third =
        "   3 0.00000 0.20000 1.00000     1.500    -2.000    -0.210     0.164     0.788\n"

    let ending = "0.788\n"
    let longer = replace ending (ending + third)

    Assert.Contains(
        "found no reflections in the last 2 frames, 2 to 3; is the file complete?",
        (Assert.Single (parse longer).Warnings).ToString()
    )

    // where the reflections do not follow the frames, the last frames may be empty
    let inAnyOrder =
        third.Replace("   3 0", "   4 0") + third.Replace("   3 0", "   5 0")

    let unordered =
        (replace ending (ending + third + inAnyOrder)).Replace("14.69     1", "14.69     3")

    Assert.Empty (parse unordered).Warnings

let private experiments =
    let number =
        Gen.map (fun (NormalFloat x) -> x) (ArbMap.defaults |> ArbMap.generate<NormalFloat>)

    let index = Gen.choose (-120, 120)

    let row =
        Gen.map3 (fun (h, k, l) i su -> Observation(MillerIndex(h, k, l), i, abs su)) (Gen.three index) number number

    let frame id =
        gen {
            let! alpha, beta, omega = Gen.three number
            let! drawn = if id = 1 then Gen.nonEmptyListOf row else Gen.listOf row
            // the reader refuses a reflection that comes twice in a frame
            let rows = drawn |> List.distinctBy _.Hkl

            return
                VirtualFrame(id, alpha, beta, omega, 1.5, 0.75, Collections.Immutable.ImmutableArray.CreateRange rows)
        }

    gen {
        let! count = Gen.choose (1, 4)
        let! frames = Gen.collectToList frame [ 1..count ]
        let! turn = Gen.three (Gen.map (fun i -> float i / 7.0) (Gen.choose (-20, 20)))
        let x, y, z = turn
        let cell = UnitCell(7.09592, 7.37641, 7.64081, 115.10651, 107.19228, 100.54396)
        let axis = Vector3(x, y, z)

        let experiment =
            Experiment(
                cell,
                0.0251,
                Matrix3.Rotation axis * cell.Reciprocal,
                CollectionGeometry.Precession,
                Nullable(),
                Nullable 0.0015,
                Collections.Immutable.ImmutableArray.CreateRange frames,
                FrameStep = Nullable 4
            )

        // a function, since FsCheck prints what it draws
        return fun () -> experiment
    }

[<Fact>]
let ``a written data set reads back to the same numbers`` () =
    let law (draw: unit -> Experiment) =
        let e = draw ()
        let r = (parse (PetsWriter.Write e)).Value

        let fields (f: VirtualFrame) =
            f.Id, f.Alpha, f.Beta, f.Omega, f.PrecessionAngle, f.Scale, List.ofSeq f.Observations

        r.OrientationMatrix = e.OrientationMatrix
        && r.Cell.ToString() = e.Cell.ToString()
        && (r.Geometry, r.Mosaicity, r.RockingCurveWidth) = (e.Geometry, e.Mosaicity, e.RockingCurveWidth)
        && (r.RotationAxisPosition, r.MergedFrames, r.FrameStep) = (e.RotationAxisPosition, e.MergedFrames, e.FrameStep)
        && Seq.map fields r.Frames |> List.ofSeq = (Seq.map fields e.Frames |> List.ofSeq)

    Law.holds (Prop.forAll (Arb.fromGen experiments) law)

/// Frames, first and last α, semi-angle and rows: the table of shared/data/README.md, counted there by other means.
let private published =
    [
        "quartz/quartz.cif_pets", 99, -49.2, 49.1, 1.0, 6666
        "quartz/quartz_crlf.cif_pets", 99, -49.2, 49.1, 1.0, 6666
        "cspbbr3/cspbbr3.cif_pets", 59, -59.0, 58.0, 1.5, 32669
        "paracetamol/paracetamol.cif_pets", 50, -51.3, 30.9, 1.4, 38713
        "lta/lta.cif_pets", 50, -43.4, 44.3, 1.38, 29023
        "albite/albite.cif_pets", 59, -37.7, 41.5, 1.135, 8615
        "glycine/glycine_dyn.cif_pets", 31, nan, nan, 1.26, 2986
        "glycine/glycine_kinematical.cif_pets", 159, nan, nan, 0.18, 1204
        "quartz/synthetic/quartz_paper_data.cif_pets", 99, -49.2, 49.1, 1.0, 3270
        "cspbbr3/synthetic/cspbbr3_paper_data.cif_pets", 59, -59.0, 58.0, 1.5, 29871
        "paracetamol/synthetic/paracetamol_paper_data.cif_pets", 50, -51.3, 30.9, 1.4, 27290
    ]

[<SharedFact("data")>]
let ``every published data set is read with all its frames and rows`` () =
    for file, frames, first, last, angle, count in published do
        let loaded = PetsReader.Read(path ("data/" + file))
        let e = loaded.Value
        Assert.DoesNotContain(loaded.Warnings, fun w -> (string w).Contains "is the file complete")
        Assert.Equal((file, frames, count), (file, e.Frames.Length, rows e))
        Assert.Equal(angle, e.Frames[0].PrecessionAngle)

        if not (Double.IsNaN first) then
            Assert.Equal((first, last), (Math.Round(e.Frames[0].Alpha, 1), Math.Round(e.Frames[frames - 1].Alpha, 1)))

[<SharedFact("data")>]
let ``the strain between UB and the cell of quartz and zeolite A is stated`` () =
    let strain file =
        (PetsReader.Read(path file)).Warnings
        |> Seq.map string
        |> Seq.filter (fun w -> w.Contains "UB means the cell")
        |> Assert.Single

    Assert.Contains("-1.1", strain "data/quartz/quartz.cif_pets")
    Assert.Contains("+4.", strain "data/lta/lta.cif_pets")

[<SharedFact("data/paracetamol/paracetamol.cif_pets")>]
let ``the zone axes that we write are those of PETS`` () =
    let file = path "data/paracetamol/paracetamol.cif_pets"

    let axes text =
        let block = (CifReader.Parse(text, file)).Value.Blocks[0]

        [
            for name in [ "u"; "v"; "w" ] do
                match block.Column("_diffrn_zone_axis_" + name) with
                | null -> failwith "no zone axes"
                | column -> for i in 0 .. column.Count - 1 -> float column[i].Text
        ]

    let own = axes (PetsWriter.Write (PetsReader.Read file).Value)
    // PETS prints UB and the axes with five decimals
    for expected, actual in List.zip (axes (File.ReadAllText file)) own do
        Assert.InRange(actual - expected, -3e-4, 3e-4)
