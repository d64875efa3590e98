using System.Globalization;

namespace Pendel.IO;

/// <summary>A thickness at an angle.</summary>
/// <param name="Alpha">Goniometer angle α, degrees.</param>
/// <param name="Thickness">t, Å.</param>
public readonly record struct ThicknessPoint(double Alpha, double Thickness);

/// <summary>Text → a curve of thickness: lines "alpha, t", degrees and Å, by rising angle; "#" begins a comment.</summary>
public static class ThicknessTable
{
    static readonly char[] Separators = [',', ';', ' ', '\t'];

    /// <summary>Reads a table.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DataException">
    /// The file cannot be read, has no line with two numbers, a thickness that is not positive, or angles that do not rise.
    /// </exception>
    public static ImmutableArray<ThicknessPoint> Read(string path)
    {
        var found = new DiagnosticList(path);
        var points = ImmutableArray.CreateBuilder<ThicknessPoint>();
        var lines = TextFile.Normalise(TextFile.Read(path), path).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var text = lines[i].Split('#')[0].Trim();
            if (text.Length > 0)
                Add(points, text, new TextPosition(i + 1, 1), found);
        }
        if (points.Count == 0)
            found.Error(default, null, "found no line with two numbers, expected an angle and a thickness");
        found.ThrowIfErrors();
        return points.ToImmutable();
    }

    static void Add(
        ImmutableArray<ThicknessPoint>.Builder points,
        string text,
        TextPosition position,
        DiagnosticList found
    )
    {
        void Refuse(string expected) =>
            found.Error(position, null, $"found {DiagnosticList.Show(text)}, expected {expected}");
        double[] numbers =
        [
            .. text.Split(Separators, StringSplitOptions.RemoveEmptyEntries)
                .Select(word =>
                    double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) ? x : double.NaN
                ),
        ];
        if (numbers is not [var alpha, var thickness] || !double.IsFinite(alpha) || !double.IsFinite(thickness))
            Refuse("two numbers: an angle in degrees and a thickness in Å");
        else if (thickness <= 0)
            Refuse("a positive thickness, Å");
        else if (points.Count > 0 && alpha <= points[^1].Alpha)
            Refuse(FormattableString.Invariant($"an angle above {points[^1].Alpha}°"));
        else
            points.Add(new(alpha, thickness));
    }
}
