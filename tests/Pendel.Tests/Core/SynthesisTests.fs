module Pendel.Tests.Core.SynthesisTests

open System
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private settings =
    { settings with
        Selection = SelectionSettings(1.3, 0.015, 1.3, 0.9, 0.0)
    }

let private experiment = geometry quartz.Cell [ -40.0; -20.0; 0.0; 20.0; 40.0 ]

let private synthesise seed range =
    Synthesis.run settings 1 seed range (fun alpha -> 400.0 + alpha) quartz experiment

let private rows (e: Experiment) =
    [|
        for f in e.Frames do
            yield! f.Observations
    |]

[<Fact>]
let ``one seed gives one data set`` () =
    Assert.Equal<Observation>(rows (synthesise 3 1e4), rows (synthesise 3 1e4))
    Assert.NotEqual<Observation>(rows (synthesise 3 1e4), rows (synthesise 4 1e4))

[<Fact>]
let ``counts reach the dynamic range and scatter as Poisson's, those below one are dropped`` () =
    let exact =
        noiseFree settings quartz experiment (fun s ->
            { s with
                Thickness = Map.ofSeq [ for f in experiment.Frames -> f.Id, 400.0 + f.Alpha ]
            })

    let range = 1e4
    let strongest = rows exact |> Array.map _.Intensity |> Array.max

    let expected =
        Map.ofSeq
            [
                for f in exact.Frames do
                    for o in f.Observations -> (f.Id, o.Hkl.ToString()), range * o.Intensity / strongest
            ]

    let noisy = synthesise 3 range
    Assert.Equal(expected.Values |> Seq.filter (fun i -> i >= 1.0) |> Seq.length, (rows noisy).Length)

    let chi2 =
        [
            for f in noisy.Frames do
                for o in f.Observations do
                    let mean = expected[f.Id, o.Hkl.ToString()]
                    Assert.Equal(Math.Round o.Intensity, o.Intensity)
                    Assert.Equal(sqrt (max o.Intensity 1.0), o.Su)
                    Assert.InRange(o.Intensity, mean - 6.0 * sqrt mean, mean + 6.0 * sqrt mean + 3.0)
                    (o.Intensity - mean) ** 2.0 / mean
        ]

    // χ² of n rows is n ± √(2n)
    let n = float chi2.Length
    Assert.True(n > 50.0)
    Assert.InRange(List.sum chi2, n - 4.0 * sqrt (2.0 * n), n + 5.0 * sqrt (2.0 * n))

[<Fact>]
let ``what the experiment says of itself is kept`` () =
    let annotated =
        Experiment(
            experiment.Cell,
            experiment.Wavelength,
            experiment.OrientationMatrix,
            experiment.Geometry,
            experiment.Mosaicity,
            experiment.RockingCurveWidth,
            experiment.Frames,
            RotationAxisPosition = Nullable 230.4,
            MergedFrames = Nullable 7,
            FrameStep = Nullable 5
        )

    let data = Synthesis.run settings 1 3 1e4 (fun _ -> 400.0) quartz annotated
    Assert.Equal(Nullable 230.4, data.RotationAxisPosition)
    Assert.Equal(Nullable 7, data.MergedFrames)
    Assert.Equal(Nullable 5, data.FrameStep)

[<Fact>]
let ``a displaced site stays on its symmetry element and its ADP grows with the way`` () =
    let moved = Synthesis.displace 4 0.2 quartz
    Assert.Equal<AtomSite>(moved.Sites, (Synthesis.displace 4 0.2 quartz).Sites)

    for before, after in Seq.zip quartz.Sites moved.Sites do
        let was, is =
            SiteSymmetry.Of(before.Position, quartz.SpaceGroup, quartz.Cell),
            SiteSymmetry.Of(after.Position, quartz.SpaceGroup, quartz.Cell, 1e-9)

        Assert.Equal<SymmetryOperation>(was.Stabiliser, is.Stabiliser)
        let way = (quartz.Cell.Orthogonalisation * (after.Position - was.Position)).Length
        Assert.InRange(way, 1e-3, 0.2 * sqrt 3.0)
        let u, v = before.Adp.Equivalent quartz.Cell, after.Adp.Equivalent quartz.Cell
        Assert.Equal(1.0 + way / 0.2, v / u, 12)

[<Fact>]
let ``isotropic start values leave a site anisotropic, and kept ones as they are`` () =
    for adps, growth in [ Synthesis.Isotropic, 1.0; Synthesis.Kept, 0.0 ] do
        let moved = Synthesis.displaceWith adps 4 0.2 quartz

        Assert.Equal<Vector3>(
            [ for s in (Synthesis.displace 4 0.2 quartz).Sites -> s.Position ],
            [ for s in moved.Sites -> s.Position ]
        )

        for before, after in Seq.zip quartz.Sites moved.Sites do
            Assert.IsType<Adp.Anisotropic> after.Adp |> ignore

            let snapped =
                (SiteSymmetry.Of(before.Position, quartz.SpaceGroup, quartz.Cell)).Position

            let way = (quartz.Cell.Orthogonalisation * (after.Position - snapped)).Length
            let u, v = before.Adp.ToCartesian quartz.Cell, after.Adp.ToCartesian quartz.Cell
            let mean = u.ToMatrix().Trace / 3.0

            let expected =
                if growth > 0.0 then
                    ((1.0 + way / 0.2) * mean) * Matrix3.Identity
                else
                    u.ToMatrix()

            Assert.True((v.ToMatrix() - expected).FrobeniusNorm < 1e-12)

[<Fact>]
let ``the truth of synthetic data agrees with them but for the noise`` () =
    let made =
        Synthesis.synthesise
            settings
            1
            {
                DynamicRange = 1e6
                NoiseFloor = 100.0
                Seed = 5
            }
            (fun alpha -> 400.0 + alpha)
            quartz
            experiment

    Assert.Equal(1e6, rows made.NoiseFree |> Array.map _.Intensity |> Array.max, 1e-6)
    Assert.All(rows made.NoiseFree, (fun o -> Assert.True(o.Intensity >= 100.0)))
    Assert.All(rows made.Data, (fun o -> Assert.True(o.Su >= 10.0)))
    let exact = { made with Data = made.NoiseFree }
    Assert.True((Synthesis.atTruth settings 1 quartz exact).Residuals.WRMean < 1e-9)
    let noisy = (Synthesis.atTruth settings 1 quartz made).Residuals.WRMean
    Assert.InRange(noisy, 1e-3, 0.03)

[<Fact>]
let ``synthetic data keep the directions of UB and drop its strain`` () =
    let strained =
        Experiment(
            experiment.Cell,
            experiment.Wavelength,
            1.02 * experiment.OrientationMatrix,
            experiment.Geometry,
            experiment.Mosaicity,
            experiment.RockingCurveWidth,
            experiment.Frames
        )

    let data = Synthesis.run settings 1 3 1e4 (fun _ -> 400.0) quartz strained
    Assert.True((data.OrientationMatrix - experiment.OrientationMatrix).FrobeniusNorm < 1e-12)
