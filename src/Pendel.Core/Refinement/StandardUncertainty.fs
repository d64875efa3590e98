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

/// Whether the thickness model is refined.
let private hasThickness (problem: Problem) =
    problem.ThicknessModel.LearningRate > 0.0

/// Parameters with the j-th a step further.
let private stepped q j =
    q |> Array.mapi (fun i x -> if i = j then x + structureStep else x)

/// ∂f/∂q by differences: parameters × values.
let private derivatives (f: float array -> float array) (q: float array) =
    let here = f q

    Array.init q.Length (fun j -> Array.map2 (fun above here -> (above - here) / structureStep) (f (stepped q j)) here)

/// Steps of a frame's own parameters, each with the turn and the stretch of the thickness that it is.
let private ownSteps (problem: Problem) =
    [|
        if hasThickness problem then
            thicknessStep, Vector3.Zero, 1.0 + thicknessStep
        if problem.Settings.Orientation <> Fixed then
            for axis in FrameFit.axes do
                angleStep, angleStep * axis, 1.0
    |]

/// Calculations that a data set takes.
let private calculations (dataSet: DataSet) =
    1 + (ownSteps dataSet.Problem).Length + dataSet.Problem.Structure.Count

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

    let own =
        ownSteps problem
        |> Array.mapi (fun k (step, turn, stretch) -> step, intensities (2 + k) q turn stretch |> by step)

    let structure =
        Array.init q.Length (fun j ->
            intensities (2 + own.Length + j) (stepped q j) Vector3.Zero 1.0
            |> by structureStep)

    let changes step (slope: float array) here =
        let norm = Array.sumBy (fun x -> x * x) >> sqrt
        step * norm slope > insensitive * norm here

    [|
        for i in Problem.scoredFrames stage ->
            {
                Rows = stage.Model.Rows[i]
                Measurements = stage.Model.Plan.Frames[i].Scored |> Seq.map _.Observation |> Seq.toArray
                Intensity = here[i]
                Structure = structure |> Array.map (Array.item i)
                Frame =
                    [|
                        for step, slopes in own do
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
        /// The measurements of the rows, those of each crystal told apart.
        Measurements: (int * Observation) array
    }

let private part loss crystal (frame: Slopes) =
    let struct (weight, observed) = Residual.weighted loss frame.Rows
    let c = Residual.leastSquares weight observed frame.Intensity
    let misfit = Array.map2 (fun o i -> o - c * i) observed frame.Intensity

    let n = Residual.norm weight observed

    let residual =
        dsharp.tensor frame.Intensity
        |> Residual.ofLoss loss frame.Rows
        |> float
        |> max exact

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
        Measurements = frame.Measurements |> Array.map (fun m -> crystal, m)
    }

/// Σ v j jᵀ − GGᵀ/R of a frame, G = Σ v j (o − cI): the curvature of R.
let private curvature (part: Part) =
    let gradient = part.Slopes.TransposeThisAndMultiply part.Misfit

    part.Slopes.TransposeThisAndMultiply part.Slopes
    - gradient.OuterProduct gradient / part.Residual

/// g of each measurement, one in a row.
let private scores (parts: Part array) =
    let ofRow (part: Part) i measurement =
        measurement, part.Misfit[i] / sqrt (max dependent part.Freedom[i]) * part.Slopes.Row i

    parts
    |> Seq.collect (fun part -> part.Measurements |> Seq.mapi (ofRow part))
    |> Seq.groupBy fst
    |> Seq.map (snd >> Seq.map snd >> Seq.reduce (+))
    |> Seq.toArray
    |> Matrix<float>.Build.DenseOfRowVectors

/// Σ j jᵀ of restraints, and χ².
let private restraints (problem: Problem) (q: float array) =
    let at q =
        StructureModel.evaluate problem.Structure (dsharp.tensor (q: float array))

    let slopes =
        derivatives (at >> Restraints.misfits problem.Restraints >> _.toArray1D<float>()) q
        |> Matrix<float>.Build.DenseOfColumnArrays

    struct (slopes.TransposeThisAndMultiply slopes, float (Restraints.chiSquare problem.Restraints (at q)))

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

/// x, y, z, the components of U (CIF), U_eq and the occupancy of one site after the other.
let private values (crystal: Crystal) =
    [|
        for site in crystal.Sites do
            site.Position.X
            site.Position.Y
            site.Position.Z

            let u =
                match site.Adp with
                | :? Adp.Anisotropic as a -> a.Ucif
                | _ -> SymmetricTensor(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

            for i in 0..5 do
                u[i]

            site.Adp.Equivalent crystal.Cell
            site.Occupancy
    |]

/// From the covariances of q to the sites.
///
/// Hydrogens that ride have none.
let private ofSites (structure: StructureModel.StructureModel) (q: float array) (covariance: Matrix<float>) =
    let slopes =
        derivatives (StructureModel.toCrystal structure >> values) q
        |> Matrix<float>.Build.DenseOfRowArrays

    let rides = structure.Riding |> List.map _.Hydrogen |> set
    let perSite = slopes.ColumnCount / structure.Start.Sites.Length

    let su site k =
        let slope = slopes.Column(perSite * site + k)
        let su = sqrt (max 0.0 (slope * (covariance * slope)))
        // what symmetry fixes changes by rounding alone
        if su < rounding || rides.Contains site then 0.0 else su

    [|
        for site in 0 .. structure.Start.Sites.Length - 1 ->
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
            |> Array.map (part problem.Settings.Loss crystal))
        |> Array.concat

    let scores = scores parts
    let measured = parts |> Array.map curvature |> Array.reduce (+)
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
                asked * (parts |> Array.sumBy _.Residual)
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
