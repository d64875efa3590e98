module Pendel.Tests.Report.ResultTextTests

open System
open System.Collections.Immutable
open System.Text.Json
open Xunit
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO
open Pendel.Report

let private crystal =
    let site =
        AtomSite("Si1", Element("Si", 14), 0, Vector3(0.1, 0.2, 0.3), Adp.Isotropic 0.01, 1.0)

    Crystal(
        UnitCell(4.0, 5.0, 6.0, 90.0, 90.0, 90.0),
        Pendel.Tests.Core.DataSets.spaceGroup "P1",
        ImmutableArray.Create site
    )

let private frame id correction : FrameResult =
    {
        Id = id
        Alpha = -10.5
        RowCount = 3
        ObservedCount = 1
        WR = if id = 2 then None else Some 0.05
        RObs = None
        TiltCount = 42
        TiltStep = 0.7
        SufficientTilts = 40
        Thickness = 400.0 + float id
        ThicknessSpread = None
        Correction = Vector3(correction * Math.PI / 180.0, 0.0, 0.0)
        Scale = 1.5
    }

let private row =
    {
        FrameId = 1
        Row = ScoredReflection(Observation(MillerIndex(1, -2, 3), 7.5, 0.5), 0.001, 0.25, 0.003)
        Calculated = 7.25
        Weight = nan
        IsObserved = true
        IsFree = false
    }

let private agreement wR : Agreement =
    {
        WR = wR
        Pooled =
            {
                WRFAll = 2.0 * wR
                RFObs = 3.0 * wR
                RFAll = nan
            }
        MeasurementCount = 4
        RowCount = 6
        ObservedCount = 2
    }

let private validation: Validation =
    {
        Working = agreement 0.1
        HeldOut = agreement 0.125
    }

let private evaluation wR : Evaluation =
    {
        Crystal = crystal
        Riding = Set.empty
        Restraints =
            [|
                {
                    Restraint =
                        {
                            Kind = Distance 1.6
                            Atoms = "Si1", "O1"
                            Su = 0.02
                        }
                    Value = 1.65
                    Misfit = 2.5
                }
            |]
        Geometry = GeometryEvidence(CollectionGeometry.Rotation, "as the header says")
        RsgLimit = 0.9
        Mosaicity = { Perpendicular = 1e-3; Along = 2e-3 }
        Residuals =
            {
                WRMean = wR
                RObsMean = nan
                FramesLeftOutOfWR = 1
                FramesLeftOutOfRObs = 2
                Pooled =
                    {
                        WRFAll = 0.07
                        RFObs = 0.08
                        RFAll = 0.09
                    }
                GoodnessOfFit = None
                ObservedCount = 2
                RowCount = 6
                UniqueMeasurementCount = 5
                UniqueObservedCount = 1
                ParameterCount = 9
                Validation = Some validation
            }
        Frames = [| frame 1 0.05; frame 2 1.0 |]
        Reflections = [| row |]
    }

let private outcome =
    {
        Start = evaluation 0.06
        Final = evaluation 0.05
        Uncertainties = None
        Misset = Vector3(0.0, 0.0, Math.PI / 180.0)
        Strain = 0.011
        History =
            [|
                {
                    Stage = ThicknessScan
                    Cycle = 1
                    Step = 0
                    WRMean = 0.06
                    RObsMean = None
                    Validation = Some validation
                }
            |]
        BestStep = 7
        Seconds = [| ThicknessScan, 0.5; JointRefinement, 2.0 |]
        Interrupted = false
    }

let private run seconds threads : Summary.Run =
    {
        Command = "refine"
        Version = "1.2.3"
        Settings = { Settings.standard with Seed = 4 }
        Inputs = [ { Path = "quartz.cif"; Sha256 = "ab" } ]
        Threads = threads
        Warnings = [ "odd" ]
        TotalSeconds = seconds
    }

let private summary =
    JsonDocument.Parse(Summary.write (run 3.5 2) outcome.Final (Some outcome)).RootElement

let private at (path: string) (element: JsonElement) =
    path.Split '/'
    |> Array.fold (fun (e: JsonElement) key -> e.GetProperty key) element

[<Theory>]
[<InlineData("schema", "\"pendel/summary/1\"")>]
[<InlineData("residuals/wR_mean", "0.05")>]
[<InlineData("residuals/Robs_mean", "null")>]
[<InlineData("residuals/wRF_all", "0.07")>]
[<InlineData("residuals/RF_obs", "0.08")>]
[<InlineData("residuals/RF_all", "0.09")>]
[<InlineData("residuals/gof", "null")>]
[<InlineData("residuals/nFramesLeftOut_wR", "1")>]
[<InlineData("residuals/nFramesLeftOut_Robs", "2")>]
[<InlineData("residuals/nObs", "2")>]
[<InlineData("residuals/nAll", "6")>]
[<InlineData("residuals/nUniqueMeasurements", "5")>]
[<InlineData("residuals/nParameters", "9")>]
[<InlineData("residuals/work/wR", "0.1")>]
[<InlineData("residuals/free/wR", "0.125")>]
[<InlineData("residuals/free/wRF_all", "0.25")>]
[<InlineData("residuals/free/RF_obs", "0.375")>]
[<InlineData("residuals/free/RF_all", "null")>]
[<InlineData("residuals/free/nMeasurements", "4")>]
[<InlineData("residuals/free/nAll", "6")>]
[<InlineData("residuals/free/nObs", "2")>]
[<InlineData("start/wR_mean", "0.06")>]
[<InlineData("bestStep", "7")>]
[<InlineData("startKept", "false")>]
[<InlineData("interrupted", "false")>]
[<InlineData("strain", "0.011")>]
[<InlineData("corrections/max_deg", "1")>]
[<InlineData("thickness/mean_A", "401.5")>]
[<InlineData("outliers/wR_limit", "null")>]
[<InlineData("restraints/weight", "1")>]
[<InlineData("restraints/chiSquare", "6.25")>]
[<InlineData("settings/epochs", "40")>]
[<InlineData("seed", "4")>]
[<InlineData("version", "\"1.2.3\"")>]
[<InlineData("threads", "2")>]
[<InlineData("timing/total_s", "3.5")>]
[<InlineData("timing/stages/joint-refinement", "2")>]
let ``the summary states`` (key: string, value: string) =
    Assert.Equal(value, (at key summary).GetRawText())

[<Fact>]
let ``each restraint stands in the summary, the worst in the text`` () =
    Assert.Equal(
        """[{"kind":"distance","atoms":["Si1","O1"],"target":1.6,"su":0.02,"value":1.65,"misfit_su":2.5}]""",
        String.filter (Char.IsWhiteSpace >> not) ((at "restraints/terms" summary).GetRawText())
    )

    Assert.Equal<string list>(
        [
            "restraints: 1; the worst is distance Si1 O1: 1.6500, target 1.6000, off by 2.5 su"
        ],
        Text.constraints outcome.Final
    )

[<Fact>]
let ``only timing and threads tell two runs apart`` () =
    let without (text: string) =
        let node = Unchecked.nonNull (Nodes.JsonNode.Parse text)
        let members = node.AsObject()
        Assert.True(members.Remove "timing" && members.Remove "threads")
        node.ToJsonString()

    let slow =
        { outcome with
            Seconds = [| ThicknessScan, 9.0 |]
        }

    Assert.Equal(
        without (Summary.write (run 3.5 2) outcome.Final (Some outcome)),
        without (Summary.write (run 7.0 1) slow.Final (Some slow))
    )

[<Fact>]
let ``corrections are counted in tenths of the bound, the bound in the last`` () =
    let counts =
        (at "corrections/counts" summary).EnumerateArray()
        |> Seq.map _.GetInt32()
        |> Seq.toList

    Assert.Equal<int list>([ 1; 0; 0; 0; 0; 0; 0; 0; 0; 1 ], counts)

[<Fact>]
let ``the summary warns of what the inputs and the result have odd, and lists outliers`` () =
    let warnings =
        (at "warnings" summary).EnumerateArray()
        |> Seq.map (fun w -> string (w.GetString()))
        |> Seq.toList

    Assert.Equal("odd", warnings[0])
    Assert.StartsWith("9 parameters for 5 independent measurements", warnings[1])

    // frame 2 has no wR
    let outlier = (at "outliers/frames" summary).EnumerateArray() |> Seq.exactlyOne

    Assert.Equal("2", (at "frame" outlier).GetRawText())
    Assert.Equal("few reflections", (at "cause" outlier).GetString())

    let text = Outliers.text (Diagnosis.ofEvaluation Settings.standard outcome.Final)

    Assert.Contains(text, (fun line -> line.Contains "left out" && line.EndsWith "few reflections"))

[<Fact>]
let ``R_free stands beside R`` () =
    let line =
        Text.residuals outcome.Final.Residuals
        |> List.find (fun l -> l.TrimStart().StartsWith "RF_obs" && not (l.Contains "pooled"))

    Assert.Equal<string array>(
        [| "RF_obs"; "30.00"; "%"; "37.50"; "%"; "1.25" |],
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
    )

    let without =
        { outcome.Final.Residuals with
            Validation = None
        }

    Assert.DoesNotContain(Text.residuals without, (fun l -> l.Contains "R_free"))

let private lines (text: string) = text.TrimEnd('\n').Split '\n'

[<Fact>]
let ``tables leave absent and infinite values empty`` () =
    Assert.Equal("2,-10.5,3,1,,,42,402,1,0,0,1,1.5", (lines (Tables.frames outcome.Final.Frames))[2])
    Assert.Equal("thickness-scan,1,0,0.06,,0.1,0.125", (lines (Tables.history outcome.History))[1])
    Assert.Equal("1,1,-2,3,7.5,0.5,7.25,,1,0.001,0.25,0.003,0", (lines (Tables.reflections [| row |]))[1])

[<Fact>]
let ``every row of a table has the columns of its header`` () =
    for table in
        [
            Tables.frames outcome.Final.Frames
            Tables.history outcome.History
            Tables.reflections outcome.Final.Reflections
        ] do
        let widths =
            lines table |> Array.map (fun line -> line.Split(',').Length) |> Array.distinct

        Assert.Single widths |> ignore

[<Fact>]
let ``each refined number of a site has its standard uncertainty in the summary`` () =
    let tensor = SymmetricTensor(0.011, 0.022, 0.033, 0.001, 0.002, 0.003)

    let anisotropic =
        AtomSite("O1", Element("O", 8), 0, Vector3(0.4, 0.5, 0.6), Adp.Anisotropic tensor, 1.0)

    let two =
        { outcome.Final with
            Crystal = Crystal(crystal.Cell, crystal.SpaceGroup, crystal.Sites.Add anisotropic)
        }

    /// A hundredth of each number of a site.
    let su (site: AtomSite) =
        SiteUncertainty(
            0.01 * site.Position,
            SymmetricTensor(1.1e-4, 2.2e-4, 3.3e-4, 1e-5, 2e-5, 3e-5),
            0.01 * site.Adp.Equivalent crystal.Cell,
            0.01 * site.Occupancy
        )

    let sites uncertainties =
        let text =
            Summary.write
                (run 3.5 2)
                two
                (Some
                    { outcome with
                        Uncertainties = uncertainties
                    })

        JsonDocument.Parse(text).RootElement.GetProperty("parameters").EnumerateArray()

    let known = set [ "label"; "element"; "charge"; "su" ]

    for site in two.Crystal.Sites |> Seq.map su |> Seq.toArray |> Some |> sites do
        let numbers =
            [
                for p in site.EnumerateObject() do
                    if not (known.Contains p.Name) then
                        p.Name, Math.Round(0.01 * p.Value.GetDouble(), 9)
            ]

        Assert.Equal<(string * float) list>(
            numbers,
            [
                for p in (site.GetProperty "su").EnumerateObject() -> p.Name, Math.Round(p.Value.GetDouble(), 9)
            ]
        )

    for site in sites None do
        Assert.Equal(JsonValueKind.Null, (site.GetProperty "su").ValueKind)

[<Fact>]
let ``the refined CIF reads back with its structure and its R factors`` () =
    let experiment =
        Experiment(
            crystal.Cell,
            0.0251,
            crystal.Cell.Reciprocal,
            CollectionGeometry.Rotation,
            Nullable(),
            Nullable(),
            ImmutableArray.Empty
        )

    let items settings =
        RefinedCif.items "1.2.3" settings [ experiment, outcome.Final ] outcome.Final.Residuals
        |> List.map (fun (name, value) -> ExtraItem(name, Option.toObj value))

    let text = StructureWriter.Write(crystal, "refined", items Settings.standard)
    let block = CifReader.Parse(text, "refined.cif").Value.Blocks[0]

    let value (name: string) =
        (Unchecked.nonNull (block.Column name))[0]

    Assert.Equal(crystal.Sites[0], StructureReader.Parse(text, "refined.cif").Value.Sites[0])
    Assert.Equal("electron", (value "_diffrn_radiation_probe").Text)
    Assert.Equal("0.0800", (value "_refine_ls_R_factor_gt").Text)
    Assert.Contains("wR(I) 0.1250 (work 0.1000)", (value "_refine_special_details").Text)

    for said in
        [
            "Absorption: none."
            "Thickness within a frame: uniform"
            "Mosaicity: 0.057 deg"
            "Orientations: one correction for each frame by gradient, prior 0.3 deg, bound 1 deg."
        ] do
        Assert.Contains(said, (value "_refine_special_details").Text)

    Assert.Equal("dynamical", (value "_refine_diffraction_theory").Text)
    Assert.Equal(@"F(\t) = \t", (value "_refine_ls_sample_shape_expression").Text)

    let kinematical =
        items
            { Settings.standard with
                ThicknessModel = ThicknessChoice.Kinematical
            }

    Assert.Contains(ExtraItem("_refine_diffraction_theory", "kinematical"), kinematical)
    Assert.DoesNotContain(kinematical, fun i -> i.Name = "_refine_ls_sample_thickness")
    Assert.Equal("5", (value "_reflns_number_total").Text)
    Assert.Equal("1", (value "_reflns_number_gt").Text)
    Assert.True((value "_refine_ls_goodness_of_fit_ref").IsAbsent)
