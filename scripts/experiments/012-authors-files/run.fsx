// The authors' synthetic files, refined with exact physics and with the deviations that they were made with. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Collections.Immutable
open System.IO
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.Core.Problem
open Pendel.IO

/// A sample with the selection that its authors name.
type Sample =
    {
        Name: string
        Truth: string
        Displacements: (float * string) list
        Selection: SelectionSettings
        /// Tilts of the authors' rocking curves.
        Tilts: int
        /// Range of the scan, Å.
        Thickness: float * float
        /// Learning rates of structure and network.
        Rates: float * float
    }

let private sample name truth gMax (rsg: float) tilts thickness rates =
    {
        Name = name
        Truth = $"{name}/{truth}"
        Displacements =
            [
                for d in [ 1; 2 ] -> 0.1 * float d, $"{name}/synthetic/{name}_0{d}_displacement.cif"
            ]
        Selection = SelectionSettings(gMax, 0.01, gMax, rsg, 0.0015)
        Tilts = tilts
        Thickness = thickness
        Rates = rates
    }

let samples =
    [
        sample "quartz" "quartz_truth.cif" 2.0 0.9 42 (800.0, 2300.0) (0.1, 2e-4)
        sample "cspbbr3" "cspbbr3.cif" 2.4 0.66 60 (800.0, 2300.0) (0.1, 2e-4)
        sample "paracetamol" "paracetamol.cif" 2.0 0.9 70 (100.0, 1000.0) (0.4, 4e-4)
    ]

/// What the data are calculated with.
type Physics =
    /// Rotations, converged rocking curves, the goniometer's axis.
    | Exact
    /// As the files were made: strain of UB inverted, tilts with both ends, a moving average over five of them, tilts about x
    /// of the laboratory.
    | Authors

/// So many tilts from −φ to φ, both included, and the mean of five neighbours wherever there are five: outer tilts count less.
let authorsTilts count (frame: VirtualFrame) =
    let window = 5
    let semi = Angle.Radians frame.PrecessionAngle
    let windows = count - window + 1

    let share k =
        let first, last = max 0 (k - window + 1), min (windows - 1) k
        float (last - first + 1) / float (window * windows)

    [
        for k in 0 .. count - 1 -> RockingCurve.AboutX(semi * (2.0 * float k / float (count - 1) - 1.0), share k)
    ]
    |> ImmutableArray.CreateRange

/// h → g with the strain of UB inverted, g = (R · UB · 𝐁⁻¹)⁻ᵀ · 𝐁 · h, turned by ω less the axis' azimuth about the beam.
let authorsMatrix (data: Experiment) (frame: VirtualFrame) =
    let inverted =
        (data.OrientationMatrix * data.Cell.Reciprocal.Inverse).Inverse.Transpose

    let azimuth = frame.Omega - data.RotationAxisPosition.Value

    Matrix3.RotationZ(Angle.Radians azimuth)
    * Matrix3.RotationX(Angle.Radians frame.Alpha)
    * Matrix3.RotationY(Angle.Radians frame.Beta)
    * inverted
    * data.Cell.Reciprocal

/// The plan of all frames.
let stage physics tilts (problem: Problem) (state: State) =
    match physics with
    | Exact -> Problem.plan problem state problem.Experiment.Frames
    | Authors ->
        let plan =
            problem.Planner.Plan(
                problem.Experiment.Frames,
                authorsMatrix problem.Experiment,
                (fun _ -> Vector3.Zero),
                authorsTilts tilts
            )

        let potential =
            PotentialModel.create problem.Crew problem.Optics problem.Settings problem.Structure plan.Support

        {
            Model =
                ForwardModel.create
                    problem.Settings.Precision
                    infinity
                    problem.Crew
                    problem.Workspaces
                    potential.Kind
                    plan
            Potential = potential
        }

let settings (sample: Sample) =
    let low, high = sample.Thickness

    { Settings.standard with
        ThicknessDistribution = Plate
        Selection = sample.Selection
        Geometry = Some CollectionGeometry.Rotation
        Orientation = Fixed
        Mosaicity = Degrees 0.0
        ThicknessMin = low
        ThicknessMax = high
        Epochs = 50
        LearningRate = fst sample.Rates
        NetworkLearningRate = snd sample.Rates
    }

/// Rounds of a thickness scan and fifty epochs; the rates fall to a quarter from one to the next.
let rounds = 4

/// Thickness and structure from a displaced start.
let refine physics tilts (problem: Problem) (start: State) =
    let planned = stage physics tilts problem start

    let round (state: State) number =
        let scanned =
            if number = 0 then
                ThicknessScan.atPresent Monitor.silent problem planned state
                |> Joint.follow problem
            else
                ThicknessScan.atExactOrientations Monitor.silent problem planned state
                |> Joint.followAs ThicknessNN.AsSmoothAsTheCurve problem

        let agreement s =
            (Evaluate.at problem planned s).Residuals.WRMean

        let followed =
            if number = 0 || agreement scanned < agreement state then
                scanned
            else
                state

        let pace =
            { Joint.wholePace problem.Settings with
                Factor = 0.25 ** float number
                Reach = (if number = 0 then infinity else 5.0)
            }

        let dataSet: DataSet.DataSet =
            {
                Problem = problem
                Stage = planned
                State = followed
            }

        (Joint.runFrom ignore None pace Monitor.silent [| dataSet |]).States[0]

    let final = List.fold round start [ 0 .. rounds - 1 ]
    Evaluate.at problem planned final

let private structure folder (path: string) =
    (StructureReader.Read(Path.Combine(folder, path))).Value

let private dataOf folder sample =
    (PetsReader.Read(Path.Combine(folder, $"{sample.Name}/synthetic/{sample.Name}_paper_data.cif_pets"))).Value

/// wR_mean of the truth, each frame at its best thickness: what refinements could reach if the physics were that of the data.
let atTruth folder sample physics =
    let problem, start =
        Problem.create
            { settings sample with
                ThicknessMin = 50.0
            }
            Environment.ProcessorCount
            (structure folder sample.Truth)
            (dataOf folder sample)

    let scan =
        ThicknessScan.scan Monitor.silent problem (stage physics sample.Tilts problem start) start.Structure

    let wR = scan.WR |> Map.values |> Seq.averageBy Array.min
    let name = $"{sample.Name} truth {string physics |> _.ToLowerInvariant()}"
    printfn $"%s{name}: wR %.4f{wR}, each frame at its best thickness"
    [ ($"{name} wR_mean", wR) ]

let run folder sample physics (displacement, displaced: string) =
    let read = structure folder
    let data = dataOf folder sample

    let problem, start =
        Problem.create (settings sample) Environment.ProcessorCount (read displaced) data

    let truth =
        let crystal = read sample.Truth
        Crystal(data.Cell, crystal.SpaceGroup, crystal.Sites)

    let watch = Diagnostics.Stopwatch.StartNew()
    let found = refine physics sample.Tilts problem start
    let difference = StructureComparison.Of(truth, found.Crystal)

    let name =
        $"{sample.Name} {displacement:F1} {string physics |> _.ToLowerInvariant()}"

    printfn
        $"%s{name}: wR %.4f{found.Residuals.WRMean}, RMSD %.5f{difference.Rmsd} Å, ΔU %.5f{difference.AdpDifference} Å², t %.0f{found.Frames |> Array.map _.Thickness |> Array.min} to %.0f{found.Frames |> Array.map _.Thickness |> Array.max} Å, %.0f{watch.Elapsed.TotalSeconds} s"

    [
        $"{name} wR_mean", found.Residuals.WRMean
        $"{name} RMSD / Å", difference.Rmsd
        $"{name} ΔU / Å²", difference.AdpDifference
    ]

let usage =
    "usage: dotnet fsi run.fsx DATA-FOLDER [SAMPLE [PHYSICS [DISPLACEMENT]]]\n"
    + "SAMPLE: quartz, cspbbr3 or paracetamol; PHYSICS: exact or authors; DISPLACEMENT: 0.1, 0.2 or truth, which is not refined"

let folder, wanted =
    let choose name physics displacement =
        [
            for sample in samples |> List.filter (fun s -> s.Name = name) do
                for start in sample.Displacements do
                    if displacement |> Option.forall ((=) (fst start)) then
                        for p in physics -> sample, p, Some start
        ]

    let chooseTruth name physics =
        [
            for sample in samples |> List.filter (fun s -> s.Name = name) do
                for p in physics -> sample, p, None
        ]

    let physicsOf =
        function
        | "exact" -> [ Exact ]
        | "authors" -> [ Authors ]
        | _ -> []

    let folder, wanted =
        match fsi.CommandLineArgs |> Array.toList |> List.tail with
        | [ folder ] -> folder, choose "quartz" [ Exact; Authors ] None
        | [ folder; sample; physics; "truth" ] -> folder, chooseTruth sample (physicsOf physics)
        | [ folder; sample ] -> folder, choose sample [ Exact; Authors ] None
        | [ folder; sample; physics ] -> folder, choose sample (physicsOf physics) None
        | [ folder; sample; physics; displacement ] ->
            folder, choose sample (physicsOf physics) (Some(float displacement))
        | _ -> "", []

    if wanted.IsEmpty then
        eprintfn $"%s{usage}"
        exit 1

    folder, wanted

Experiment.writeResult
    __SOURCE_DIRECTORY__
    [
        for sample, physics, start in wanted do
            match start with
            | Some start -> yield! run folder sample physics start
            | None -> yield! atTruth folder sample physics
    ]
