/// Standard uncertainties of a refined structure.
///
/// cov q = H⁻¹ M H⁻¹, H the curvature of the loss, M = Σ g gᵀ over measurements (CONVENTIONS, Standard uncertainties): the scatter
/// is that of the misfit itself. Source: White (1980).
module Pendel.Core.StandardUncertainty

open MathNet.Numerics.LinearAlgebra
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tensors
open Pendel.Core.FrameModel
open Pendel.Core.Problem
open Pendel.Core.DataSet

/// Steps of the differences: of q, of thickness (relative) and of angles, rad. They change an intensity by about a thousandth,
/// which single precision resolves to as much.
let private structureStep, private thicknessStep, private angleStep =
    0.002, 1e-3, 1e-5

/// Below this an s.u. is rounding: Å², or a part of a cell's edge.
let private rounding = 1e-6

/// Least residual that weighs a frame: exact rows have none.
let private exact = 1e-9

/// A vector of which less than this share is left has no direction of its own.
let private dependent = 1e-4

/// A step that changes the intensities of a frame by less than this share changes rounding alone.
let private insensitive = 1e-5

/// Intensities of the counting frames of a data set, and their slopes.
type private Slopes =
    {
        Rows: Residual.Rows
        Measurements: Observation array
        Intensity: float array
        /// By each structure parameter.
        Structure: float array array
        /// By thickness and angles.
        Frame: float array array
    }

let private states (stage: Stage) (state: State) rotation stretch =
    [|
        for plan in stage.Model.Plan.Frames ->
            {
                Thickness = stretch * state.Thickness[plan.Frame.Id]
                Rotation = rotation
            }
    |]

/// Axes of the turns that are refined of a frame.
let private axes (settings: Settings) =
    let x, y, z = Vector3(1.0, 0.0, 0.0), Vector3(0.0, 1.0, 0.0), Vector3(0.0, 0.0, 1.0)

    match settings.Orientation with
    | Fixed -> [||]
    | Hexagonal -> [| x; y |]
    | _ -> [| x; y; z |]

/// Whether the thickness model is refined.
let private hasThickness (problem: Problem) =
    problem.ThicknessModel.LearningRate > 0.0

/// Parameters with the j-th a step further.
let private stepped q j =
    q |> Array.mapi (fun i x -> if i = j then x + structureStep else x)

/// Calculations that a data set takes.
let private calculations (dataSet: DataSet) =
    2 + (axes dataSet.Problem.Settings).Length + dataSet.Problem.Structure.Count

/// The slopes of every counting frame by differences.
///
/// - `calculated`: receives the number of each calculation that is done, from 1
let private slopes calculated (dataSet: DataSet) =
    let problem, stage, state = dataSet.Problem, dataSet.Stage, dataSet.State

    let intensities number q rotation stretch =
        let found =
            ForwardModel.intensities
                stage.Model
                (Problem.potential problem stage (dsharp.tensor (q: float array)))
                (states stage state rotation stretch)

        calculated number
        found

    let q = state.Structure
    let here = intensities 1 q Vector3.Zero 1.0

    let by step (there: float array array) =
        Array.map2 (Array.map2 (fun above here -> (above - here) / step)) there here

    let thickness =
        intensities 2 q Vector3.Zero (1.0 + thicknessStep) |> by thicknessStep

    let angles =
        axes problem.Settings
        |> Array.mapi (fun k axis -> intensities (3 + k) q (angleStep * axis) 1.0 |> by angleStep)

    let structure =
        Array.init q.Length (fun j ->
            intensities (3 + angles.Length + j) (stepped q j) Vector3.Zero 1.0
            |> by structureStep)

    let changes step (slope: float array) here =
        let norm = Array.sumBy (fun x -> x * x) >> sqrt
        step * norm slope > insensitive * norm here

    let frame =
        [
            if hasThickness problem then
                yield thicknessStep, thickness

            for angle in angles do
                yield angleStep, angle
        ]

    [|
        for i in Problem.scoredFrames stage ->
            {
                Rows = stage.Model.Rows[i]
                Measurements = stage.Model.Plan.Frames[i].Scored |> Seq.map _.Observation |> Seq.toArray
                Intensity = here[i]
                Structure = structure |> Array.map (Array.item i)
                Frame =
                    [|
                        for step, slopes in frame do
                            if changes step slopes[i] here[i] then
                                slopes[i]
                    |]
            }
    |]

/// What is left of a vector beside an orthonormal basis.
let private rest (basis: Vector<float> list) (v: Vector<float>) =
    basis |> List.fold (fun (left: Vector<float>) b -> left - (b * left) * b) v

let private orthonormal (vectors: Vector<float> list) =
    let extend basis (v: Vector<float>) =
        let left = rest basis v

        if left.L2Norm() > dependent * v.L2Norm() then
            left.Normalize 2.0 :: basis
        else
            basis

    List.fold extend [] vectors

/// What a frame says.
type private Part =
    {
        /// √v j of each row, less what the frame's own parameters take up: rows × structure parameters.
        Slopes: Matrix<float>
        /// √v (o − cI), likewise.
        Misfit: Vector<float>
        /// What the frame's own parameters leave of the variance of each row's misfit.
        Freedom: float array
        /// R.
        Residual: float
    }

let private part loss (frame: Slopes) =
    let struct (weight, observed) = Residual.weighted loss frame.Rows
    let c = Residual.leastSquares weight observed frame.Intensity
    let misfit = Array.map2 (fun o i -> o - c * i) observed frame.Intensity

    let squares values =
        Array.map2 (fun w x -> (w * x) ** 2.0) weight values |> Array.sum

    let n = squares observed
    let residual = max exact (sqrt (squares misfit / n))
    let unit = 1.0 / sqrt (residual * n)

    let weighted factor values =
        Vector<float>.Build.DenseOfArray(Array.map2 (fun w x -> unit * factor * w * x) weight values)

    let own =
        weighted c frame.Intensity :: [ for slope in frame.Frame -> weighted c slope ]
        |> orthonormal

    {
        Slopes =
            frame.Structure
            |> Array.map (weighted c >> rest own)
            |> Matrix<float>.Build.DenseOfColumnVectors
        Misfit = weighted 1.0 misfit |> rest own
        Freedom = Array.init weight.Length (fun i -> 1.0 - List.sumBy (fun (b: Vector<float>) -> b[i] * b[i]) own)
        Residual = residual
    }

/// Σ v j jᵀ − GGᵀ/R of a frame, G = Σ v j (o − cI): the curvature of R.
let private curvature (part: Part) =
    let gradient = part.Slopes.TransposeThisAndMultiply part.Misfit

    part.Slopes.TransposeThisAndMultiply part.Slopes
    - gradient.OuterProduct gradient / part.Residual

/// g of each measurement, one in a row, from the frames' parts with their measurements, those of each crystal told apart.
let private scores (parts: (Part * (int * Observation) array) array) =
    let ofRow (part: Part) i =
        part.Misfit[i] / sqrt (max dependent part.Freedom[i]) * part.Slopes.Row i

    parts
    |> Seq.collect (fun (part, keys) -> keys |> Seq.mapi (fun i key -> key, ofRow part i))
    |> Seq.groupBy fst
    |> Seq.map (snd >> Seq.map snd >> Seq.reduce (+))
    |> Seq.toArray
    |> Matrix<float>.Build.DenseOfRowVectors

/// Σ j jᵀ of restraints, by differences, and χ².
let private restraints (problem: Problem) (q: float array) =
    let misfits q =
        StructureModel.evaluate problem.Structure (dsharp.tensor (q: float array))
        |> Restraints.misfits problem.Restraints
        |> _.toArray1D<float>()

    let here = misfits q

    let slopes =
        Array.init
            q.Length
            (stepped q
             >> misfits
             >> Array.map2 (fun here above -> (above - here) / structureStep) here)
        |> Matrix<float>.Build.DenseOfColumnArrays

    struct (slopes.TransposeThisAndMultiply slopes, here |> Array.sumBy (fun x -> x * x))

/// Least eigenvalue of a matrix with a unit diagonal that has an inverse: single precision gives slopes to 10⁻³ or 10⁻⁴.
let private singular = 1e-7

/// The inverse of a positive definite matrix, None where it is not, or nearly not.
let private inverse (h: Matrix<float>) =
    let scale = h.Diagonal().Map(fun x -> if x > 0.0 then 1.0 / sqrt x else 0.0)
    let d = Matrix<float>.Build.DenseOfDiagonalVector scale
    let evd = (d * h * d).Evd Symmetricity.Symmetric
    let values = evd.EigenValues |> Seq.map _.Real |> Seq.toArray

    if Array.min values > singular then
        let inverted =
            Matrix<float>.Build.DenseOfDiagonalArray(values |> Array.map (fun x -> 1.0 / x))

        Some(d * evd.EigenVectors * inverted * evd.EigenVectors.Transpose() * d)
    else
        None

/// x, y, z, the components of U (CIF), U_eq and the occupancy of each site.
let private values (crystal: Crystal) =
    [|
        for site in crystal.Sites ->
            let u =
                match site.Adp with
                | :? Adp.Anisotropic as a -> a.Ucif
                | _ -> SymmetricTensor(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

            [|
                site.Position.X
                site.Position.Y
                site.Position.Z
                for i in 0..5 do
                    u[i]
                site.Adp.Equivalent crystal.Cell
                site.Occupancy
            |]
    |]

/// From the covariances of q to the sites.
///
/// Hydrogens that ride have none.
let private ofSites (structure: StructureModel.StructureModel) (q: float array) (covariance: Matrix<float>) =
    let here = StructureModel.toCrystal structure q |> values

    let slopes =
        Array.init q.Length (fun j -> stepped q j |> StructureModel.toCrystal structure |> values)

    let rides = structure.Riding |> List.map _.Hydrogen |> set

    let su site k =
        let slope =
            slopes
            |> Array.map (fun there -> (there[site][k] - here[site][k]) / structureStep)
            |> Vector<float>.Build.DenseOfArray

        let su = sqrt (max 0.0 (slope * (covariance * slope)))
        // what symmetry fixes changes by rounding alone
        if su < rounding || rides.Contains site then 0.0 else su

    [|
        for site in 0 .. here.Length - 1 ->
            SiteUncertainty(
                Vector3(su site 0, su site 1, su site 2),
                SymmetricTensor(su site 3, su site 4, su site 5, su site 6, su site 7, su site 8),
                su site 9,
                su site 10
            )
    |]

/// Standard uncertainties of the sites, in their order; None where the measurements do not determine all parameters.
///
/// - `dataSets`: of one structure, at the state that was reached, with the rows of the last joint refinement
///
/// Raises `OperationCanceledException` where it is interrupted.
let calculate (monitor: Monitor) (dataSets: DataSet array) =
    let problem, q = dataSets[0].Problem, dataSets[0].State.Structure
    let firsts = dataSets |> Array.map calculations |> Array.scan (+) 0
    monitor.Report(Started(StandardUncertainties, Array.last firsts))

    let calculated first number =
        monitor.Stop.ThrowIfCancellationRequested()
        monitor.Report(Advanced(StandardUncertainties, first + number, None))

    let parts =
        dataSets
        |> DataSet.each (fun crystal dataSet ->
            slopes (calculated firsts[crystal]) dataSet
            |> Array.map (fun frame ->
                part problem.Settings.Loss frame, frame.Measurements |> Array.map (fun m -> crystal, m)))
        |> Array.concat

    let scores = scores parts
    let measured = parts |> Array.map (fst >> curvature) |> Array.reduce (+)
    let freedom = scores.RowCount - q.Length

    let spread =
        float scores.RowCount / float (max 1 freedom)
        * scores.TransposeThisAndMultiply scores

    let bread, meat =
        if problem.Restraints.Count = 0 then
            measured, spread
        else
            let struct (product, chiSquare) = restraints problem q
            let asked = problem.Settings.RestraintWeight

            let weight =
                asked * (parts |> Array.sumBy (fun (part, _) -> part.Residual))
                / (float scores.RowCount + asked * chiSquare)

            measured + weight * product, spread + weight * weight * product

    match inverse bread with
    | Some inverse when freedom > 0 -> Some(inverse * meat * inverse |> ofSites problem.Structure q)
    | _ -> None

/// The same, with whether it was interrupted; None also where a step from the result has no finite intensities.
let unlessInterrupted monitor dataSets =
    try
        calculate monitor dataSets, false
    with
    | :? System.OperationCanceledException -> None, true
    | :? NumericalException -> None, false
