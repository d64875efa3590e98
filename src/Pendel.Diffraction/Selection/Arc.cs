using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>A run of consecutive tilts of a frame that shares one list of beams, and so one potential matrix.</summary>
/// <param name="FirstTilt">Index of its first tilt within the frame.</param>
/// <param name="TiltCount">S, number of tilts.</param>
/// <param name="Beams">N beams: 000, then those with |S_g| ≤ sg_max at some tilt, the scored ones first, each group ordered by h, k, l.</param>
/// <param name="G">Reciprocal vectors of the beams at the middle of the frame, Å⁻¹, ω-free axes.</param>
/// <param name="FluxWeight">M_g² = 1/(1 − g_z/K), S × N, tilt by tilt; –.</param>
/// <param name="Differences">Places of U_{g−h} in the frame's support.</param>
/// <param name="Scored">For each beam its place among the frame's scored reflections, or −1.</param>
public sealed record Arc(
    int FirstTilt,
    int TiltCount,
    ImmutableArray<MillerIndex> Beams,
    ImmutableArray<Vector3> G,
    ImmutableArray<double> FluxWeight,
    BeamDifferences Differences,
    ImmutableArray<int> Scored
)
{
    /// <summary>The beams that are scored.</summary>
    public ImmutableArray<int> ScoredBeams { get; } =
    [.. Enumerable.Range(0, Scored.Length).Where(g => Scored[g] >= 0)];

    /// <summary>What its propagation costs, relative to others: <see cref="BeamSelection.Cost"/>.</summary>
    public double Cost { get; } = BeamSelection.Cost(Beams.Length, TiltCount);
}

/// <summary>An observed reflection that enters the residual of its frame.</summary>
/// <param name="Observation">The measured row.</param>
/// <param name="ExcitationError">S_g at the middle of the frame, Å⁻¹.</param>
/// <param name="Rsg">RSg, –.</param>
/// <param name="Dsg">DSg, Å⁻¹.</param>
public readonly record struct ScoredReflection(Observation Observation, double ExcitationError, double Rsg, double Dsg);
