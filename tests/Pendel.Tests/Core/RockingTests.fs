module Pendel.Tests.Core.RockingTests

open System
open MathNet.Numerics.Distributions
open Pendel.Diffraction
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Xunit

let private curve along : Rocking.Curve =
    {
        Geometry = CollectionGeometry.Rotation
        SemiAngle = 0.02
        Count = 12
        Beyond = 5.0 * along
        Mosaicity = { Perpendicular = 0.0; Along = along }
    }

let private angle (tilt: Tilt) = asin tilt.Rotation.M32

[<Fact>]
let ``blocks about the rocking axis weight a frame by box and Gaussian, beyond its ends and without loss`` () =
    let sigma = 0.003
    let curve = curve sigma
    let tilts = Rocking.tilts curve
    Assert.Equal(1.0, tilts |> Seq.sumBy _.Weight, 14)
    let step = 2.0 * curve.SemiAngle / 12.0
    // the share of blocks that see an angle within ±φ, averaged over the step by Simpson's rule
    let density x =
        Normal.CDF(0.0, sigma, x + 0.02) - Normal.CDF(0.0, sigma, x - 0.02)

    for tilt in (Seq.toArray tilts)[1 .. tilts.Length - 2] do
        let x = angle tilt
        let n = 40

        let mean =
            Seq.sum (seq { for i in 0 .. n - 1 -> density (x + step * ((float i + 0.5) / float n - 0.5)) })
            / float n

        Assert.Equal(mean / 12.0, tilt.Weight, 1e-5)

    Assert.InRange(angle tilts[0], -0.04, -0.02 - 4.0 * sigma)

[<Fact>]
let ``without blocks a frame has equal weights, to which narrow blocks tend`` () =
    Assert.Equal<Tilt>(RockingCurve.Rotation(0.02, 12), Rocking.tilts (curve 0.0))

    let narrow = Rocking.tilts { curve 1e-7 with Beyond = 0.0 }

    for tilt, exact in Seq.zip narrow (RockingCurve.Rotation(0.02, 12)) do
        Assert.Equal(exact.Weight, tilt.Weight, 1e-5)

[<Fact>]
let ``weights and their derivatives add up over tilts to 1 and 0`` () =
    let curve =
        { curve 0.002 with
            Mosaicity = { Perpendicular = 1e-3; Along = 0.002 }
        }

    let tilts = Rocking.tilts curve
    let slopes = Rocking.weightDerivatives curve tilts
    Assert.Equal(tilts.Length, slopes.Length)
    Assert.Equal(0.0, Array.sum slopes, 1e-10)
    Assert.True(Array.exists (fun s -> abs s > 0.1) slopes)

[<Fact>]
let ``the mosaicity of noise-free frames is found by gradient`` () =
    let experiment = geometry quartz.Cell [ -10.0; 10.0; 30.0 ]

    let truth =
        { settings with
            Tilts = Count 24
            Mosaicity = Degrees 0.3
            MosaicityAlong = Degrees 0.2
        }

    let data = noiseFree truth quartz experiment (fun s -> uniform experiment 450.0 s)

    let problem, initial =
        Problem.create
            { truth with
                Mosaicity = Refined
                MosaicityAlong = Refined
            }
            1
            quartz
            data

    let found =
        (MosaicityStage.run Monitor.silent problem (uniform data 450.0 initial)).Mosaicity

    Assert.Equal(0.3, Angle.Degrees found.Perpendicular, 0.01)
    Assert.Equal(0.2, Angle.Degrees found.Along, 0.01)

[<Fact>]
let ``samples of a distribution of thickness have its mean`` () =
    // ∫ τ dF
    for shape, mean in
        [
            Plate, 1.0
            Uniform, 0.5
            Cylinder, Math.PI / 4.0
            Sphere, 2.0 / 3.0
            Lens, 2.0 / 3.0
            Given [ 1.0, 1.0; 2.0, 3.0 ], 0.875
        ] do
        let samples = ThicknessDistribution.samples shape 0.001
        Assert.Equal(1.0, samples |> Array.sumBy _.Weight, 12)
        Assert.Equal(mean, samples |> Array.sumBy (fun s -> s.Weight * s.Relative), 1e-5)
        // ∫ τ dF = ∫ (1 − F) dτ
        let below =
            Array.init 10000 (fun i -> ThicknessDistribution.cumulative shape ((float i + 0.5) / 10000.0))

        Assert.Equal(mean, 1.0 - Array.average below, 1e-4)

/// Largest |g| 1.3 Å⁻¹, wedges.
let private wedges =
    { settings with
        Selection = SelectionSettings(1.3, 0.02, 1.3, 0.9, 0.0)
        Tilts = Sufficient
        ThicknessDistribution = Uniform
    }

let private frames = geometry quartz.Cell [ -20.0; 0.0; 20.0; 40.0 ]

/// Tilts of the first frame.
let private tiltCount perpendicular along =
    let problem, initial =
        Problem.create
            { wedges with
                Mosaicity = perpendicular
                MosaicityAlong = along
            }
            1
            quartz
            frames

    (Problem.curve problem (uniform frames 600.0 initial) frames.Frames[0]).Count

[<Fact>]
let ``mosaic blocks of a known width perpendicular to the rocking axis take half of the tilts`` () =
    let perfect = tiltCount (Degrees 0.0) (Degrees 0.0)
    Assert.InRange(2 * tiltCount (Degrees 0.3) (Degrees 0.0), perfect, perfect + 2)
    Assert.Equal(perfect, tiltCount (Degrees 0.0) (Degrees 0.3))
    Assert.Equal(perfect, tiltCount Refined (Degrees 0.0))

[<Fact>]
let ``half of the tilts integrate a frame of mosaic blocks to half a per cent of |F|`` () =
    let amplitudes tilts =
        let settings =
            { wedges with
                Tilts = tilts
                Mosaicity = Degrees 0.3
            }

        [|
            for frame in (noiseFree settings quartz frames (fun s -> uniform frames 600.0 s)).Frames do
                for row in frame.Observations -> sqrt row.Intensity
        |]

    let exact = amplitudes (Count 300)

    let error tilts =
        (Array.map2 (fun a b -> abs (a - b)) (amplitudes tilts) exact |> Array.sum)
        / Array.sum exact

    Assert.InRange(error Sufficient, 0.0, 0.005)
    Assert.True(error (Count(tiltCount (Degrees 0.3) (Degrees 0.0) / 3)) > 0.02)
