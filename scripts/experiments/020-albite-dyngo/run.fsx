// Albite against Dyngo: the published intensities of the same rows, and the refinement against the measured ones. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Collections.Immutable
open System.Globalization
open System.IO
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO

let folder = Path.Combine(Experiment.dataFolder (), "albite")
let published = Path.Combine(folder, "jana2006_albite.cif")
let crystal = (StructureReader.Read published).Value

let measured = (PetsReader.Read(Path.Combine(folder, "albite.cif_pets"))).Value

/// Thickness that Dyngo refined for this crystal, Å.
let thickness = 336.91

/// A row of the published list of structure factors.
type Row =
    {
        Hkl: MillerIndex
        /// Dyngo's intensity, on the scale of the data.
        Calculated: float
        Intensity: float
        Su: float
        Frame: int
        IsObserved: bool
    }

let private number (text: string) =
    Double.Parse(text, CultureInfo.InvariantCulture)

/// Rows of block 5, which is this data set: h k l I_calc I_meas σ frame%block status.
let rows =
    [
        for line in File.ReadLines published do
            match line.Split(' ', StringSplitOptions.RemoveEmptyEntries) with
            | [| h; k; l; calculated; intensity; su; group; status |] when group.EndsWith "%5" ->
                {
                    Hkl = MillerIndex(int h, int k, int l)
                    Calculated = number calculated
                    Intensity = number intensity
                    Su = number su
                    Frame = int (group.Substring(0, group.IndexOf '%'))
                    IsObserved = (status = "o")
                }
            | _ -> ()
    ]

/// The data set with the published rows alone, their intensities by a rule; published frames have the numbers of the measured ones.
let dataOf intensity =
    let published = rows |> List.groupBy _.Frame |> Map.ofList

    measured.WithFrames(
        ImmutableArray.CreateRange
            [
                for frame in measured.Frames do
                    match Map.tryFind frame.Id published with
                    | Some rows ->
                        frame.WithObservations(
                            ImmutableArray.CreateRange
                                [ for row in rows -> Observation(row.Hkl, intensity row, row.Su) ]
                        )
                    | None -> ()
            ]
    )

/// All published rows are scored, whatever the orientation.
let settings =
    { Settings.standard with
        Selection = SelectionSettings(BeamGMax = 2.0, SgMax = 0.01, ScoredGMax = 1.8, Rsg = infinity, Dsg = -infinity)
    }

let refine settings data =
    (Refine.run Monitor.silent settings Environment.ProcessorCount crystal data).Final

/// The published structure at the published thickness, no mosaic blocks; only orientations are refined.
let asPublished =
    { settings with
        ThicknessDistribution = Plate
        ThicknessMin = thickness - 0.01
        ThicknessMax = thickness + 0.01
        ThicknessModel = ThicknessChoice.Constant
        Mosaicity = Degrees 0.0
        Cycles = 1
        Epochs = 0
    }

/// Structure, orientations and thickness, with the mosaicity of the data file and a wedge of thickness.
let refined = refine { settings with ThicknessMax = 1000.0 } (dataOf _.Intensity)

/// R_obs of Dyngo's own intensities, on their scale.
let dyngo =
    let observed = rows |> List.filter _.IsObserved

    let amplitudes =
        observed
        |> List.map (fun r -> sqrt (max r.Intensity 0.0), sqrt (max r.Calculated 0.0))

    List.sumBy (fun (o, c) -> abs (o - c)) amplitudes / List.sumBy fst amplitudes

/// Dyngo's intensity and that of the same row, frame by frame, for a scatter plot.
let writeScatter (evaluation: Evaluation) =
    let line (r: ReflectionResult) =
        let hkl = r.Row.Observation.Hkl

        FormattableString.Invariant
            $"{r.FrameId},{hkl.H},{hkl.K},{hkl.L},{r.Row.Observation.Intensity:R},{r.Calculated:R}"

    "frame,h,k,l,I_dyngo,I_pendel" :: [ for r in evaluation.Reflections -> line r ]
    |> String.concat "\n"
    |> Experiment.write __SOURCE_DIRECTORY__ "scatter.csv"

let parity = refine asPublished (dataOf _.Calculated)
writeScatter parity
let fitted = refine asPublished (dataOf _.Intensity)

let values name (residuals: Residuals) =
    [
        $"{name}: wR_mean", residuals.WRMean
        $"{name}: Robs_mean", residuals.RObsMean
        $"{name}: wRF_all", residuals.Pooled.WRFAll
        $"{name}: RF_obs", residuals.Pooled.RFObs
        $"{name}: RF_all", residuals.Pooled.RFAll
    ]

Experiment.writeResult
    __SOURCE_DIRECTORY__
    [
        yield! values "against Dyngo" parity.Residuals
        "Dyngo against data: RF_obs", dyngo
        yield! values "published structure against data" fitted.Residuals
        yield! values "refined against data" refined.Residuals
        "refined: RMSD from the published / Å", (StructureComparison.Of(crystal, refined.Crystal)).Rmsd
    ]
