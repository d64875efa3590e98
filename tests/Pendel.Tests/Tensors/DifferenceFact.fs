/// Tests of what Pendel.Tensors deliberately does otherwise than DiffSharp.
module Pendel.Tests.Tensors.DifferenceFact

open System
open Pendel.Tensors
open Xunit

/// A test of a deliberate difference; it is skipped, with the reason, where the core is built on DiffSharp's tensors.
///
/// - `number`: of the difference, in the list of src/Pendel.Tensors/Tensor.fs
[<AttributeUsage(AttributeTargets.Method)>]
type DifferenceFactAttribute(number: int) =
    inherit FactAttribute()

    do
        if typeof<Tensor>.Assembly <> typeof<dsharp>.Assembly then
            base.Skip <- $"difference {number} of Pendel.Tensors (Tensor.fs) from DiffSharp"
