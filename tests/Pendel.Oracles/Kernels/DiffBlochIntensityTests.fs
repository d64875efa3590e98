module Pendel.Oracles.Kernels.DiffBlochIntensityTests

open System
open Xunit
open Pendel.Oracles.DiffBloch
open Pendel.Oracles.DiffBlochArcs
open Pendel.Tests.SharedData

/// Intensities relative to the largest of the frame.
let private compare tolerance (case: Case) =
    for rotation in rotations case do
        let error =
            distance rotation.Expected (intensities case rotation)
            / Array.max rotation.Expected

        Assert.True(error < tolerance, $"rotation {rotation.Data?rotation_index}: {error} of the largest")

[<SharedFact("oracle/diffbloch/quartz.json", "data/quartz/quartz.cif")>]
let ``quartz has the intensities of diffBloch`` () = compare 1e-8 (quartz "quartz.json")

[<SharedFact("oracle/diffbloch/cspbbr3.json", "data/cspbbr3/cspbbr3.cif")>]
let ``CsPbBr3 has the intensities of diffBloch`` () = compare 1e-8 (cspbbr3 "cspbbr3.json")

/// The arc of the listed structure matrix, over all tilts of its segment: U = A/(M_g M_h) of the one tilt that is listed, its
/// absorptive diagonal U′_0 M (once) for each tilt anew.
let private listedArcs (case: Case) (rotation: Rotation) =
    let example = case.Root?A_example

    let re, im =
        items example?A?re |> Array.map numbers, items example?A?im |> Array.map numbers

    let m = numbers example?mii

    let segment =
        rotation.Segments
        |> Array.find (fun s -> Array.contains (example?tilt_index.GetInt32()) s.Tilts)

    Assert.Equal<_ array>(indices example?hkl, segment.Beams)
    let n = segment.Beams.Length

    let potential (a: float array array) =
        Array.init (n * n) (fun k -> a[k / n][k % n] / (m[k / n] * m[k % n]))

    [|
        for tilt in segment.Tilts do
            let one = { segment with Tilts = [| tilt |] }
            let own = arrays case rotation one
            let onDiagonal k = k % (n + 1) = 0

            one,
            { own with
                Re = potential re |> Array.mapi (fun k u -> if onDiagonal k then 0.0 else u)
                Im =
                    potential im
                    |> Array.mapi (fun k u ->
                        if onDiagonal k then
                            im[0][0] / sqrt own.Weight[k / n]
                        else
                            u)
            }
    |]

[<SharedFact("oracle/diffbloch/quartz_absorption.json", "oracle/diffbloch/quartz.json", "data/quartz/quartz.cif")>]
let ``rocking curves from diffBloch's structure matrices are diffBloch's, with absorption and without`` () =
    for case in [ quartz "quartz.json"; quartz "quartz_absorption.json" ] do
        let index = case.Root?A_example?rotation_index.GetInt32()

        let rotation =
            rotations case |> Array.find (fun r -> r.Data?rotation_index.GetInt32() = index)

        let propagator = Pendel.Kernels.Propagator()

        let arcs =
            listedArcs case rotation
            |> Array.map (fun (s, a) -> s, propagate case propagator s a)

        for curve in items rotation.Data?rocking_curves_top3 do
            let expected = numbers curve?I_per_tilt
            let h = numbers curve?hkl |> Array.map int
            let hkl = Pendel.Crystallography.MillerIndex(h[0], h[1], h[2])

            let error =
                arcs
                |> Array.map (fun (s, found) ->
                    let own =
                        match Array.IndexOf(s.Beams, hkl) with
                        | -1 -> 0.0
                        | b -> found[b]

                    abs (own - expected[s.Tilts[0]]))
                |> Array.max

            Assert.True(error < 1e-8 * Array.max expected, $"{hkl}: {error}")

/// All tilts from our own f′, which differs by up to 3e-4 there.
[<SharedFact("oracle/diffbloch/quartz_absorption.json", "data/quartz/quartz.cif")>]
let ``quartz with absorption has the intensities of diffBloch as far as the absorptive factors agree`` () =
    compare 1e-4 (quartz "quartz_absorption.json")

/// f′ as above; absorption of the heavy atoms takes more from the intensities, so that its differences weigh more.
[<SharedFact("oracle/diffbloch/cspbbr3_absorption.json", "data/cspbbr3/cspbbr3.cif")>]
let ``CsPbBr3 with absorption has the intensities of diffBloch as far as the absorptive factors agree`` () =
    compare 5e-4 (cspbbr3 "cspbbr3_absorption.json")
