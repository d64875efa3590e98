// A thickness model and a loss of your own, refined together with the structure: they are functions on tensors, no more.
#load "example.fsx"

open Pendel.Core
open Pendel.Report
open Pendel.Tensors

let start = Synthesis.displace 1 0.05 Example.crystal
let problem, state = Example.problemOf start
let stage = Problem.plan problem state Example.data.Frames

let alphas =
    dsharp.tensor [| for f in stage.Model.Plan.Frames -> f.Frame.Alpha / 20.0 |]

let noRotation = dsharp.zeros (3 * stage.Model.Rows.Length)

// -- ten lines: a parabola for the thickness, R1 of the amplitudes for the loss ----------------------------------------
let thickness (p: Tensor) =
    500.0 + 100.0 * (p[0] + p[1] * alphas + p[2] * alphas * alphas)

let r1 (rows: Residual.Rows) (calculated: Tensor) =
    let c = Residual.scale rows (calculated.primal.toArray1D<float>())
    let observed = sqrt (dsharp.tensor rows.Intensity)
    dsharp.abs(observed - sqrt (c * calculated)).sum() / observed.sum ()

let loss (p: Tensor) =
    let potential = Problem.potential problem stage p[3..]
    (ForwardModel.losses stage.Model (fun i -> r1 stage.Model.Rows[i]) potential (thickness p[..2]) noRotation).mean()
// ----------------------------------------------------------------------------------------------------------------------

let epochs = 60

let step (p: float array, adam) epoch =
    let value, gradient = dsharp.fgrad loss (dsharp.tensor p)

    if epoch % 10 = 0 then
        printfn $"epoch %3d{epoch}  R1 %.4f{float value}"

    let rate = Array.create p.Length (0.1 * Adam.cosineDecay epochs epoch)
    let struct (shift, next) = Adam.update rate adam (gradient.toArray1D<float>())
    Array.map2 (+) p shift, next

let initial = Array.zeroCreate (3 + problem.Structure.Count)

let refined, _ =
    List.fold step (initial, Adam.init initial.Length) [ 0 .. epochs - 1 ]

let result = StructureModel.toCrystal problem.Structure refined[3..]
let found = (thickness (dsharp.tensor refined[..2])).toArray1D<float>()

printfn
    $"RMSD {Comparison.rmsd Example.crystal start:F4} Å at the start, {Comparison.rmsd Example.crystal result:F4} Å at the end"

for f, t in Seq.zip stage.Model.Plan.Frames found do
    printfn $"frame {f.Frame.Id}: thickness %.1f{t} Å, truth %.1f{Example.thickness f.Frame.Alpha} Å"
