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

    /// <summary>RSg = |S_g|/(d φ), with d = √(g_y² + g_z²) the distance from the rotation axis; –.</summary>
    /// <param name="g">Reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="semiAngle">φ, rad.</param>
    public static double Relative(Vector3 g, double waveNumber, double semiAngle) =>
        Math.Abs(Of(g, waveNumber)) / (Math.Sqrt(g.Y * g.Y + g.Z * g.Z) * semiAngle);

    /// <summary>DSg = d φ − |S_g|, Å⁻¹: how far the reflection lies inside the swept range.</summary>
    /// <param name="g">Reciprocal vector at the middle of the frame, Å⁻¹, ω-free axes.</param>
    /// <param name="waveNumber">K, Å⁻¹.</param>
    /// <param name="semiAngle">φ, rad.</param>
    public static double Distance(Vector3 g, double waveNumber, double semiAngle) =>
        Math.Sqrt(g.Y * g.Y + g.Z * g.Z) * semiAngle - Math.Abs(Of(g, waveNumber));
}
