using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>Whether a structure and a data set speak of the same cell.</summary>
public static class CellComparison
{
    const double WarningLimit = 0.01;
    const double ErrorLimit = 0.05;

    /// <summary>Compares the six cell parameters of a structure with those of a data set, relative to the latter.</summary>
    /// <param name="structure">Cell of the structure.</param>
    /// <param name="structurePath">The structure's file, for the messages.</param>
    /// <param name="data">Cell of the data set.</param>
    /// <param name="dataPath">The data set's file, for the messages.</param>
    /// <returns>A warning for each parameter that differs by more than 1 %.</returns>
    /// <exception cref="DataException">A parameter differs by more than 5 %.</exception>
    public static ImmutableArray<Diagnostic> Check(
        UnitCell structure,
        string structurePath,
        UnitCell data,
        string dataPath
    )
    {
        var found = new DiagnosticList(structurePath);
        void Compare(string item, string unit, double own, double other)
        {
            var difference = own / other - 1;
            var message = FormattableString.Invariant(
                $"found {own}{unit}, expected {other}{unit} as in {dataPath}, whose cell is used: a difference of {100 * difference:+0.00;-0.00} %"
            );
            if (Math.Abs(difference) > ErrorLimit)
                found.Error(default, item, message + ", the limit is 5 %");
            else if (Math.Abs(difference) > WarningLimit)
                found.Warning(default, item, message);
        }
        Compare("_cell_length_a", " Å", structure.A, data.A);
        Compare("_cell_length_b", " Å", structure.B, data.B);
        Compare("_cell_length_c", " Å", structure.C, data.C);
        Compare("_cell_angle_alpha", "°", structure.Alpha, data.Alpha);
        Compare("_cell_angle_beta", "°", structure.Beta, data.Beta);
        Compare("_cell_angle_gamma", "°", structure.Gamma, data.Gamma);
        found.ThrowIfErrors();
        return found.ToImmutable();
    }
}
