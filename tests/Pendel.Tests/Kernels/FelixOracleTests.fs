module Pendel.Tests.Kernels.FelixOracleTests

open System
open System.Text.Json
open Xunit
open Pendel.Kernels
open Pendel.Tests.SharedData
open Pendel.Tests.Kernels.Arcs
open Pendel.Tests.Kernels.BlochOracle

/// Kirkland's scattering factor: three Lorentzians and three Gaussians.
let private kirkland (c: float[]) g2 =
    Array.sum
        [|
            for i in 0..2 -> c[2 * i] / (g2 + c[2 * i + 1]) + c[6 + 2 * i] * exp (-c[7 + 2 * i] * g2)
        |]

/// felix's own constants; its speed of light is not the true one.
let private electron (root: JsonElement) =
    let constant (name: string) =
        root?felix_constants.GetProperty(name).GetDouble()

    let rest = constant "me" * constant "c" ** 2.0
    let energy = 200e3 * constant "e"
    1.0 + energy / rest, 1e-10 * sqrt (energy * (2.0 * rest + energy)) / (constant "h" * constant "c")

/// felix's excitation error: the chord between the actual and the Bragg condition.
let private excitationError k (wave: float[]) (g: float[]) =
    let length = sqrt (dot g g)

    if length = 0.0 then
        0.0
    else
        let along = dot g wave / length
        let across = Array.map2 (fun w g -> w - along * g / length) wave g
        let size = sqrt (k * k - length * length / 4.0) / sqrt (dot across across)
        let bragg = Array.map2 (fun a g -> a * size - g / 2.0) across g
        let offset = 2.0 * dot g wave + length * length

        -(float (sign offset)) * length / k
        * sqrt (max 0.0 (2.0 * (k * k - dot bragg wave)))

[<SharedFact("oracle/bloch/felix_quartz_001_kirkland.json")>]
let ``patterns of quartz are those of felix`` () =
    let root = load "oracle/bloch/felix_quartz_001_kirkland.json"
    let gamma, k = electron root

    let quartz =
        structure root?crystal gamma (fun z -> kirkland (numbers (root?kirkland.GetProperty(string z))))

    let a, c = (numbers root?crystal?cell)[0], (numbers root?crystal?cell)[2]

    let cartesian (h: int[]) =
        [| float h[0] / a; float (h[0] + 2 * h[1]) / (a * sqrt 3.0); float h[2] / c |]

    let pool = indices root?pool_hkl

    for iy in 0..3 do
        for ix in 0..3 do
            let p, q = 0.1 * (float iy - 1.5), 0.1 * (float ix - 1.5)
            let kx, ky = cos (Math.PI / 6.0) * q - 0.5 * p, 0.5 * q + cos (Math.PI / 6.0) * p
            let wave = [| kx; ky; sqrt (k * k - kx * kx - ky * ky) |]
            let error h = excitationError k wave (cartesian h)
            let beams = pool |> Array.sortBy (error >> abs) |> Array.truncate 134
            let weight = beams |> Array.map (fun h -> 1.0 / (1.0 + (cartesian h)[2] / wave[2]))
            let arc = arcOf quartz beams (Array.map error beams) weight k k

            for thickness in numbers root?thickness_A do
                let flux = forward Precision.Double arc thickness

                for spot in root?intensities.EnumerateArray() do
                    if spot?t.GetDouble() = thickness then
                        let h = [| for x in spot?hkl.EnumerateArray() -> x.GetInt32() |]

                        let g =
                            Array.IndexOf(beams |> Array.map (fun b -> b[0], b[1], b[2]), (h[0], h[1], h[2]))

                        let pattern = rows spot?I
                        Assert.Equal(pattern[iy][ix], flux[g] * weight[g], 3e-7)
