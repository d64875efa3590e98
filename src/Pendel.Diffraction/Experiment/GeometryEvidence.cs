using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>How the crystal moved while a frame was exposed, as far as the data tell. Headers are known to be wrong.</summary>
/// <param name="Geometry">Rotation or precession.</param>
/// <param name="Reason">What decided, in words.</param>
/// <remarks>
/// First: programs write one measurement of a continuous rotation, with the same I and σ, into every virtual frame that it touches;
/// every precession frame has measurements of its own. Second: a frame of a rotation records reflections up to |S_g| = φ√(g_y² + g_z²),
/// little near the rotation axis, one of a precession up to φ|g| at any azimuth. The header decides where neither tells.
/// </remarks>
public sealed record GeometryEvidence(CollectionGeometry Geometry, string Reason)
{
    const int FewestRows = 30;
    const double AxisLever = 0.25;
    const double FarLever = 0.75;

    // median of |S_g|/(φ|g|) near the axis against far from it: 0.14 to 0.66 in rotations, about 1 in precessions
    const double LimitOfRatio = 0.85;

    // rows of single frames reach far beyond the swept range, so that the range leaves no mark
    const double LimitOfReach = 2;

    /// <summary>True where the header says something else.</summary>
    /// <param name="header">The header's word.</param>
    public bool Contradicts(CollectionGeometry header) => header != CollectionGeometry.Unknown && header != Geometry;

    /// <summary>Decides from the rows, else from the header, else for rotation.</summary>
    public static GeometryEvidence Of(Experiment experiment) =>
        OfRepetitions(experiment)
        ?? OfRange(experiment)
        ?? (
            experiment.Geometry == CollectionGeometry.Unknown
                ? new(CollectionGeometry.Rotation, "neither data nor header tell; continuous rotation is usual")
                : new(experiment.Geometry, "as the header says; the data do not tell")
        );

    static GeometryEvidence? OfRepetitions(Experiment experiment)
    {
        var (pairs, same) = (0, 0);
        foreach (var (frame, next) in experiment.Frames.Zip(experiment.Frames.Skip(1)))
        {
            var rows = next.Observations.ToLookup(o => o.Hkl);
            foreach (var row in frame.Observations)
            foreach (var again in rows[row.Hkl])
                (pairs, same) = (pairs + 1, row == again ? same + 1 : same);
        }
        return same >= FewestRows && 2 * same > pairs
            ? new(
                CollectionGeometry.Rotation,
                $"{same} of {pairs} reflections in neighbouring frames are one and the same measurement"
            )
            : null;
    }

    static GeometryEvidence? OfRange(Experiment experiment)
    {
        var orientation = CrystalOrientation.FromExperiment(experiment);
        var waveNumber = 1 / experiment.Wavelength;
        var rows = (
            from frame in experiment.Frames
            let matrix = orientation.FrameMatrix(frame, Vector3.Zero)
            from row in frame.Observations
            where row.Hkl != MillerIndex.Zero
            let g = matrix * row.Hkl.ToVector()
            let reach = ExcitationError.Relative(
                g,
                waveNumber,
                Angle.Radians(frame.PrecessionAngle),
                CollectionGeometry.Precession
            )
            select (g.Length, Lever: ExcitationError.Lever(g, CollectionGeometry.Rotation) / g.Length, Reach: reach)
        ).ToArray();
        // among long vectors the range is wide against the reflections' own width
        var longest = rows.Select(r => r.Length).DefaultIfEmpty().Max();
        var near = rows.Where(r => r.Length > longest / 2 && r.Lever < AxisLever)
            .Select(r => r.Reach)
            .Order()
            .ToArray();
        var far = rows.Where(r => r.Length > longest / 2 && r.Lever > FarLever).Select(r => r.Reach).Order().ToArray();
        if (near.Length < FewestRows || far.Length < FewestRows || far[far.Length / 2] > LimitOfReach)
            return null;
        var ratio = near[near.Length / 2] / far[far.Length / 2];
        var measured = FormattableString.Invariant(
            $"excitation errors near the rotation axis are {ratio:F2} of those far from it (median of |S|/φ|g|)"
        );
        return new(ratio < LimitOfRatio ? CollectionGeometry.Rotation : CollectionGeometry.Precession, measured);
    }
}
