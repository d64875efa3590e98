// One frame: orientation, tilts, arcs with their beams, scored reflections.
#load "example.fsx"

open Pendel.Core

let problem, state = Example.problemOf Example.crystal
let stage = Problem.plan problem state Example.data.Frames
let plan = stage.Model.Plan.Frames[2]

printfn
    $"frame {plan.Frame.Id} at α = {plan.Frame.Alpha}°, ±{plan.Frame.PrecessionAngle}°, {plan.Tilts.Length} orientations"

for arc in plan.Arcs do
    printfn $"  arc of {arc.TiltCount} orientations from number {arc.FirstTilt}: {arc.Beams.Length} beams"

printfn "  %-10s %10s %8s %10s %8s" "h k l" "S_g / Å⁻¹" "RSg" "I" "sigma"

for r in plan.Scored do
    let o = r.Observation
    printfn $"  %-10O{o.Hkl} %10.5f{r.ExcitationError} %8.3f{r.Rsg} %10.0f{o.Intensity} %8.0f{o.Su}"
