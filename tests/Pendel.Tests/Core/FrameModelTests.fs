module Pendel.Tests.Core.FrameModelTests

open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Tests.Core.DataSets
open Xunit

/// Largest difference of intensities with arcs by the cost model from those with beams selected anew at each tilt, relative to
/// the largest of the frame.
let private differenceOfArcs sgMax =
    let intensities arcs =
        let settings =
            { settings with
                Selection = SelectionSettings(0.9, sgMax, 0.9, 0.9, 0.002)
                Arcs = arcs
                Tilts = Count 12
            }

        let experiment = geometry quartz.Cell [ -12.0; 25.0 ]
        (noiseFree settings quartz experiment (fun s -> uniform experiment 400.0 s)).Frames

    let ofFrame (arcs: VirtualFrame) (reference: VirtualFrame) =
        let values (f: VirtualFrame) =
            f.Observations |> Seq.map (fun o -> o.Hkl, o.Intensity) |> Map.ofSeq

        let found, expected = values arcs, values reference
        let largest = Seq.max expected.Values

        expected
        |> Map.toSeq
        |> Seq.map (fun (hkl, i) -> abs (i - found[hkl]) / largest)
        |> Seq.max

    Seq.map2 ofFrame (intensities ArcCut.CostModel) (intensities ArcCut.PerTilt)
    |> Seq.max

[<Fact>]
let ``arcs by the cost model differ from beams selected at each tilt by what sg_max leaves out, and not once it holds all``
    ()
    =
    let wide, wider = differenceOfArcs 0.02, differenceOfArcs 0.04
    Assert.True(wide < 0.02, $"{wide}")
    Assert.True(wider < 0.005, $"{wider}")
    Assert.True(differenceOfArcs 1.0 < 1e-12)

[<Fact>]
let ``without imaginary parts intensities and gradients are those with imaginary parts of zero`` () =
    let experiment = geometry centrosymmetric.Cell [ -12.0; 25.0 ]

    let data =
        noiseFree settings centrosymmetric experiment (fun s -> uniform experiment 400.0 s)

    let problem, state = Problem.create settings 1 centrosymmetric data
    let stage = Problem.plan problem (uniform data 430.0 state) data.Frames

    let real =
        ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

    Assert.Equal(PotentialKind.Real, real.Kind)

    let hermitian =
        { real with
            Kind = PotentialKind.Hermitian
            Im = Array.zeroCreate real.Re.Length
        }

    let thickness, rotation = 430.0, Vector3(1e-3, 2e-3, -1e-3)

    let close (a: float array) (b: float array) =
        let largest = Array.max (Array.map abs a)
        Array.iter2 (fun x y -> Assert.Equal(x, y, 1e-11 * largest)) a b

    for plan in stage.Model.Plan.Frames do
        let both (table: PotentialTable) =
            let workspace, k = Workspace(), stage.Model.Plan.WaveNumber

            let i =
                FrameModel.intensities workspace k stage.Model.Precision table plan [| thickness |] rotation

            i,
            FrameModel.adjoint
                workspace
                k
                table.Kind
                plan
                1
                rotation
                (i |> Array.mapi (fun j x -> sin (float j) / (x + 1e-3)))

        let (i, a), (j, b) = both real, both hermitian
        close i j
        close a.Potential.Re b.Potential.Re
        Assert.Empty a.Potential.Im
        close a.Thickness b.Thickness
        close [| a.Rotation.X; a.Rotation.Y; a.Rotation.Z |] [| b.Rotation.X; b.Rotation.Y; b.Rotation.Z |]

[<Fact>]
let ``automatic precision is double where absorption lets terms grow beyond single, in results and in searches`` () =
    let absorbing precision =
        { settings with
            Absorption = Absorption.Proportional
            AbsorptionRatio = 0.3
            Precision = precision
        }

    let lead =
        crystal
            (UnitCell(5.0, 5.2, 5.4, 90, 90, 90))
            "P1"
            [ site "Pb1" "Pb" 82 (Vector3(0.1, 0.2, 0.3)) (Adp.Isotropic 0.01) ]

    let experiment = geometry lead.Cell [ -12.0 ]

    let data =
        noiseFree (absorbing Double) lead experiment (fun s -> uniform experiment 400.0 s)

    let thickness = 2000.0

    let calculated precision =
        let problem, state = Problem.create (absorbing precision) 1 lead data
        let stage = Problem.plan problem (uniform data thickness state) data.Frames

        let table =
            ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

        let plan, k = stage.Model.Plan.Frames[0], stage.Model.Plan.WaveNumber

        [|
            FrameModel.intensitiesAt Result (Workspace()) k precision table plan thickness [| Vector3.Zero |]
            FrameModel.intensitiesAt Search (Workspace()) k precision table plan thickness [| Vector3.Zero |]
            FrameModel.atThicknesses (Workspace()) k precision table plan Vector3.Zero [| thickness |]
            FrameModel.rockingCurves (Workspace()) k precision table plan thickness
        |]
        |> Array.collect (Array.concat >> Array.singleton)

    Assert.Throws<UnresolvedException>(fun () -> calculated Single |> ignore)
    |> ignore

    for exact, found in Array.zip (calculated Double) (calculated Automatic) do
        Assert.Equal<float>(exact, found)

[<Fact>]
let ``kinematical intensities have one thickness, and a distribution three samples at least`` () =
    let samples model distribution =
        let settings =
            { settings with
                ThicknessModel = model
                ThicknessDistribution = distribution
                ThicknessMax = 100.0
                ThicknessMin = 10.0
            }

        let experiment = geometry quartz.Cell [ -12.0 ]

        let data = noiseFree settings quartz experiment (fun s -> uniform experiment 50.0 s)

        let problem, state = Problem.create settings 1 quartz data

        (Problem.plan problem (uniform data 50.0 state) data.Frames).Model.Plan.Frames[0].Thicknesses
        |> Seq.map _.Relative
        |> Seq.toList

    Assert.Equal<float list>([ 1.0 ], samples ThicknessChoice.Kinematical Uniform)
    Assert.Equal<float list>([ 1.0 / 6.0; 0.5; 5.0 / 6.0 ], samples ThicknessChoice.PerFrame Uniform)
