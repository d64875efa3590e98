namespace Pendel.Core

open Pendel.Crystallography
open Pendel.Diffraction

/// How many orientations integrate a frame.
type TiltSampling =
    /// N = 1 + ⌈1.25 · 2φ · g_scored · t⌉ for the largest current thickness, fewer with mosaic blocks (CONVENTIONS, Rocking).
    | Sufficient
    /// The same number for every frame.
    | Count of int

/// Arithmetic of the propagator's inner loop; everything around it is double.
type PrecisionChoice =
    /// Single where its error bound allows, else double: decided frame by frame.
    | Automatic
    | Single
    | Double

/// What scatters electrons out of the elastic waves: the imaginary part U′ of the potential.
[<RequireQualifiedAccess>]
type Absorption =
    /// U′ = 0.
    | None
    /// U′_g = κU_g.
    | Proportional
    /// Thermal diffuse scattering, from tabulated f′(s, B).
    | ThermalDiffuse

/// How the orientation of each frame is refined.
type OrientationMethod =
    /// Levenberg–Marquardt on two tilts with the scale, against amplitudes.
    | Gradient
    /// The same with robust residuals: rows that are far off count little.
    | Robust
    /// As gradient, against intensities with the weights of the loss.
    | Intensities
    /// Nelder–Mead on two tilts.
    | NelderMead
    /// Two tilts on a hexagon that shrinks.
    | Hexagonal
    /// Orientations stay as the data file states them.
    | Fixed

/// The model of the apparent thickness as a function of the angle.
[<RequireQualifiedAccess>]
type ThicknessChoice =
    /// 10 Å: kinematical intensities.
    | Kinematical
    /// One thickness, the mean of the frames' best ones; held.
    | Constant
    /// One for each frame.
    | PerFrame
    /// A parabola over the angle.
    | Quadratic
    /// ThicknessNN.
    | Network

/// What is known of the network's curve beforehand.
type ThicknessPrior =
    /// Nothing but smoothness.
    | NoPrior
    /// A parabola bent upwards, refined with the network, to which the network adds.
    | QuadraticPrior

/// What the joint refinement minimises, and orientations by intensities: a residual's mean over the frames.
[<RequireQualifiedAccess>]
type LossChoice =
    /// wR_I, the paper's, which a few strong rows rule.
    | WRI
    /// wR2, in which each row counts by its own uncertainty.
    | WR2

/// Minimises the joint loss.
[<RequireQualifiedAccess>]
type OptimiserChoice =
    /// Adam with cosine decay of its learning rate.
    | Adam
    /// L-BFGS with a weak Wolfe line search.
    | Lbfgs

/// A width of the mosaic blocks' distribution.
type MosaicitySetting =
    /// That of the data file; none means 0.
    | FromData
    /// Degrees.
    | Degrees of float
    /// Refined, from that of the data file.
    | Refined

/// What is refined of a hydrogen.
type HydrogenTreatment =
    /// Position and ADP, as of any other site.
    | RefinedHydrogens
    /// Nothing: it moves with the atom that it is bonded to.
    | RidingHydrogens

/// A site occupancy that is refined.
[<RequireQualifiedAccess>]
type RefinedOccupancy =
    /// That of a label.
    | Alone of label: string
    /// Those of two labels at one site; their sum stays.
    | Shared of first: string * second: string

/// What a restraint is on.
type RestraintKind =
    /// The distance of two atoms; its target, Å.
    | Distance of target: float
    /// The difference of two atoms' ADPs, whose target is 0.
    | SimilarU

/// A restraint on two atoms: adds to the loss as its value departs from its target.
type Restraint =
    {
        Kind: RestraintKind
        /// Labels of the atoms. Of the second the image is meant that is nearest to the first.
        Atoms: string * string
        /// Standard uncertainty of the target: Å of a distance, Å² of a difference of ADPs.
        Su: float
    }

/// Every setting that changes the result of a refinement. Angles in degrees, lengths in Å.
type Settings =
    {
        /// Which beams couple, which reflections are scored.
        Selection: SelectionSettings
        /// How a rocking curve is cut into arcs that share a list of beams.
        Arcs: ArcCut
        /// Rocking-curve sampling.
        Tilts: TiltSampling
        /// Rotation or precession; None: as the data show.
        Geometry: CollectionGeometry option
        /// Standard deviation of the mosaic blocks' tilt perpendicular to the rocking axis.
        Mosaicity: MosaicitySetting
        /// Standard deviation of the mosaic blocks' tilt about the rocking axis.
        MosaicityAlong: MosaicitySetting
        /// How the thickness spreads within a frame.
        ThicknessDistribution: ThicknessDistribution
        /// Smallest thickness of the scan and of the network, Å.
        ThicknessMin: float
        /// Largest thickness of the scan and of the network, Å.
        ThicknessMax: float
        /// Model of the thickness.
        ThicknessModel: ThicknessChoice
        /// Prior of the network.
        ThicknessPrior: ThicknessPrior
        /// Thicknesses of a frame over which the joint refinement averages intensities, drawn about the network's μ with its σ; 1:
        /// μ alone.
        ThicknessSamples: int
        /// Electron scattering factors.
        ScatteringFactors: ScatteringFactorTable
        /// Imaginary part of the potential.
        Absorption: Absorption
        /// κ of proportional absorption, –.
        AbsorptionRatio: float
        /// Method of the orientation stage.
        Orientation: OrientationMethod
        /// Standard deviation of the prior on |ω_f|, degrees.
        OrientationPrior: float
        /// Bound on |ω_f|, degrees.
        OrientationBound: float
        /// Rounds of orientation and joint refinement.
        Cycles: int
        /// What is refined of hydrogens.
        Hydrogens: HydrogenTreatment
        /// Site occupancies that are refined.
        Occupancies: RefinedOccupancy list
        /// Restraints on the structure.
        Restraints: Restraint list
        /// Their weight relative to the measurements, –.
        RestraintWeight: float
        /// Loss of the joint refinement, and of orientations by intensities.
        Loss: LossChoice
        /// Minimises the loss of the joint refinement.
        Optimiser: OptimiserChoice
        /// Evaluations of the loss and its gradient in each joint refinement, after that of its start.
        Epochs: int
        /// Learning rate of the structure's dimensionless parameters at the start of the cosine decay.
        LearningRate: float
        /// Learning rate of the thickness network at the start of the cosine decay.
        NetworkLearningRate: float
        /// Inner arithmetic.
        Precision: PrecisionChoice
        /// Most memory for the propagations that gradients need, MB; infinite without a ceiling. Changes no result.
        MemoryCeiling: float
        /// Seed of the network's first weights and of the samples of the thickness.
        Seed: int
        /// Share of the measurements that is held out of every stage; 0 holds out none.
        Free: float
        /// Seed of their choice.
        FreeSeed: int
        /// PETS ids of the frames that are left out, ascending.
        ExcludedFrames: int list
    }

module Settings =
    /// Largest g_max of beams and of scored reflections, Å⁻¹: the tables of scattering factors end before.
    let largestGMax = 10.0

    /// Largest sg_max, Å⁻¹.
    let largestSgMax = 0.5

    /// Most orientations of a frame, mosaic blocks not counted.
    let mostTilts = 10000

    /// Largest thickness, Å.
    let largestThickness = 20000.0

    /// The defaults: those of the README.
    let standard =
        {
            Selection =
                SelectionSettings(BeamGMax = 2.0, SgMax = 0.01, ScoredGMax = 2.0, Rsg = System.Nullable(), Dsg = 0.0015)
            Arcs = ArcCut.CostModel
            Tilts = Sufficient
            Geometry = None
            Mosaicity = FromData
            MosaicityAlong = Degrees 0.0
            ThicknessDistribution = Uniform
            ThicknessMin = 100.0
            ThicknessMax = 2000.0
            ThicknessModel = ThicknessChoice.Network
            ThicknessPrior = NoPrior
            ThicknessSamples = 1
            ScatteringFactors = ScatteringFactorTable.Lobato
            Absorption = Absorption.None
            AbsorptionRatio = 0.1
            Orientation = Gradient
            OrientationPrior = 0.3
            OrientationBound = 1.0
            Cycles = 2
            Hydrogens = RefinedHydrogens
            Occupancies = []
            Restraints = []
            RestraintWeight = 1.0
            Loss = LossChoice.WRI
            Optimiser = OptimiserChoice.Adam
            Epochs = 40
            LearningRate = 0.03
            NetworkLearningRate = 5e-5
            Precision = Automatic
            MemoryCeiling = infinity
            Seed = 0
            Free = 0.0
            FreeSeed = 0
            ExcludedFrames = []
        }

    /// The distribution about the thickness of a frame; kinematical intensities have one thickness.
    let thicknessDistribution settings =
        match settings.ThicknessModel with
        | ThicknessChoice.Kinematical -> Plate
        | _ -> settings.ThicknessDistribution

    /// The settings with every frame and every measurement in use.
    let withAllData settings =
        { settings with
            Free = 0.0
            ExcludedFrames = []
        }
