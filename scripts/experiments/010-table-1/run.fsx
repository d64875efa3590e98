// Table 1 of the paper on synthetic data: three samples, three models of thickness, displaced starts. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"
#load "../shared/samples.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Core

let models =
    [
        ThicknessChoice.Network
        ThicknessChoice.Constant
        ThicknessChoice.Kinematical
    ]

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
        /// The same two without hydrogen.
        RmsdHeavy: float
        DeltaUHeavy: float
        /// Root mean square of t/t_true − 1 over the frames.
        Thickness: float
        Seconds: float
    }

let private withoutHydrogen (crystal: Crystal) =
    let heavy =
        crystal.Sites
        |> Seq.filter (fun s -> s.Element.Symbol <> "H")
        |> Collections.Immutable.ImmutableArray.CreateRange

    Crystal(crystal.Cell, crystal.SpaceGroup, heavy)

let refine (case: Samples.Case) model displacement seed =
    let made = Samples.synthesise case seed
    let settings = Samples.settings case model seed
    let truth = case.Truth
    let watch = Stopwatch.StartNew()

    let final =
        (Refine.run Monitor.silent settings Samples.threads (Synthesis.displace seed displacement truth) made.Data)
            .Final

    let all = StructureComparison.Of(truth, final.Crystal)

    let heavy =
        StructureComparison.Of(withoutHydrogen truth, withoutHydrogen final.Crystal)

    {
        Sample = case.Sample.Name
        Model = (string model).ToLowerInvariant()
        Displacement = displacement
        Seed = seed
        WR = final.Residuals.WRMean
        WRAtTruth = (Synthesis.atTruth settings Samples.threads truth made).Residuals.WRMean
        Rmsd = all.Rmsd
        DeltaU = all.AdpDifference
        RmsdHeavy = heavy.Rmsd
        DeltaUHeavy = heavy.AdpDifference
        Thickness =
            final.Frames
            |> Array.averageBy (fun f -> (f.Thickness / made.Thickness[f.Id] - 1.0) ** 2.0)
            |> sqrt
        Seconds = watch.Elapsed.TotalSeconds
    }

let median (values: float seq) =
    let sorted = values |> Seq.sort |> Seq.toArray
    sorted[sorted.Length / 2]

let show (run: Run) =
    printfn
        $"%-12s{run.Sample} %-12s{run.Model} %.1f{run.Displacement} Å seed %d{run.Seed}: wR %.5f{run.WR} (truth %.5f{run.WRAtTruth}), RMSD %.5f{run.Rmsd} Å (without H %.5f{run.RmsdHeavy}), ΔU %.5f{run.DeltaU} Å² (%.5f{run.DeltaUHeavy}), thickness %.4f{run.Thickness}, %.0f{run.Seconds} s"

type Choice =
    {
        Sample: string
        Model: string
        Displacement: float
        Seed: int
    }

let private every samples models displacements seeds =
    [
        for sample in samples do
            for seed in seeds do
                for displacement in displacements do
                    for model in models do
                        {
                            Sample = sample
                            Model = (string model).ToLowerInvariant()
                            Displacement = displacement
                            Seed = seed
                        }
    ]

let usage =
    "usage: dotnet fsi run.fsx DATA-FOLDER [SAMPLE MODEL DISPLACEMENT SEEDS]\n"
    + "SAMPLE: quartz, cspbbr3 or paracetamol; MODEL: network, constant or kinematical; SEEDS: how many, from 1"

let folder, wanted =
    match fsi.CommandLineArgs |> Array.toList |> List.tail with
    | [ folder ] -> folder, every [ for s in Samples.all -> s.Name ] models [ 0.1; 0.2; 0.3 ] [ 1 ]
    | [ folder; sample; model; displacement; seeds ] ->
        folder,
        [
            for seed in 1 .. int seeds ->
                {
                    Sample = sample
                    Model = model
                    Displacement = float displacement
                    Seed = seed
                }
        ]
    | _ ->
        eprintfn $"%s{usage}"
        exit 1

/// One line for each run that is done: a second start goes on after the last.
let record = Path.Combine(Experiment.outFolder __SOURCE_DIRECTORY__, "runs.jsonl")

let finished () =
    if File.Exists record then
        [ for line in File.ReadLines record -> JsonSerializer.Deserialize<Run> line ]
    else
        []

let private isDone (choice: Choice) =
    finished ()
    |> List.exists (fun r ->
        (r.Sample, r.Model, r.Displacement, r.Seed) = (choice.Sample, choice.Model, choice.Displacement, choice.Seed))

for choice in wanted |> List.filter (isDone >> not) do
    let sample = Samples.all |> List.find (fun s -> s.Name = choice.Sample)

    let model =
        models |> List.find (fun m -> (string m).ToLowerInvariant() = choice.Model)

    let run = refine (Samples.load folder sample) model choice.Displacement choice.Seed
    File.AppendAllText(record, JsonSerializer.Serialize run + "\n")
    show run

/// Medians over the seeds of all runs that are done.
let medians =
    [
        for (sample, model, displacement), group in
            finished ()
            |> List.groupBy (fun r -> r.Sample, r.Model, r.Displacement)
            |> List.sortBy fst do
            let name = FormattableString.Invariant $"{sample} {model} {displacement:F1}"
            $"{name} seeds", float group.Length
            $"{name} wR_mean", median (group |> Seq.map _.WR)
            $"{name} wR_mean over that at the truth", median (group |> Seq.map (fun r -> r.WR / r.WRAtTruth))
            $"{name} RMSD / Å", median (group |> Seq.map _.Rmsd)
            $"{name} ΔU / Å²", median (group |> Seq.map _.DeltaU)

            if sample = "paracetamol" then
                $"{name} RMSD without H / Å", median (group |> Seq.map _.RmsdHeavy)
                $"{name} ΔU without H / Å²", median (group |> Seq.map _.DeltaUHeavy)

            $"{name} thickness RMS, relative", median (group |> Seq.map _.Thickness)
            $"{name} seconds", median (group |> Seq.map _.Seconds)
    ]

Experiment.writeResult __SOURCE_DIRECTORY__ medians
