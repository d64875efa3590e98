// Table 1 of the paper on synthetic data: three samples, three models of thickness, displaced starts. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO

/// A sample in the geometry of the real data, with the range of its true thickness.
type Sample =
    {
        Name: string
        Truth: string
        Geometry: string
        Thickness: float * float
        Selection: SelectionSettings
    }

let samples =
    [
        {
            Name = "quartz"
            Truth = "quartz/quartz_truth.cif"
            Geometry = "quartz/quartz.cif_pets"
            Thickness = 300.0, 1100.0
            Selection = SelectionSettings(2.0, 0.01, 2.0, 0.9, 0.0015)
        }
        {
            Name = "cspbbr3"
            Truth = "cspbbr3/cspbbr3.cif"
            Geometry = "cspbbr3/cspbbr3.cif_pets"
            Thickness = 200.0, 700.0
            Selection = SelectionSettings(1.6, 0.01, 1.6, 0.66, 0.0015)
        }
        {
            Name = "paracetamol"
            Truth = "paracetamol/paracetamol.cif"
            Geometry = "paracetamol/paracetamol.cif_pets"
            Thickness = 150.0, 600.0
            Selection = SelectionSettings(1.4, 0.01, 1.4, 0.9, 0.0015)
        }
    ]

let models =
    [
        ThicknessChoice.Network
        ThicknessChoice.Constant
        ThicknessChoice.Kinematical
    ]

/// 200 epochs, the thickness curve found anew after every fifty.
let settings (sample: Sample) model seed =
    let low, high = sample.Thickness

    { Settings.standard with
        ThicknessDistribution = Plate
        Selection = sample.Selection
        Orientation = Fixed
        Mosaicity = Degrees 0.0
        ThicknessModel = model
        ThicknessMin = (if model = ThicknessChoice.Constant then 5.0 else 0.5 * low)
        ThicknessMax =
            (if model = ThicknessChoice.Constant then
                 2000.0
             else
                 1.2 * high)
        Cycles = (if model = ThicknessChoice.Network then 4 else 1)
        Epochs = (if model = ThicknessChoice.Network then 50 else 200)
        LearningRate = 0.1
        NetworkLearningRate = 2e-4
        Seed = seed
    }

/// What one refinement gave.
type Run =
    {
        Sample: string
        Model: string
        Displacement: float
        Seed: int
        WR: float
        WRAtTruth: float
        Rmsd: float
        DeltaU: float
        /// Root mean square of t/t_true − 1 over the frames.
        Thickness: float
        Seconds: float
    }

let threads = Environment.ProcessorCount

let read folder (path: string) = Path.Combine(folder, path)

let refine folder sample model displacement seed =
    let truth = (StructureReader.Read(read folder sample.Truth)).Value
    let like = (PetsReader.Read(read folder sample.Geometry)).Value

    // the cell of the data is that of the refinement
    let truth = Crystal(like.Cell, truth.SpaceGroup, truth.Sites)
    let settings = settings sample model seed

    let thickness =
        ThicknessProfile.create ThicknessProfile.Smooth sample.Thickness seed (Problem.angles like)

    let conditions: Synthesis.Conditions =
        {
            DynamicRange = 1e6
            NoiseFloor = 1.0
            Seed = seed
        }

    let made = Synthesis.synthesise settings threads conditions thickness truth like
    let start = Synthesis.displace seed displacement truth
    let watch = Stopwatch.StartNew()
    let outcome = Refine.run Monitor.silent settings threads start made.Data
    let final = outcome.Final
    let comparison = StructureComparison.Of(truth, final.Crystal)

    {
        Sample = sample.Name
        Model = string model
        Displacement = displacement
        Seed = seed
        WR = final.Residuals.WRMean
        WRAtTruth = (Synthesis.atTruth settings threads truth made).Residuals.WRMean
        Rmsd = comparison.Rmsd
        DeltaU = comparison.AdpDifference
        Thickness =
            final.Frames
            |> Array.averageBy (fun f -> (f.Thickness / thickness f.Alpha - 1.0) ** 2.0)
            |> sqrt
        Seconds = watch.Elapsed.TotalSeconds
    }

let median (values: float seq) =
    let sorted = values |> Seq.sort |> Seq.toArray
    sorted[sorted.Length / 2]

let show (run: Run) =
    printfn
        $"%-12s{run.Sample} %-12s{run.Model} %.1f{run.Displacement} Å seed %d{run.Seed}: wR %.5f{run.WR} (truth %.5f{run.WRAtTruth}), RMSD %.5f{run.Rmsd} Å, ΔU %.5f{run.DeltaU} Å², thickness %.4f{run.Thickness}, %.0f{run.Seconds} s"

let folder, only, displacements, seeds =
    match fsi.CommandLineArgs |> Array.toList |> List.tail with
    | [ folder ] -> folder, None, [ 0.1; 0.2; 0.3 ], [ 1..5 ]
    | [ folder; sample; displacement; seeds ] -> folder, Some sample, [ float displacement ], [ 1 .. int seeds ]
    | _ ->
        eprintfn "usage: dotnet fsi run.fsx DATA-FOLDER [SAMPLE DISPLACEMENT SEEDS]"
        exit 1

/// One line for each run that is done: a second start goes on after the last.
let record = Path.Combine(Experiment.outFolder __SOURCE_DIRECTORY__, "runs.jsonl")

let finished =
    if File.Exists record then
        [ for line in File.ReadLines record -> JsonSerializer.Deserialize<Run> line ]
    else
        []

let runs =
    [
        for sample in samples |> List.filter (fun s -> only |> Option.forall ((=) s.Name)) do
            for seed in seeds do
                for displacement in displacements do
                    for model in models do
                        let isThis run =
                            (run.Sample, run.Model, run.Displacement, run.Seed) =
                                (sample.Name, string model, displacement, seed)

                        match List.tryFind isThis finished with
                        | Some run -> run
                        | None ->
                            let run = refine folder sample model displacement seed
                            File.AppendAllText(record, JsonSerializer.Serialize run + "\n")
                            show run
                            run
    ]

let medians =
    [
        for (sample, model, displacement), group in runs |> List.groupBy (fun r -> r.Sample, r.Model, r.Displacement) do
            let name = $"{sample} {model.ToLowerInvariant()} {displacement}"
            $"{name} wR_mean", median (group |> Seq.map _.WR)
            $"{name} wR_mean over that at the truth", median (group |> Seq.map (fun r -> r.WR / r.WRAtTruth))
            $"{name} RMSD / Å", median (group |> Seq.map _.Rmsd)
            $"{name} ΔU / Å²", median (group |> Seq.map _.DeltaU)
            $"{name} thickness RMS, relative", median (group |> Seq.map _.Thickness)
    ]

Experiment.writeResult __SOURCE_DIRECTORY__ medians
