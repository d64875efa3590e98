// Writes the embedded tables of Pendel.Crystallography from a folder of source tables:
//   dotnet fsi scripts/tables.fsx FOLDER
// Every output file starts with a comment line that names its source; numbers are copied as text, never reformatted.

open System.IO
open System.Text

let project =
    Path.Combine(__SOURCE_DIRECTORY__, "..", "src", "Pendel.Crystallography")

/// Splits a line of comma-separated values, in which a field may be quoted.
let split (line: string) =
    let fields = ResizeArray [ StringBuilder() ]
    let mutable quoted = false

    for c in line do
        match c with
        | '"' -> quoted <- not quoted
        | ',' when not quoted -> fields.Add(StringBuilder())
        | _ -> fields[fields.Count - 1].Append c |> ignore

    [ for field in fields -> field.ToString() ]

/// Hall symbols hold the character " as an axis; `split` would drop it, so it travels as another character.
let protect (line: string) = line.Replace("\"\"", "\u2033")

/// The field as it is written: no field holds a comma, so that the reader may split at every comma.
let restore (field: string) =
    let text = field.Replace(',', ';')

    if text.Contains '\u2033' then
        "\"" + text.Replace("\u2033", "\"\"") + "\""
    else
        text

/// Copies the named columns (all, if none is named) of a table, after a comment line.
let copy folder (input: string) (output: string) (comment: string) (columns: string list) =
    let lines =
        File.ReadAllLines(Path.Combine(folder, input)) |> Array.map (protect >> split)

    let places =
        match columns with
        | [] -> [ 0 .. lines[0].Length - 1 ]
        | names -> names |> List.map (fun name -> List.findIndex ((=) name) lines[0])

    let rows =
        lines
        |> Array.map (fun row -> places |> List.map (fun i -> restore row[i]) |> String.concat ",")

    let path = Path.Combine(project, output)
    Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
    File.WriteAllText(path, String.concat "\n" (Seq.append [ "# " + comment ] rows) + "\n")
    printfn $"{output}: {rows.Length - 1} rows"

let scattering folder input output comment =
    copy folder input $"Scattering/Tables/{output}" comment []

match fsi.CommandLineArgs with
| [| _; folder |] ->
    copy
        folder
        "spacegroups.csv"
        "Symmetry/Tables/spacegroups.csv"
        "Settings of the space-group types as listed by gemmi (MPL-2.0); operations of every Hall symbol compared with cctbx. Symbols: International Tables for Crystallography A and B."
        [ "number"; "ext"; "short_name"; "xhm"; "hall"; "is_reference_setting" ]

    scattering
        folder
        "lobato2014.csv"
        "lobato.csv"
        "Lobato & Van Dyck (2014), Acta Cryst. A70, 636; read from diffBloch (MIT). f = sum a(2 + b g^2)/(1 + b g^2)^2, g = 2s, f in Angstrom."

    scattering
        folder
        "kirkland2010.csv"
        "kirkland.csv"
        "Kirkland (2010), Advanced Computing in Electron Microscopy, 2nd ed., appendix C; read from Felix-python (CC0). f = sum a/(g^2 + b) + sum c exp(-d g^2), g = 2s, f in Angstrom."

    scattering
        folder
        "peng1996_0-2_itc_c4322.csv"
        "peng1996.csv"
        "Peng, Ren, Dudarev & Whelan (1996), Acta Cryst. A52, 257; International Tables C, table 4.3.2.2; read from gemmi, equal to cctbx. f = sum a exp(-b s^2), s up to 2 per Angstrom, f in Angstrom."

    scattering
        folder
        "peng1996_0-6_itc_c4323.csv"
        "peng1996-extended.csv"
        "Peng, Ren, Dudarev & Whelan (1996), Acta Cryst. A52, 257; International Tables C, table 4.3.2.3; numbers read from abTEM, no second source. f = sum a exp(-b s^2), s up to 6 per Angstrom, f in Angstrom."

    scattering
        folder
        "peng1998_ionic.csv"
        "peng1998-ions.csv"
        "Peng (1998), Acta Cryst. A54, 481; numbers read from abTEM, no second source. f = sum a exp(-b s^2) + charge/(8 pi^2 a0 s^2), s up to about 1.5 per Angstrom, f in Angstrom."

    scattering
        folder
        "peng1999_4gauss.csv"
        "peng1999.csv"
        "Peng (1999), Micron 30, 625; read from Felix-python (CC0), no second source. f = sum a exp(-b s^2), s up to about 1.5 per Angstrom, f in Angstrom."

    scattering
        folder
        "doyle_turner1968.csv"
        "doyle-turner.csv"
        "Doyle & Turner (1968), Acta Cryst. A24, 390; read from Felix-python (CC0), no second source; two coefficients repaired, see column note. f = sum a exp(-b s^2), s up to 2 per Angstrom, f in Angstrom."

    scattering
        folder
        "weickenmeier_kohl1991.csv"
        "weickenmeier-kohl.csv"
        "Weickenmeier & Kohl (1991), Acta Cryst. A47, 590; numbers read from py4DSTEM, no second source. f = sum A (1 - exp(-B s^2))/s^2, f in Angstrom."

    scattering
        folder
        "thomas2024_absorptive.csv"
        "thomas-absorptive.csv"
        "Thomas, Cleverley & Beanland (2024), Acta Cryst. A80; read from Felix-python (CC0), checked by quadrature to 0.3 %. f' = (c/v) max(0, sum a exp(-|b| s^2) + c), f' in Angstrom at the B_iso (Angstrom^2) of the row."
| _ ->
    eprintfn "usage: dotnet fsi scripts/tables.fsx FOLDER"
    exit 2
