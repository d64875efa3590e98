// The crystal: cell, symmetry, sites with their free parameters, structure factors.
#load "example.fsx"

open Pendel.Crystallography
open Pendel.Core
open Pendel.Diffraction
open Pendel.Tensors

let crystal = Example.crystal
printfn $"{crystal.Cell}, {crystal.SpaceGroup}, {crystal.SpaceGroup.Operations.Length} operations"

for site in crystal.Sites do
    let symmetry = SiteSymmetry.Of(site.Position, crystal.SpaceGroup, crystal.Cell)
    printfn $"  {site.Label}: {symmetry.Multiplicity} in the cell, {symmetry.PositionBasis.Length} free shifts"

printfn "origin shifts that change nothing:"

for s in OriginShifts.Of crystal.SpaceGroup do
    printfn $"  {s.X} {s.Y} {s.Z}"

let problem, state = Example.problemOf crystal
printfn "parameters: %s" (String.concat " " problem.Structure.Names)

let stage = Problem.plan problem state Example.data.Frames

let table =
    ForwardModel.tableOf (Problem.potential problem stage (dsharp.tensor state.Structure))

printfn "potential coefficients U_g / Å⁻² (imaginary part in brackets):"

for i in 0..9 do
    let hkl = stage.Model.Plan.Support.Reflections[i]
    printfn $"  %-10O{hkl} %9.5f{table.Re[i]} (%8.5f{table.Im[i]})"
