module Pendel.Oracles.Diffraction.SettingTests

open System.Collections.Immutable
open Xunit
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tensors
open Pendel.Tests.SharedData

/// Intensities of the scored reflections of a frame.
let private simulate crystal (experiment: Experiment) =
    let settings =
        { Settings.standard with
            Selection = SelectionSettings(1.6, 0.01, 1.6, 0.66, 0.0015)
            Tilts = Count 20
            Mosaicity = Degrees 0.0
            Precision = Double
        }

    let problem, state = Problem.create settings 1 crystal experiment
    let stage = Problem.plan problem state experiment.Frames
    let potential = Problem.potential problem stage (dsharp.tensor state.Structure)

    let found =
        ForwardModel.intensities
            stage.Model
            potential
            [|
                {
                    Thickness = 460.0
                    Rotation = Vector3.Zero
                }
            |]

    Seq.zip (stage.Model.Plan.Frames[0].Scored |> Seq.map (fun s -> s.Observation.Hkl)) found[0]
    |> Map.ofSeq

[<SharedFact("data/cspbbr3/cspbbr3.cif", "data/cspbbr3/cspbbr3.cif_pets")>]
let ``CsPbBr3 has the same intensities in Pbnm and in Pnma`` () =
    let pbnm = (StructureReader.Read(path "data/cspbbr3/cspbbr3.cif")).Value
    let all = (PetsReader.Read(path "data/cspbbr3/cspbbr3.cif_pets")).Value
    // Pnma: a′ = b, b′ = c, c′ = a
    let axes = Matrix3(0, 1, 0, 0, 0, 1, 1, 0, 0)
    let hkl (h: MillerIndex) = MillerIndex(h.K, h.L, h.H)

    let cell (c: UnitCell) =
        UnitCell(c.B, c.C, c.A, c.Beta, c.Gamma, c.Alpha)

    let mutable group = Unchecked.defaultof<SpaceGroup>
    Assert.True(SpaceGroup.TryFromHermannMauguin("P n m a", &group))

    let site (s: AtomSite) =
        let u = (s.Adp.ToReciprocal pbnm.Cell).Transform axes
        let cartesian = u.Transform (cell pbnm.Cell).Orthogonalisation

        AtomSite(
            s.Label,
            s.Element,
            s.Charge,
            axes * s.Position,
            Adp.FromCartesian(cartesian, cell pbnm.Cell),
            s.Occupancy
        )

    let pnma =
        Crystal(cell pbnm.Cell, group, (pbnm.Sites |> Seq.map site).ToImmutableArray())

    let frame = all.Frames |> Seq.find (fun f -> f.Id = 29)

    let relabelled =
        (frame.Observations
         |> Seq.map (fun o -> Observation(hkl o.Hkl, o.Intensity, o.Su)))
            .ToImmutableArray()
        |> frame.WithObservations

    let experiment cell ub (frame: VirtualFrame) =
        Experiment(
            cell,
            all.Wavelength,
            ub,
            all.Geometry,
            all.Mosaicity,
            all.RockingCurveWidth,
            ImmutableArray.CreateRange [ frame ]
        )

    let expected = simulate pbnm (experiment all.Cell all.OrientationMatrix frame)

    let found =
        simulate pnma (experiment (cell all.Cell) (all.OrientationMatrix * axes.Transpose) relabelled)

    Assert.True(expected.Count > 100, $"{expected.Count} reflections")
    Assert.Equal(expected.Count, found.Count)
    let largest = Seq.max expected.Values

    for KeyValue(h, i) in expected do
        Assert.True(abs (found[hkl h] - i) < 1e-10 * largest, $"{h}: {i} and {found[hkl h]}")
