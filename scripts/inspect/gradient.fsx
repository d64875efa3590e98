// The gradient of the joint loss beside central differences, for each parameter of the structure.
#load "example.fsx"

open Pendel.Core
open Pendel.Tensors

let problem, state =
    Example.problemOf (Synthesis.displace 1 0.05 Example.crystal)
    |> fun (problem, state) -> problem, Joint.follow problem state

let stage = Problem.plan problem state Example.data.Frames
let loss = Joint.loss problem stage
let start = Array.append state.Structure state.ThicknessParameters.Value
let value, gradient = dsharp.fgrad loss (dsharp.tensor start)
let slopes = gradient.toArray1D<float>()
printfn $"wR_mean %.6f{float value}"
printfn "  %-8s %12s %12s" "" "gradient" "difference"

for i, name in Array.indexed problem.Structure.Names do
    let step = 1e-3

    let at shift =
        let moved = Array.copy start
        moved[i] <- moved[i] + shift
        float (loss (dsharp.tensor moved))

    printfn $"  %-8s{name} %12.6f{slopes[i]} %12.6f{(at step - at -step) / (2.0 * step)}"
