namespace Pendel.Diffraction;

/// <summary>One virtual frame of PETS: several recorded frames summed, with one mean orientation.</summary>
/// <param name="Id">`_diffrn_zone_axis_id`, from 1: the frame's name everywhere.</param>
/// <param name="Alpha">Goniometer angle α, degrees.</param>
/// <param name="Beta">Goniometer angle β, degrees.</param>
/// <param name="Omega">Azimuth ω of the goniometer axis in the detector plane, degrees.</param>
/// <param name="PrecessionAngle">Semi-angle φ: half of the frame's rotation, or the cone's semi-angle, degrees.</param>
/// <param name="Scale">PETS' frame scale.</param>
/// <param name="Observations">Rows in file order; empty for a frame without reflections.</param>
public sealed record VirtualFrame(
    int Id,
    double Alpha,
    double Beta,
    double Omega,
    double PrecessionAngle,
    double Scale,
    ImmutableArray<Observation> Observations
)
{
    /// <summary>The frame with other rows.</summary>
    public VirtualFrame WithObservations(ImmutableArray<Observation> rows) => this with { Observations = rows };
}
