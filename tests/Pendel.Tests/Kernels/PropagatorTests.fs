module Pendel.Tests.Kernels.PropagatorTests

open System
open Xunit
open Pendel.Kernels
open Pendel.Tests.Kernels.Arcs

let private kinds = [ RealSymmetric; Hermitian; Absorptive ]

[<Fact>]
let ``intensities agree with eigenvectors and with the matrix exponential`` () =
    for kind in kinds do
        for beams, tilts in [ 1, 1; 2, 3; 7, 5; 33, 4; 70, 9 ] do
            for thickness in [ 0.0; 1e-9; 3.0; 400.0; 1500.0 ] do
                let arc = random (beams + tilts) kind beams tilts
                let error = distance (forward Precision.Double arc thickness) (oracle arc thickness)
                Assert.True(error < 1e-12, $"{kind}, {beams} beams, {tilts} tilts, {thickness} Å: {error}")

[<Fact>]
let ``two beams follow the two-beam formula`` () =
    let potential, excitation, weight, k = 0.03, 0.002, 1.02, 40.0

    let arc =
        {
            Beams = 2
            Tilts = 1
            Re = [| 0.0; 0.0; 0.0; 0.0 |]
            Im = [| 0.0; potential; -potential; 0.0 |]
            Diagonal = [| 0.0; 2.0 * k * excitation * weight |]
            Weight = [| 1.0; weight |]
            WaveNumber = k
            Hermitian = true
        }

    for thickness in [ 100.0; 850.0; 3000.0 ] do
        let extinction = k / (potential * sqrt weight)
        let s = sqrt ((excitation * weight) ** 2.0 + 1.0 / extinction ** 2.0)
        let expected = (sin (Math.PI * thickness * s) / (extinction * s)) ** 2.0
        let found = forward Precision.Double arc thickness
        Assert.Equal(expected, found[1], 1e-12)
        Assert.Equal(1.0 - expected, found[0], 1e-12)
