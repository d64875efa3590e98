// The measured data sets, each refined by one command: residuals, R_free, bond lengths beside the published ones. See README.md.
#load "../../load.fsx"
#load "../shared/experiment.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open MathNet.Numerics.Distributions
open Pendel.Crystallography
open Pendel.Core
open Pendel.IO

/// A refinement by the command line; paths within the data folder.
type Case =
    {
        Name: string
        Structure: string
        Data: string
        Options: string
    }

let private case name structure data options =
    {
        Name = name
        Structure = structure
        Data = data
        Options = options
    }

let private free = "--free 0.1 --free-seed"

/// Orientations held near the goniometer's smooth drift, each row by its own su.
let private tight prior =
    $"--orientation robust --orientation-prior {prior} --loss wr2"

/// Nine frames of quartz.
let private everyEleventh =
    let others = [ 1..99 ] |> List.filter (fun i -> i % 11 <> 5)
    $"""--exclude-frames {others |> List.map string |> String.concat ","}"""

let cases =
    [
        let quartz options name =
            case name "quartz/quartz.cif" "quartz/quartz.cif_pets" options

        quartz "--tilts 42" "quartz"
        quartz "" "quartz-default"
        quartz $"--beam-gmax 2.5 --scored-gmax 2 --sgmax 0.04 --tilts 60 {everyEleventh}" "quartz-converged"
        quartz $"--tilts 42 {everyEleventh}" "quartz-nine"

        for seed in 0..2 do
            quartz $"""--tilts 42 {tight "0.01"} {free} {seed}""" $"quartz-free-{seed}"

        let cspbbr3 options name =
            case name "cspbbr3/cspbbr3.cif" "cspbbr3/cspbbr3.cif_pets" options

        cspbbr3 "" "cspbbr3"
        cspbbr3 "--absorption tds --rsg 0.66 --orientation intensities" "cspbbr3-absorption"

        case
            "paracetamol"
            "paracetamol/paracetamol.cif"
            "paracetamol/paracetamol.cif_pets"
            "--scored-gmax 1.2 --rsg 0.5 --thickness-range 100..1200 --tilts 120"

        for name, options in [ "wr", "--loss wr"; "wr2", "--loss wr2"; "tight", tight "0.05" ] do
            case
                $"albite-{name}"
                "albite/jana2006_albite.cif"
                "albite/albite.cif_pets"
                $"--thickness-range 100..1000 {options}"

        case
            "lta"
            "lta/lta.cif"
            "lta/lta.cif_pets"
            $"--beam-gmax 1.2 --scored-gmax 1 --thickness-distribution single --thickness-range 2000..2800 --tilts 120 --orientation none --cycles 1 --epochs 10 {free} 0"

        case "glycine" "glycine/alpha_glycine.cif" "glycine/glycine_dyn.cif_pets" $"{free} 0"
    ]

let folder, wanted =
    match fsi.CommandLineArgs |> Array.toList |> List.tail with
    | [ folder ] -> folder, cases
    | folder :: names when names |> List.forall (fun n -> cases |> List.exists (fun c -> c.Name = n)) ->
        folder, cases |> List.filter (fun c -> List.contains c.Name names)
    | _ ->
        let names = cases |> List.map _.Name |> String.concat ", "
        eprintfn $"usage: dotnet fsi run.fsx DATA-FOLDER [NAME …]\nNAME: {names}"
        exit 1

let private resultsOf (case: Case) =
    Path.Combine(Experiment.outFolder __SOURCE_DIRECTORY__, case.Name)

/// Refines unless the results are there.
let refine (case: Case) =
    let results = resultsOf case

    if not (File.Exists(Path.Combine(results, "summary.json"))) then
        let path relative = Path.Combine(folder, relative)
        let pendel = Experiment.inRepository "src/Pendel.Cli/bin/Release/net10.0/pendel.dll"

        let command =
            $"\"{pendel}\" refine \"{path case.Structure}\" \"{path case.Data}\" {case.Options} --force --out \"{results}\""

        printfn $"pendel refine {case.Structure} {case.Data} {case.Options} --out {case.Name}"
        use run = Process.Start("dotnet", command)
        run.WaitForExit()

        if run.ExitCode <> 0 then
            failwith $"{case.Name}: exit code {run.ExitCode}"

/// A bond of the published structure, and its length after the refinement.
type Bond =
    {
        Atoms: string
        /// Å.
        Published: float
        /// s.u. from those of the coordinates, Å; 0 where the file has none.
        Su: float
        /// Å.
        Refined: float
        /// s.u. from those of the refined coordinates, Å.
        RefinedSu: float
    }

/// s.u. of the fractional coordinates of each site; 0 where the file has none.
let private coordinateSus (path: string) =
    let block =
        (CifReader.Read path).Value.Blocks
        |> Seq.find (fun b -> not (isNull (b.Column "_atom_site_fract_x")))

    let column name =
        match block.Column [| name |] with
        | null -> failwith $"{path} lacks {name}"
        | column -> column

    let su (value: CifValue) =
        match CifNumber.TryParse value.Text with
        | true, number -> Option.ofNullable number.Su |> Option.defaultValue 0.0
        | _ -> 0.0

    let labels = column "_atom_site_label"
    let axes = [| for axis in "xyz" -> column $"_atom_site_fract_{axis}" |]

    Map
        [
            for i in 0 .. labels.Count - 1 -> labels[i].Text, axes |> Array.map (fun axis -> su axis[i])
        ]

/// s.u. of the distance of two sites: each coordinate's s.u. times the distance's slope along it.
let private distanceSu
    (crystal: Crystal)
    (sus: Map<string, float array>)
    (direction: Vector3)
    (image: Neighbour.Image)
    site
    other
    =
    let edges =
        [| Vector3(1.0, 0.0, 0.0); Vector3(0.0, 1.0, 0.0); Vector3(0.0, 0.0, 1.0) |]

    let along (rotation: Matrix3) label =
        Array.map2
            (fun su edge -> (su * direction.Dot(crystal.Cell.Orthogonalisation * (rotation * edge))) ** 2.0)
            (Map.find label sus)
            edges
        |> Array.sum

    sqrt (along Matrix3.Identity site + along image.Rotation other)

/// Nearest images of two sites that are bonded: one of them no metal, nearer than 1.25 times the sum of their covalent radii.
let private isBond (a: Element) (b: Element) distance =
    let isMetal (e: Element) =
        List.contains e.Symbol [ "Na"; "Al"; "Si"; "Cs"; "Pb" ]

    let radius (e: Element) =
        match e.Symbol with
        | "H" -> 0.31
        | "C" -> 0.76
        | "N" -> 0.71
        | "O" -> 0.66
        | "Na" -> 1.66
        | "Al" -> 1.21
        | "Si" -> 1.11
        | "Br" -> 1.20
        | "Cs" -> 2.44
        | "Pb" -> 1.46
        | other -> failwith $"no radius of {other}"

    not (isMetal a && isMetal b) && distance < 1.25 * (radius a + radius b)

/// Bonds between different sites, hydrogen left out, each pair of sites at its nearest images.
let bonds (case: Case) =
    let path = Path.Combine(folder, case.Structure)
    let published = (StructureReader.Read path).Value

    let refined =
        (StructureReader.Read(Path.Combine(resultsOf case, "refined.cif"))).Value

    let published = Crystal(refined.Cell, published.SpaceGroup, published.Sites)

    let sus, refinedSus =
        coordinateSus path, coordinateSus (Path.Combine(resultsOf case, "refined.cif"))

    [
        for i in 0 .. published.Sites.Length - 1 do
            for j in i + 1 .. published.Sites.Length - 1 do
                let a, b = published.Sites[i], published.Sites[j]
                let image = Neighbour.nearest published i j

                if
                    a.Element.Symbol <> "H"
                    && b.Element.Symbol <> "H"
                    && isBond a.Element b.Element image.Distance
                then
                    let vector (crystal: Crystal) =
                        crystal.Cell.Orthogonalisation
                        * (image.Rotation * crystal.Sites[j].Position + image.Translation
                           - crystal.Sites[i].Position)

                    let before = vector published

                    let su sus =
                        distanceSu published sus (1.0 / before.Length * before) image a.Label b.Label

                    {
                        Atoms = $"{a.Label}-{b.Label}"
                        Published = before.Length
                        Su = su sus
                        Refined = (vector refined).Length
                        RefinedSu = su refinedSus
                    }
    ]

let private number (element: JsonElement) (name: string) =
    match element.TryGetProperty name with
    | true, value when value.ValueKind = JsonValueKind.Number -> Some(value.GetDouble())
    | _ -> None

/// The row of a case.
let row (case: Case) =
    refine case

    use summary =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(resultsOf case, "summary.json")))

    let residuals = summary.RootElement.GetProperty "residuals"
    let bonds = bonds case

    for b in bonds do
        printfn
            $"  %-10s{b.Atoms} published %.4f{b.Published} ± %.4f{b.Su} Å, refined %.4f{b.Refined} ± %.4f{b.RefinedSu}, difference %+.4f{b.Refined - b.Published}"

    [
        for name in [ "wR_mean"; "Robs_mean"; "wRF_all"; "RF_obs" ] do
            match number residuals name with
            | Some value -> $"{case.Name} {name}", value
            | None -> ()

        // of independent measurements, refined against and held out
        for part in [ "work"; "free" ] do
            match residuals.TryGetProperty part with
            | true, agreement when agreement.ValueKind = JsonValueKind.Object ->
                for name in [ "wR"; "wRF_all"; "RF_obs" ] do
                    match number agreement name with
                    | Some value -> $"{case.Name} {part} {name}", value
                    | None -> ()
            | _ -> ()

        if not bonds.IsEmpty then
            $"{case.Name} largest change of a bond / Å",
            bonds |> List.map (fun b -> abs (b.Refined - b.Published)) |> List.max

            let within su =
                bonds
                |> List.filter (fun b -> abs (b.Refined - b.Published) <= 3.0 * su b)
                |> List.length
                |> float

            $"{case.Name} bonds within 3 s.u. of the published", within _.Su

            $"{case.Name} bonds expected there if both structures are right to their s.u.",
            bonds
            |> List.sumBy (fun b -> 2.0 * Normal.CDF(0.0, sqrt (b.Su ** 2.0 + b.RefinedSu ** 2.0), 3.0 * b.Su) - 1.0)

            $"{case.Name} bonds within 3 s.u. of the difference",
            within (fun b -> sqrt (b.Su ** 2.0 + b.RefinedSu ** 2.0))

            $"{case.Name} root mean square change of a bond / Å",
            bonds |> List.averageBy (fun b -> (b.Refined - b.Published) ** 2.0) |> sqrt

            $"{case.Name} bonds", float bonds.Length

        $"{case.Name} seconds", (summary.RootElement.GetProperty "timing").GetProperty("total_s").GetDouble()
    ]

Experiment.writeResult __SOURCE_DIRECTORY__ (wanted |> List.collect row)
