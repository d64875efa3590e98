module Pendel.Tests.Core.DiagnosisTests

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.Diagnosis
open Pendel.Tests.Core.DataSets
open Xunit

let private settings = Settings.standard

let private row frame h observed calculated =
    {
        FrameId = frame
        Row = ScoredReflection(Observation(MillerIndex(h, frame, 0), observed, 1.0), 0.0, 0.3, 0.0)
        Calculated = calculated
        Weight = 1.0
        IsObserved = true
        IsFree = false
    }

/// A frame of a dozen rows, none far off.
let private frame id =
    {
        Id = id
        Alpha = float id
        RowCount = 12
        ObservedCount = 12
        WR = Some(0.03 + 0.001 * float (id % 3))
        RObs = Some 0.04
        TiltCount = 42
        TiltStep = 0.7
        SufficientTilts = 40
        Thickness = 700.0
        ThicknessSpread = None
        Correction = Vector3.Zero
        Scale = 1.0 + 0.01 * float id
    }

let private rowsOf id =
    [| for h in 1..12 -> row id h 100.0 (100.0 + float ((id + h) % 5)) |]

/// Twelve ordinary frames, some of them and of their rows replaced.
let private evaluation parameters change changeRows : Evaluation =
    let frames = [| for id in 1..12 -> change (frame id) |]
    let rows = frames |> Array.collect (fun f -> changeRows f.Id (rowsOf f.Id))

    {
        Crystal = quartz
        Riding = Set.empty
        Restraints = [||]
        Geometry = GeometryEvidence(CollectionGeometry.Rotation, "")
        RsgLimit = 0.9
        Mosaicity = { Perpendicular = 0.0; Along = 0.0 }
        Residuals =
            {
                WRMean = 0.03
                RObsMean = 0.04
                FramesLeftOutOfWR = 0
                FramesLeftOutOfRObs = 0
                Pooled =
                    {
                        WRFAll = 0.04
                        RFObs = 0.04
                        RFAll = 0.04
                    }
                GoodnessOfFit = None
                ObservedCount = rows.Length
                RowCount = rows.Length
                UniqueMeasurementCount = rows.Length
                UniqueObservedCount = rows.Length
                ParameterCount = parameters
                Validation = None
            }
        Frames = frames
        Reflections = rows
    }

let private diagnose change changeRows =
    Diagnosis.ofEvaluation settings (evaluation 20 change changeRows)

let private asItIs _ rows = rows

/// Diagnosis of frame 4 with a far too large wR.
let private causeOf change changeRows =
    let found =
        diagnose (fun f -> if f.Id = 4 then change { f with WR = Some 0.2 } else f) (fun id rows ->
            if id = 4 then changeRows rows else rows)

    let outlier = Assert.Single found.Frames
    Assert.Equal(4, outlier.Frame.Id)
    outlier.Cause

/// The rows are those of one layer, so that most unique reflections lack; what else is warned of.
let private otherWarnings (d: Diagnosis) =
    d.Warnings |> List.filter (fun warning -> not (warning.StartsWith "only "))

[<Fact>]
let ``ordinary data have no outliers and no warnings`` () =
    let d = diagnose id asItIs
    Assert.Empty d.Frames
    Assert.Empty d.Measurements
    Assert.Empty(otherWarnings d)

[<Fact>]
let ``frames with far fewer tilts than their thickness asks for are a warning`` () =
    let warningsOf tilts count shape =
        let thick f =
            if f.Id = 7 then
                { f with
                    TiltStep = 300.0 / float count
                    SufficientTilts = 376
                }
            else
                f

        Diagnosis.ofEvaluation
            { settings with
                Tilts = tilts
                ThicknessDistribution = shape
            }
            (evaluation 20 thick asItIs)
        |> otherWarnings

    let warnings count = warningsOf (Count count) count

    Assert.Contains(
        "119 tilts are too few for frame 7, whose thickness asks for up to 376",
        List.exactlyOne (warnings 119 Uniform)
    )

    Assert.Empty(warnings 120 Uniform)
    Assert.Single(warnings 171 Plate) |> ignore
    Assert.Empty(warnings 172 Plate)
    Assert.Empty(warningsOf Sufficient 100 Plate)

[<Fact>]
let ``the likely cause of an outlying frame is named`` () =
    let degrees angle = Vector3(0.0, Angle.Radians angle, 0.0)

    Assert.Equal(FewReflections, causeOf (fun f -> { f with RowCount = 9 }) id)
    Assert.Equal(FewReflections, causeOf (fun f -> { f with ObservedCount = 4 }) id)
    Assert.Equal(OrientationFarOff, causeOf (fun f -> { f with Correction = degrees 0.95 }) id)
    Assert.Equal(ThicknessAtBound, causeOf (fun f -> { f with Thickness = 1999.0 }) id)
    Assert.Equal(ScaleOff, causeOf (fun f -> { f with Scale = 0.4 }) id)
    Assert.Equal(Spread, causeOf (fun f -> { f with Correction = degrees 0.5 }) id)

    let weak = Array.map (fun r -> row r.FrameId r.Row.Observation.Hkl.H 20.0 21.0)
    Assert.Equal(Weak, causeOf id weak)

    let one (rows: ReflectionResult array) =
        Array.append [| row 4 1 500.0 300.0 |] (Array.tail rows)

    Assert.Equal(OneReflection(MillerIndex(1, 4, 0)), causeOf id one)

[<Fact>]
let ``frames that wR_mean leaves out are listed, too`` () =
    let d =
        diagnose (fun f -> if f.Id = 7 then { f with WR = None; RowCount = 2 } else f) asItIs

    Assert.Equal((7, FewReflections), (d.Frames[0].Frame.Id, d.Frames[0].Cause))

[<Fact>]
let ``the likely cause of an outlying measurement is named`` () =
    let far calculated rsg frames changeFrame =
        let m = Observation(MillerIndex(9, 9, 9), 100.0, 1.0)

        let rows id (own: ReflectionResult array) =
            match List.tryFind (fun (f, _) -> f = id) frames with
            | None -> own
            | Some(_, isFar) ->
                Array.append
                    own
                    [|
                        { row id 9 100.0 (if isFar then calculated else 100.0) with
                            Row = ScoredReflection(m, 0.0, rsg, 0.0)
                        }
                    |]

        let found = Assert.Single((diagnose changeFrame rows).Measurements)
        Assert.Equal(m, found.Measurement)
        Assert.Equal<int list>(List.map fst frames, List.ofArray found.Frames)
        found.Cause

    Assert.Equal(TooStrong, far 10.0 0.3 [ 2, true; 3, true ] id)
    Assert.Equal(TooWeak, far 400.0 0.3 [ 2, true ] id)
    Assert.Equal(OneFrame 3, far 400.0 0.3 [ 2, false; 3, true ] id)
    Assert.Equal(EndOfRange, far 400.0 0.85 [ 2, true ] id)

    let poor f =
        if f.Id = 2 then { f with WR = Some 0.2 } else f

    Assert.Equal(OutlyingFrames, far 400.0 0.3 [ 2, true ] poor)

[<Fact>]
let ``held-out rows take no part in the diagnosis`` () =
    let d =
        diagnose id (fun _ rows ->
            Array.append
                rows
                [|
                    { row 1 20 100.0 900.0 with
                        IsFree = true
                    }
                |])

    Assert.Empty d.Measurements

[<Fact>]
let ``too many parameters and a thickness at its bound are warned of`` () =
    let only change parameters =
        evaluation parameters change asItIs
        |> Diagnosis.ofEvaluation settings
        |> otherWarnings
        |> Assert.Single

    Assert.Contains("144 parameters for 144 independent measurements", only id 144)

    let thin f =
        if List.contains f.Id [ 2; 3; 4; 9 ] then
            { f with Thickness = 105.0 }
        else
            f

    Assert.Contains("thickness of frames 2-4,9 lies at an end", only thin 20)

    let kinematical =
        { settings with
            ThicknessModel = ThicknessChoice.Kinematical
        }

    evaluation 20 thin asItIs
    |> Diagnosis.ofEvaluation kinematical
    |> otherWarnings
    |> Assert.Empty

[<Fact>]
let ``few of the unique reflections are warned of`` () =
    let d = evaluation 20 id asItIs |> Diagnosis.ofEvaluation settings
    Assert.Contains("symmetry-unique reflections up to", Assert.Single d.Warnings)

[<Fact>]
let ``excluded frames take no part, and one that the data lack is refused`` () =
    let data = geometry quartz.Cell [ 0.0; 10.0; 20.0; 30.0 ]

    let frames excluded =
        let problem, _ =
            Problem.create
                { DataSets.settings with
                    ExcludedFrames = excluded
                }
                1
                quartz
                data

        [ for f in problem.Experiment.Frames -> f.Id ]

    Assert.Equal<int list>([ 1; 2; 3; 4 ], frames [])
    Assert.Equal<int list>([ 1; 3 ], frames [ 2; 4 ])

    let refused =
        Assert.Throws<System.ArgumentException>(fun () -> frames [ 2; 5; 6; 7 ] |> ignore)

    Assert.Contains("names 5-7, which the data set does not have; its frames are 1-4", refused.Message)

    Assert.Throws<System.ArgumentException>(fun () -> frames [ 1..4 ] |> ignore)
    |> ignore
