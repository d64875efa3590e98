module Pendel.Tests.Core.PotentialTests

open System
open System.Collections.Immutable
open System.Numerics
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core
open Pendel.Tests.Core.DataSets
open Pendel.Tests.Tensors
open Xunit

let private optics = ElectronOptics.FromVoltage 200e3
let private factors = ScatteringFactorTable.Lobato

let private potentialOf settings (model: StructureModel.StructureModel) (reflections: MillerIndex list) =
    PotentialModel.create
        (Crew 2)
        optics
        settings
        model
        (SupportList(reflections.ToImmutableArray(), model.Start.SpaceGroup))

let private withAbsorption absorption =
    { Settings.standard with
        Absorption = absorption
        AbsorptionRatio = 0.07
    }

let private box =
    [
        for h in -3 .. 3 do
            for k in -2 .. 2 do
                for l in -3 .. 2 -> MillerIndex(h, k, l)
    ]

/// γ/(πΩ) Σ o f exp(−2π² hᵀU*h) exp(−2πi h·x) over all operations, an atom on a special position shared among its own.
let private directWith (factor: AtomSite -> float -> float) (crystal: Crystal) (hkl: MillerIndex) =
    let h = hkl.ToVector()

    Seq.fold
        (fun (sum: Complex) z -> sum + z)
        Complex.Zero
        (seq {
            for s in crystal.Sites do
                let share =
                    1.0
                    / float (SiteSymmetry.Of(s.Position, crystal.SpaceGroup, crystal.Cell)).Stabiliser.Length

                let f = factor s (crystal.Cell.ReciprocalLength hkl / 2.0)

                for o in crystal.SpaceGroup.Operations do
                    let u = (s.Adp.ToReciprocal crystal.Cell).Transform(o.Rotation).ToMatrix()
                    let size = share * s.Occupancy * f * exp (-2.0 * Math.PI ** 2.0 * h.Dot(u * h))
                    Complex.FromPolarCoordinates(size, -2.0 * Math.PI * h.Dot(o.Apply s.Position))
        })
    * Complex(optics.Gamma / (Math.PI * crystal.Cell.Volume), 0.0)

let private direct =
    directWith (fun site -> ScatteringFactors.For(factors, site.Element, site.Charge).Evaluate)

/// The same sum with f′(s, B), B = 8π²U_eq.
let private directImaginary (crystal: Crystal) =
    let factor (site: AtomSite) s =
        let u = site.Adp.ToCartesian crystal.Cell
        let b = 8.0 * Math.PI ** 2.0 * (u.T11 + u.T22 + u.T33) / 3.0
        AbsorptiveFactors.For(site.Element, optics).Evaluate(s, b)

    directWith factor crystal

let private moved (model: StructureModel.StructureModel) seed =
    let random = Random(seed: int)
    Array.init model.Count (fun _ -> random.NextDouble() - 0.5)

let private isSum settings (start: Crystal) (expected: Crystal -> MillerIndex -> Complex) =
    let model = StructureModel.create start
    let q = moved model 3
    let potential = potentialOf settings model box

    let u =
        Potential.evaluate potential (StructureModel.evaluate model (dsharp.tensor q))
        |> Potential.coefficientsOf potential.Kind

    let crystal = StructureModel.toCrystal model q

    for i, hkl in List.indexed box do
        let expected = expected crystal hkl
        Assert.Equal(expected.Real, u.Re[i], 1e-14)
        Assert.Equal(expected.Imaginary, (if u.Im.Length = 0 then 0.0 else u.Im[i]), 1e-14)

[<Fact>]
let ``the potential is the sum over all atoms of the cell, with anisotropic displacement and special positions`` () =
    isSum Settings.standard quartz direct

[<Fact>]
let ``the potential about an inversion centre at the origin has no imaginary parts`` () =
    let model = StructureModel.create centrosymmetric
    Assert.Equal(Pendel.Kernels.PotentialKind.Real, (potentialOf Settings.standard model box).Kind)

    Assert.Equal(
        Pendel.Kernels.PotentialKind.Absorptive,
        (potentialOf (withAbsorption Absorption.ThermalDiffuse) model box).Kind
    )

    isSum Settings.standard centrosymmetric direct

[<Fact>]
let ``absorption adds iκU, or i times the sum of absorptive factors at each site's own B`` () =
    for crystal in [ quartz; centrosymmetric ] do
        isSum (withAbsorption Absorption.Proportional) crystal (fun c h -> direct c h * Complex(1.0, 0.07))

        isSum (withAbsorption Absorption.ThermalDiffuse) crystal (fun c h ->
            direct c h + Complex.ImaginaryOne * directImaginary c h)

[<Fact>]
let ``beyond the table of absorptive factors they stay those of its end`` () =
    let hot scale =
        crystal
            quartz.Cell
            "P1"
            [
                site "Si1" "Si" 14 (Vector3(0.1, 0.2, 0.3)) (Adp.Isotropic(scale / (8.0 * Math.PI ** 2.0)))
            ]

    let meanAbsorption b =
        let model = StructureModel.create (hot b)

        let potential =
            potentialOf (withAbsorption Absorption.ThermalDiffuse) model [ MillerIndex.Zero ]

        (Potential.evaluate potential (StructureModel.evaluate model (dsharp.zeros model.Count))).toArray1D<float>()[1]

    Assert.Equal(meanAbsorption 4.0, meanAbsorption 6.0, 1e-12)
    Assert.True(meanAbsorption 3.0 < meanAbsorption 4.0)

[<Fact>]
let ``the wave number holds the mean inner potential`` () =
    let model = StructureModel.create quartz
    let mean = (direct quartz MillerIndex.Zero).Real
    Assert.Equal(sqrt (optics.WaveNumber ** 2.0 + mean), PotentialModel.waveNumber optics factors model, 12)

[<Fact>]
let ``the pullback of the potential agrees with differences, with absorption and without`` () =
    for start in [ quartz; centrosymmetric ] do
        for absorption in [ Absorption.None; Absorption.Proportional; Absorption.ThermalDiffuse ] do
            let model = StructureModel.create start
            let potential = potentialOf (withAbsorption absorption) model box

            // the second derivative of f' jumps at every tabulated B: the points of a difference lie between two of them
            let reach = if absorption = Absorption.ThermalDiffuse then 0.01 else 0.5

            PullbackCheck.holdsAt
                5
                { PullbackCheck.case $"potential, {absorption}" [ [| model.Count |] ] (fun q ->
                      Potential.evaluate potential (StructureModel.evaluate model q[0])) with
                    Interval = -reach, reach
                }
