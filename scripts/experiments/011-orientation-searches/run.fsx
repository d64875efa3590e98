// Orientation of a frame by three searches: evaluations and residuals reached from the same starts. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Collections.Immutable
open System.IO
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.FrameModel
open Pendel.IO
open Pendel.Tensors

let folder = Experiment.dataFolder ()

let crystal =
    (StructureReader.Read(Path.Combine(folder, "quartz", "quartz_truth.cif"))).Value

let like =
    (PetsReader.Read(Path.Combine(folder, "quartz", "quartz.cif_pets"))).Value

let settings =
    { Settings.standard with
        ThicknessDistribution = Plate
        ThicknessMax = 1100.0
        Mosaicity = Degrees 0.0
    }

let thickness alpha =
    600.0 + 300.0 * sin (Math.PI * alpha / 49.0)

let threads = Environment.ProcessorCount
let data = Synthesis.run settings threads 0 1e6 thickness crystal like
let problem, initial = Problem.create settings threads crystal data

let state =
    { initial with
        Thickness = Map.ofSeq [ for f in data.Frames -> f.Id, thickness f.Alpha ]
    }

// every ninth frame, in the orientations that made the data
let stage =
    data.Frames
    |> Seq.indexed
    |> Seq.filter (fun (i, _) -> i % 9 = 0)
    |> Seq.map snd
    |> ImmutableArray.CreateRange
    |> Problem.plan problem state

let table =
    ForwardModel.tableOf stage.Model (Problem.potential problem stage (dsharp.tensor initial.Structure))

/// No expectation, so that the data alone decide.
let prior: FrameFit.Prior =
    {
        Rotation = Angle.Radians 1e3
        Bound = Angle.Radians 1.0
        Origin = Vector3.Zero
        Drift = Vector3.Zero
    }

/// What a search made of a frame.
type Found =
    {
        Evaluations: int
        WR: float
        /// Tilt away from the truth, degrees.
        Tilt: float
    }

let search method offset workspace i =
    let plan = stage.Model.Plan.Frames[i]
    let t = state.Thickness[plan.Frame.Id]
    let mutable count = 0

    let residuals =
        FrameFit.residuals OrientationResidual.Amplitudes stage.Model table workspace i

    let counted thickness (rotations: Vector3 array) =
        count <- count + rotations.Length
        residuals thickness rotations

    let random = Random(plan.Frame.Id)
    let azimuth = 2.0 * Math.PI * random.NextDouble()
    let axis = Vector3(cos azimuth, sin azimuth, 0.0)

    let start =
        {
            Thickness = t
            Rotation = Angle.Radians offset * axis
        }

    let found: FrameState = method counted prior start
    let r = found.Rotation

    {
        Evaluations = count
        WR =
            Residual.Instability
            * sqrt (Array.sumBy (fun x -> x * x) (residuals t [| r |] |> Array.head))
        Tilt = sqrt (r.X * r.X + r.Y * r.Y) * 180.0 / Math.PI
    }

let median (values: float array) = (Array.sort values)[values.Length / 2]

let methods =
    [
        "start", (fun _ prior start -> FrameFit.inside prior start)
        "gradient", (fun evaluate prior start -> FrameFit.fit evaluate prior 8 start)
        "Nelder-Mead", FrameFit.nelderMead
        "hexagonal", FrameFit.hexagonal
    ]

Experiment.writeResult
    __SOURCE_DIRECTORY__
    [
        for offset in [ 0.05; 0.2 ] do
            for name, method in methods do
                let found =
                    ForwardModel.perFrame stage.Model (fun workspace i ->
                        if Residual.isScored stage.Model.Rows[i] then
                            Some(search method offset workspace i)
                        else
                            None)
                    |> Array.choose id

                let label = FormattableString.Invariant $"{name}, {offset}° off:"
                $"{label} evaluations", median (found |> Array.map (fun f -> float f.Evaluations))
                $"{label} wR", median (found |> Array.map _.WR)
                $"{label} tilt left / °", median (found |> Array.map _.Tilt)

                $"{label} share of frames within 0.01°",
                float (found |> Array.filter (fun f -> f.Tilt < 0.01) |> Array.length)
                / float found.Length
    ]
