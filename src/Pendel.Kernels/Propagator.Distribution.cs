namespace Pendel.Kernels;

public sealed partial class Propagator
{
    /// <summary>
    /// Intensities of chosen beams averaged over thicknesses, Σ_j p_j I_g(t_j), from one pass; keeps what <see cref="Adjoint"/> needs,
    /// whose value is then the derivative by the largest thickness, the others changing in proportion.
    /// </summary>
    /// <param name="arc">The matrices.</param>
    /// <param name="thicknesses">t_j ≥ 0 in any order, Å; at least one.</param>
    /// <param name="shares">p_j, –.</param>
    /// <param name="beams">The chosen beams, distinct, each in [0, N).</param>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="intensities">S·N values at s·N + g, –; overwritten, with 0 for beams that are not chosen.</param>
    /// <param name="valueOnly">No <see cref="Adjoint"/> follows: nothing is kept for it, and the values have the same bits.</param>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or a beam is out of range.</exception>
    public void ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> beams,
        Precision precision,
        Span<double> intensities,
        bool valueOnly = false
    )
    {
        Check(arc);
        Require.Positive(thicknesses.Length, nameof(thicknesses));
        Require.Thicknesses(thicknesses, nameof(thicknesses));
        Require.Length(shares.Length, thicknesses.Length, nameof(shares));
        Require.Finite(shares, nameof(shares));
        Require.Indices(beams, arc.Beams, nameof(beams));
        Require.Length(intensities.Length, (long)arc.Beams * arc.Tilts, nameof(intensities));
        last = null;
        ChebyshevEngine engine = Engine(precision);
        AmplitudeError = engine.ForwardMany(arc, thicknesses, shares, beams, intensities, valueOnly);
        last = valueOnly ? null : engine;
    }
}
