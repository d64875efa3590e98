using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>CIF → Crystal.</summary>
/// <remarks>Standard uncertainties are dropped, coordinates outside [0, 1) are kept.</remarks>
public static class StructureReader
{
    /// <summary>Reads a crystal structure.</summary>
    /// <param name="path">Path of a CIF, or of a `.cif_pets` file with an `_atom_site` loop.</param>
    /// <param name="block">Block code; null for the first block with atom sites.</param>
    /// <returns>The structure and the warnings.</returns>
    /// <exception cref="DataException">
    /// The file cannot be read; cell, symmetry or sites are missing, malformed or impossible; a label occurs twice; displacement
    /// parameters are missing though declared, or not positive definite.
    /// </exception>
    public static Loaded<Crystal> Read(string path, string? block = null) => Parse(TextFile.Read(path), path, block);

    /// <summary>Reads a crystal structure from the text of a CIF, as Read does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The name under which diagnostics speak of it.</param>
    /// <param name="block">Block code; null for the first block with atom sites.</param>
    /// <exception cref="DataException">As for Read.</exception>
    public static Loaded<Crystal> Parse(string text, string path, string? block = null)
    {
        var found = new DiagnosticList(path);
        var document = CifReader.Parse(text, found, PetsItems.Reflection);
        var fitting = document
            .Blocks.Where(b =>
                block is null
                    ? b.Column(SiteItems.X) is not null
                    : b.Name.Equals(block, StringComparison.OrdinalIgnoreCase)
            )
            .ToArray();
        var chosen = fitting.FirstOrDefault();
        if (chosen is null)
            found.Error(
                default,
                block is null ? SiteItems.X : "data_" + block,
                $"found the blocks {string.Join(", ", document.Blocks.Select(b => b.Name))}, expected one with atom sites"
                    + (block is null ? "" : " and this name")
            );
        found.ThrowIfErrors();
        if (fitting.Length > 1)
            found.Warning(
                chosen!.Position,
                null,
                $"the structure of data_{chosen.Name} is taken; left out: {string.Join(", ", fitting.Skip(1).Select(b => "data_" + b.Name))}"
            );
        var crystal = Read(new CifFields(chosen!, found));
        return new(crystal, found.ToImmutable());
    }

    static Crystal Read(CifFields fields)
    {
        var cell = fields.Cell();
        fields.Found.ThrowIfErrors();
        var group = SymmetryItems.Read(fields);
        var sites = SiteItems.Read(fields, cell!);
        fields.Found.ThrowIfErrors();
        CheckMetric(cell!, group!, fields);
        var crystal = new Crystal(cell!, group!, sites);
        SiteCheck.Compare(crystal, fields);
        return crystal;
    }

    // Every operation keeps the metric tensor: WᵀGW = G.
    static void CheckMetric(UnitCell cell, SpaceGroup group, CifFields fields)
    {
        const double tolerance = 0.005;
        var metric = cell.Metric;
        double Scale(int i, int j) => Math.Sqrt(metric[i, i] * metric[j, j]);
        double Departure(Matrix3 other) =>
            (
                from i in Enumerable.Range(0, 3)
                from j in Enumerable.Range(0, 3)
                select Math.Abs(other[i, j] - metric[i, j]) / Scale(i, j)
            ).Max();
        var departure = group.PointGroup.Max(o => Departure(o.Rotation.Transpose * metric * o.Rotation));
        if (departure > tolerance)
            fields.Found.Warning(
                fields.Value("_cell_length_a")!.Value.Position,
                "_cell_",
                FormattableString.Invariant(
                    $"the cell {cell} departs from the symmetry {group}: its metric tensor by {100 * departure:0.0} %"
                )
            );
    }
}
