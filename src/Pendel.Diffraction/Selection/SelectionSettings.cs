namespace Pendel.Diffraction;

/// <summary>Which beams couple and which reflections are scored.</summary>
/// <param name="BeamGMax">Beams have |g| ≤ this, Å⁻¹.</param>
/// <param name="SgMax">Beams have |S_g| ≤ this at some tilt of their arc, Å⁻¹.</param>
/// <param name="ScoredGMax">Scored reflections have |g| ≤ this, Å⁻¹; at most BeamGMax.</param>
/// <param name="Rsg">Scored reflections have RSg below this, –; null is what is usual for the geometry.</param>
/// <param name="Dsg">Scored reflections have DSg above this, Å⁻¹.</param>
public sealed record SelectionSettings(double BeamGMax, double SgMax, double ScoredGMax, double? Rsg, double Dsg)
{
    /// <summary>
    /// The limit of RSg for a geometry: the given one, else 0.9 in a rotation (Malik et al. 2025) and 0.4 in a precession
    /// (Palatinus et al. 2015), where reflections near the edge of the cone follow every error of orientation and cone.
    /// </summary>
    /// <param name="geometry">How the crystal moves.</param>
    public double RsgLimit(CollectionGeometry geometry) =>
        Rsg ?? (geometry == CollectionGeometry.Precession ? 0.4 : 0.9);
}
