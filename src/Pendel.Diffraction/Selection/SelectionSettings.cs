namespace Pendel.Diffraction;

/// <summary>Which beams couple and which reflections are scored.</summary>
/// <param name="BeamGMax">Beams have |g| ≤ this, Å⁻¹.</param>
/// <param name="SgMax">Beams have |S_g| ≤ this at some tilt of their arc, Å⁻¹.</param>
/// <param name="ScoredGMax">Scored reflections have |g| ≤ this, Å⁻¹; at most BeamGMax.</param>
/// <param name="Rsg">Scored reflections have RSg below this, –.</param>
/// <param name="Dsg">Scored reflections have DSg above this, Å⁻¹.</param>
public sealed record SelectionSettings(double BeamGMax, double SgMax, double ScoredGMax, double Rsg, double Dsg);
