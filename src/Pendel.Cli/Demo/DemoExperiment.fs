/// The demo's crystal and measurement: α-quartz on a goniometer that turns from −49° to 49°.
module Pendel.Cli.DemoExperiment

open System
open System.IO
open Pendel.Crystallography
open Pendel.Core
open Pendel.IO

[<Literal>]
let private Resource = "quartz.cif"

/// λ at 200 kV, Å.
[<Literal>]
let private Wavelength = 0.025079

/// φ, degrees.
[<Literal>]
let private SemiAngle = 1.0

/// Largest |α|, degrees.
[<Literal>]
let private LastAngle = 49

/// The structure that counts as the truth.
let truth () =
    use stream =
        match typeof<Pendel.Cli.UsageException>.Assembly.GetManifestResourceStream Resource with
        | null -> invalidOp $"the resource {Resource} is missing"
        | found -> found

    use reader = new StreamReader(stream)
    StructureReader.Parse(reader.ReadToEnd(), Resource).Value

/// The measurement: adjoining frames of 2°, a crystal that lies askew, no rows yet.
let geometry (crystal: Crystal) =
    RotationSeries.create
        crystal.Cell
        Wavelength
        (Matrix3.Rotation(Vector3(0.7, -0.4, 1.1)))
        SemiAngle
        (RotationSeries.centred (LastAngle + 1) (2.0 * SemiAngle))

/// Apparent thickness at α, Å: a sine between 300 and 900 Å.
let thickness alpha =
    600.0 + 300.0 * sin (Math.PI * alpha / float LastAngle)
