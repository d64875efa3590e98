/// `pendel info`: what files hold.
module Pendel.Cli.Info

open System
open System.Globalization
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Core
open Pendel.IO
open Pendel.Report

let private format (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

let private describeCell (cell: UnitCell) =
    format "  cell         {0}, {1:F3} Å³" [| cell.ToString(); cell.Volume |]

let private describeStructure (path: string) (crystal: Crystal) =
    let group = crystal.SpaceGroup

    let number =
        if group.Number.HasValue then
            $"number {group.Number.Value}"
        else
            "not tabulated"

    let centre =
        if group.IsCentrosymmetric then
            "centrosymmetric"
        else
            "acentric"

    [
        $"{path}: structure"
        describeCell crystal.Cell
        $"  space group  {group}, {number}, {group.Operations.Length} operations, {centre}"
        yield! Text.sites crystal
        ""
    ]

let private describeFrames (experiment: Experiment) =
    let rows = experiment.Frames |> Seq.sumBy _.Observations.Length

    let observed =
        experiment.Frames
        |> Seq.sumBy (fun f -> f.Observations |> Seq.filter (fun o -> o.Intensity > 3.0 * o.Su) |> Seq.length)

    let range (values: float seq) =
        let least, most = Seq.min values, Seq.max values

        if least = most then
            format "{0:0.###}°" [| least |]
        else
            format "{0:0.###} to {1:0.###}°" [| least; most |]

    let empty =
        [
            for f in experiment.Frames do
                if f.Observations.IsEmpty then
                    f.Id
        ]

    [
        $"  frames       {experiment.Frames.Length}"
        if not empty.IsEmpty then
            $"               without reflections: {FrameIds.toText empty}"
        if not experiment.Frames.IsEmpty then
            $"  alpha        {range (experiment.Frames |> Seq.map _.Alpha)}"
            $"  semi-angle   {range (experiment.Frames |> Seq.map _.PrecessionAngle)}"
            $"  axis         {range (experiment.Frames |> Seq.map _.Omega)} in the detector plane"
        $"  rows         {rows}, {observed} of them above 3 sigma"
    ]

let private describeData (path: string) (experiment: Experiment) =
    let optics = ElectronOptics.FromWavelength experiment.Wavelength
    let evidence = GeometryEvidence.Of experiment
    let strain = CrystalOrientation.FromExperiment(experiment).Strain

    [
        $"{path}: data set"
        describeCell experiment.Cell
        format "  wavelength   {0:0.######} Å, {1:F1} kV" [| experiment.Wavelength; optics.Voltage / 1000.0 |]
        $"  geometry     {Text.geometry evidence.Geometry}: {evidence.Reason}"
        if evidence.Contradicts experiment.Geometry then
            $"               the header says {Text.geometry experiment.Geometry}"
        yield! describeFrames experiment
        format "  UB           strain {0:F2} % against the cell" [| 100.0 * strain |]
        ""
    ]

/// A data set has a loop of frames.
let private isData (path: string) =
    CifReader.Read(path).Value.Blocks
    |> Seq.exists (fun block -> not (isNull (block.Column "_diffrn_zone_axis_id")))

let private describe terminal (path: string) =
    if isData path then
        let data = PetsReader.Read path
        Terminal.print terminal (describeData path data.Value)
        Terminal.warn terminal (data.Warnings |> Seq.map _.ToString())
        None, Some(path, data.Value.Cell)
    else
        let structure = StructureReader.Read path
        Terminal.print terminal (describeStructure path structure.Value)
        Terminal.warn terminal (structure.Warnings |> Seq.map _.ToString())
        Some(path, structure.Value.Cell), None

/// Prints what each file holds, and warns of cells that differ.
///
/// Raises `DataException` for a file that is wrong.
let run terminal files =
    let describeOne path =
        Inputs.guard path (fun () -> describe terminal path)

    let structures, data = files |> List.map describeOne |> List.unzip

    for structurePath, structureCell in List.choose id structures do
        for dataPath, dataCell in List.choose id data do
            CellComparison.Check(structureCell, structurePath, dataCell, dataPath)
            |> Seq.map _.ToString()
            |> Terminal.warn terminal

    ExitCode.Done
