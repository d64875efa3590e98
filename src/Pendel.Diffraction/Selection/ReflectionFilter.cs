using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Which observed rows of a frame are scored.</summary>
public static class ReflectionFilter
{
    /// <summary>The rows with |g| ≤ scored g_max, RSg below and DSg above their limits; 000 never.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="matrix">h → g at the middle of the frame, Å⁻¹.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="settings">Limits.</param>
    /// <param name="geometry">How the crystal moves.</param>
    /// <returns>The scored rows in file order, and how many rows each rule left out.</returns>
    /// <exception cref="ArgumentException">A reflection occurs twice in the frame.</exception>
    public static (ImmutableArray<ScoredReflection> Scored, SelectionReport Report) Apply(
        VirtualFrame frame,
        Matrix3 matrix,
        double waveNumber,
        SelectionSettings settings,
        CollectionGeometry geometry = CollectionGeometry.Rotation
    )
    {
        var semiAngle = Angle.Radians(frame.PrecessionAngle);
        var scored = ImmutableArray.CreateBuilder<ScoredReflection>();
        var report = new SelectionReport();
        var limit = settings.RsgLimit(geometry);
        var seen = new HashSet<MillerIndex>();
        foreach (var row in frame.Observations)
        {
            if (!seen.Add(row.Hkl))
                throw new ArgumentException($"frame {frame.Id} lists the reflection {row.Hkl} twice");
            if (row.Hkl == MillerIndex.Zero)
                continue;
            var g = matrix * row.Hkl.ToVector();
            var rsg = ExcitationError.Relative(g, waveNumber, semiAngle, geometry);
            var dsg = ExcitationError.Distance(g, waveNumber, semiAngle, geometry);
            var leftOut = LeftOut(g, rsg, dsg, limit, settings);
            report += leftOut;
            if (leftOut == default)
                scored.Add(new(row, ExcitationError.Of(g, waveNumber), rsg, dsg));
        }
        return (scored.ToImmutable(), report);
    }

    /// <summary>Whether a row other than 000 is scored: |g| ≤ scored g_max, RSg below and DSg above their limits.</summary>
    /// <param name="g">Its reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="settings">Limits.</param>
    /// <param name="geometry">How the crystal moves.</param>
    public static bool IsScored(
        Vector3 g,
        double waveNumber,
        double semiAngle,
        SelectionSettings settings,
        CollectionGeometry geometry
    ) =>
        LeftOut(
            g,
            ExcitationError.Relative(g, waveNumber, semiAngle, geometry),
            ExcitationError.Distance(g, waveNumber, semiAngle, geometry),
            settings.RsgLimit(geometry),
            settings
        ) == default;

    // the first rule that leaves a row out; none leaves a scored one
    static SelectionReport LeftOut(Vector3 g, double rsg, double dsg, double rsgLimit, SelectionSettings settings) =>
        g.Length > settings.ScoredGMax ? new(1, 0, 0, 0)
        : !(rsg < rsgLimit) ? new(0, 1, 0, 0)
        : !(dsg > settings.Dsg) ? new(0, 0, 1, 0)
        : default;
}
