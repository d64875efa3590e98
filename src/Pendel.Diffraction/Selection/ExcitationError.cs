using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Excitation errors, and the two measures of how completely a frame records a reflection.</summary>
/// <remarks>Sources: S_g: Spence and Zuo (1992); RSg, DSg: Klar et al. (2023), doi 10.1038/s41557-023-01186-1.</remarks>
public static class ExcitationError
{
    /// <summary>S_g = (K² − |K + g|²)/2K = g_z − g²/2K for a beam along −z, Å⁻¹; positive inside the Ewald sphere.</summary>
    /// <param name="g">Reciprocal vector, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K in the crystal, Å⁻¹.</param>
    public static double Of(Vector3 g, double waveNumber) => g.Z - g.Dot(g) / (2 * waveNumber);

    /// <summary>d: half of the range of S_g that a frame sweeps, for each radian of φ; √(g_y² + g_z²), the distance from the rotation axis, or |g| in precession, Å⁻¹.</summary>
    /// <param name="g">Reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="geometry">How the crystal moves.</param>
    public static double Lever(Vector3 g, CollectionGeometry geometry) =>
        geometry == CollectionGeometry.Precession ? g.Length : Math.Sqrt(g.Y * g.Y + g.Z * g.Z);

    /// <summary>RSg = |S_g|/(d φ); –.</summary>
    /// <param name="g">Reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="geometry">How the crystal moves.</param>
    public static double Relative(
        Vector3 g,
        double waveNumber,
        double semiAngle,
        CollectionGeometry geometry = CollectionGeometry.Rotation
    ) => Math.Abs(Of(g, waveNumber)) / (Lever(g, geometry) * semiAngle);

    /// <summary>DSg = d φ − |S_g|, Å⁻¹: how far the reflection lies inside the swept range.</summary>
    /// <param name="g">Reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="geometry">How the crystal moves.</param>
    public static double Distance(
        Vector3 g,
        double waveNumber,
        double semiAngle,
        CollectionGeometry geometry = CollectionGeometry.Rotation
    ) => Lever(g, geometry) * semiAngle - Math.Abs(Of(g, waveNumber));
}
