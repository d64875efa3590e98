// How well can counting statistics alone let Table 1's structures be known? See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"
#load "../shared/samples.fsx"

open System
open System.Collections.Immutable
open MathNet.Numerics.Distributions
open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Tensors
open Pendel.Core
open Pendel.Core.FrameModel

/// Expected counts of a frame's rows and their derivatives in the structure's parameters, then the frame's thickness.
type Rows =
    {
        Counts: Vector<float>
        Derivatives: Matrix<float>
    }

/// Problem, and rows of all frames, at the truth.
let atTruth (case: Samples.Case) (made: Synthesis.Synthetic) =
    let problem, initial =
        Problem.create (Samples.settings case ThicknessChoice.Network 1) Samples.threads case.Truth made.NoiseFree

    let state =
        { initial with
            Thickness = made.Thickness
        }

    let stage = Problem.plan problem state made.NoiseFree.Frames
    let frames = stage.Model.Plan.Frames

    let counts (q: float array) shift =
        let states =
            [|
                for f in frames ->
                    {
                        Thickness = made.Thickness[f.Frame.Id] + shift
                        Rotation = Vector3.Zero
                    }
            |]

        ForwardModel.intensities stage.Model (Problem.potential problem stage (dsharp.tensor q)) states
        |> Array.map (fun i -> made.CountsPerIntensity * Vector<float>.Build.DenseOfArray i)

    let zero = Array.zeroCreate<float> problem.Structure.Count

    /// Central differences.
    let slope step compute =
        Array.map2 (fun (a: Vector<float>) b -> (a - b) / (2.0 * step)) (compute step) (compute -step)

    let columns =
        [
            for k in 0 .. zero.Length - 1 do
                yield slope 0.01 (fun h -> counts (Array.updateAt k h zero) 0.0)

            yield slope 0.5 (counts zero)
        ]

    problem,
    [|
        for f, expected in Array.indexed (counts zero 0.0) ->
            {
                Counts = expected
                Derivatives = Matrix<float>.Build.DenseOfColumnVectors [ for c in columns -> c[f] ]
            }
    |]

/// Weights of a frame's rows on intensities: those of wR_mean near its minimum, or those of the counting statistics.
type Weights =
    | Refinement
    | Counting

let private weights kind (counts: Vector<float>) =
    match kind with
    | Counting -> counts.Map(fun c -> 1.0 / max 1.0 c)
    | Refinement ->
        let own = counts.Map(fun c -> 1.0 / (0.25 + Residual.Instability ** 2.0 * c))
        let observed = own.PointwiseMultiply counts |> counts.DotProduct
        let misfit = own.PointwiseMultiply(counts.Map(max 1.0)).Sum()
        own / sqrt (observed * misfit)

/// Covariance of the structure's parameters, the scale and the thickness of every frame being free, for Poisson noise.
let covariance kind (rows: Rows array) =
    let count = rows[0].Derivatives.ColumnCount - 1
    let size = count + rows.Length
    let normal = Matrix<float>.Build.Dense(size, size)
    let spread = Matrix<float>.Build.Dense(size, size)

    for f, frame in Array.indexed rows do
        let w = weights kind frame.Counts
        let weighted = w.PointwiseMultiply frame.Counts

        // what a change of scale cannot take up
        let free =
            frame.Derivatives
            - frame.Counts.OuterProduct(weighted * frame.Derivatives)
              / frame.Counts.DotProduct weighted

        let place k = if k < count then k else count + f

        let add (target: Matrix<float>) (diagonal: Vector<float>) =
            let part =
                free.TransposeThisAndMultiply(Matrix<float>.Build.DiagonalOfDiagonalVector diagonal * free)

            for i in 0..count do
                for j in 0..count do
                    target[place i, place j] <- target[place i, place j] + part[i, j]

        add normal w
        add spread (w.PointwiseMultiply(w).PointwiseMultiply(frame.Counts.Map(max 1.0)))

    let inverse = normal.Inverse()
    (inverse * spread * inverse).SubMatrix(0, count, 0, count)

let private withoutHydrogen (crystal: Crystal) =
    Crystal(
        crystal.Cell,
        crystal.SpaceGroup,
        crystal.Sites
        |> Seq.filter (fun s -> s.Element.Symbol <> "H")
        |> ImmutableArray.CreateRange
    )

/// Means over structures drawn from a covariance of their RMSD and ΔU to the truth.
let expected (case: Samples.Case) (problem: Problem.Problem) (covariance: Matrix<float>) =
    let root = covariance.Cholesky().Factor
    let normal = Normal(0.0, 1.0, Random 1)

    let draws =
        [
            for _ in 1..100 ->
                let q =
                    root * Vector<float>.Build.Dense(covariance.RowCount, fun _ -> normal.Sample())

                StructureModel.toCrystal problem.Structure (q.ToArray())
        ]

    let means (part: Crystal -> Crystal) =
        let compared: StructureComparison list =
            draws |> List.map (fun c -> StructureComparison.Of(part case.Truth, part c))

        compared |> List.averageBy _.Rmsd, compared |> List.averageBy _.AdpDifference

    means id, means withoutHydrogen

let private limits folder (sample: Samples.Sample) =
    let case = Samples.load folder sample
    let problem, rows = atTruth case (Samples.synthesise case 1)
    let kept = rows |> Array.filter (fun r -> r.Counts.Count >= 3)

    [
        for kind in [ Refinement; Counting ] do
            let (rmsd, deltaU), (heavyRmsd, heavyDeltaU) =
                expected case problem (covariance kind kept)

            let name = $"{sample.Name}, weights of the {(string kind).ToLowerInvariant()},"
            $"{name} RMSD / Å", rmsd
            $"{name} ΔU / Å²", deltaU

            if sample.Name = "paracetamol" then
                $"{name} RMSD without H / Å", heavyRmsd
                $"{name} ΔU without H / Å²", heavyDeltaU
    ]

let folder = Experiment.dataFolder ()
Experiment.writeResult __SOURCE_DIRECTORY__ (Samples.all |> List.collect (limits folder))
