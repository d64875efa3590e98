// The paper's three samples: a known structure in the geometry of its measured data, noisy data of it, settings to refine them.
#load "../../load.fsx"

open System
open System.IO
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO

/// A sample in the geometry of the real data; paths within the data folder.
type Sample =
    {
        Name: string
        Truth: string
        Measured: string
        /// Range of the true thickness, Å.
        Thickness: float * float
        Selection: SelectionSettings
        LearningRate: float
        NetworkLearningRate: float
    }

let all =
    [
        {
            Name = "quartz"
            Truth = "quartz/quartz_truth.cif"
            Measured = "quartz/quartz.cif_pets"
            Thickness = 300.0, 1100.0
            Selection = SelectionSettings(2.0, 0.01, 2.0, 0.9, 0.0015)
            LearningRate = 0.1
            NetworkLearningRate = 2e-4
        }
        {
            Name = "cspbbr3"
            Truth = "cspbbr3/cspbbr3.cif"
            Measured = "cspbbr3/cspbbr3.cif_pets"
            Thickness = 200.0, 700.0
            Selection = SelectionSettings(1.6, 0.01, 1.6, 0.66, 0.0015)
            LearningRate = 0.1
            NetworkLearningRate = 2e-4
        }
        {
            Name = "paracetamol"
            Truth = "paracetamol/paracetamol.cif"
            Measured = "paracetamol/paracetamol.cif_pets"
            Thickness = 150.0, 600.0
            Selection = SelectionSettings(1.4, 0.01, 1.4, 0.9, 0.0015)
            LearningRate = 0.4
            NetworkLearningRate = 4e-4
        }
    ]

/// A sample with its files read.
type Case =
    {
        Sample: Sample
        /// The true structure in the cell of the data, which is that of the refinement.
        Truth: Crystal
        /// The data set whose geometry is taken.
        Measured: Experiment
    }

let load folder (sample: Sample) =
    let truth = (StructureReader.Read(Path.Combine(folder, sample.Truth))).Value
    let measured = (PetsReader.Read(Path.Combine(folder, sample.Measured))).Value

    {
        Sample = sample
        Truth = Crystal(measured.Cell, truth.SpaceGroup, truth.Sites)
        Measured = measured
    }

/// Tilts that suffice for every frame at the largest true thickness. The number is fixed: one that follows the refined
/// thickness would make the model another than that of the data.
let private tilts (case: Case) =
    RockingCurve.SufficientTilts(
        case.Measured.Frames
        |> Seq.map (fun f -> Angle.Radians f.PrecessionAngle)
        |> Seq.max,
        case.Sample.Selection.ScoredGMax,
        snd case.Sample.Thickness
    )

/// 200 epochs with exact orientations, all samples rotated as the paper's are (the measured paracetamol data are a precession's); the thickness curve of a network is found anew after every fifty.
let settings (case: Case) model seed =
    let low, high = case.Sample.Thickness
    let isNetwork = model = ThicknessChoice.Network
    let isConstant = model = ThicknessChoice.Constant

    { Settings.standard with
        ThicknessDistribution = Plate
        Selection = case.Sample.Selection
        Geometry = Some CollectionGeometry.Rotation
        Tilts = Count(tilts case)
        Orientation = Fixed
        Mosaicity = Degrees 0.0
        ThicknessModel = model
        ThicknessMin = (if isConstant then 5.0 else 0.5 * low)
        ThicknessMax = (if isConstant then 2000.0 else 1.2 * high)
        Cycles = (if isNetwork then 4 else 1)
        Epochs = (if isNetwork then 50 else 200)
        LearningRate = case.Sample.LearningRate
        NetworkLearningRate = case.Sample.NetworkLearningRate
        Seed = seed
    }

/// The true thickness: a smooth random curve over the frames, α (degrees) → t (Å).
let thickness (case: Case) seed =
    ThicknessProfile.create ThicknessProfile.Smooth case.Sample.Thickness seed (Problem.angles case.Measured)

let threads = Environment.ProcessorCount

/// Data of dynamic range 10⁶ with Poisson noise.
let synthesise (case: Case) seed =
    let conditions: Synthesis.Conditions =
        {
            DynamicRange = 1e6
            NoiseFloor = 1.0
            Seed = seed
        }

    Synthesis.synthesise
        (settings case ThicknessChoice.Network seed)
        threads
        conditions
        (thickness case seed)
        case.Truth
        case.Measured
