// The structure matrix of one arc at its first orientation: A_gg = 2K S_g M_g², A_gh = M_g U_{g−h} M_h (CONVENTIONS).
#load "example.fsx"

open Pendel.Core
open Pendel.Tensors

let problem, state = Example.problemOf Example.crystal
let stage = Problem.plan problem state Example.data.Frames
let plan = stage.Model.Plan.Frames[2]
let arc = plan.Arcs[0]

let table =
    ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor state.Structure))

let k = stage.Model.Plan.WaveNumber
let n = arc.Beams.Length
let tilt = plan.Tilts[arc.FirstTilt].Rotation

let excitation i =
    let g = tilt * arc.G[i]
    g.Z - g.Dot g / (2.0 * k)

let places = arc.Differences.ToArray()

let element i j =
    if i = j then
        2.0 * k * excitation i * arc.FluxWeight[i]
    else
        let place = plan.Support[places[i * n + j]]
        sqrt (arc.FluxWeight[i] * arc.FluxWeight[j]) * table.Re[place]

printfn $"K = %.5f{k} Å⁻¹, {n} beams; real part of the first eight rows and columns, Å⁻²"
let shown = [ 0 .. min 7 (n - 1) ]

for i in shown do
    let row = shown |> List.map (fun j -> $"%9.5f{element i j}") |> String.concat " "
    printfn $"  %-9O{arc.Beams[i]} {row}"
