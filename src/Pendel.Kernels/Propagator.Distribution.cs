namespace Pendel.Kernels;

public sealed partial class Propagator
{
    /// <summary>
    /// Intensities of chosen beams averaged over thicknesses, Σ_j p_j I_g(t_j), from one pass; keeps what <see cref="Adjoint"/> needs,
    /// whose value is then the derivative by the largest thickness, the others changing in proportion, and on demand what
    /// <see cref="ThicknessCotangents"/> needs.
    /// </summary>
    /// <param name="arc">The matrices.</param>
    /// <param name="thicknesses">t_j ≥ 0 in any order, Å; at least one.</param>
    /// <param name="shares">p_j, –.</param>
    /// <param name="beams">The chosen beams, distinct, each in [0, N).</param>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="intensities">S·N values at s·N + g, –; overwritten, with 0 for beams that are not chosen.</param>
    /// <param name="valueOnly">No <see cref="Adjoint"/> follows: nothing is kept for it, and the values have the same bits.</param>
    /// <param name="withSlopes">Keeps ∂I_g/∂t_j, too, which takes another product of the size of the average and changes no bit of it.</param>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, a beam is out of range, or slopes are to be kept of values only.</exception>
    public void ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> beams,
        Precision precision,
        Span<double> intensities,
        bool valueOnly = false,
        bool withSlopes = false
    )
    {
        Check(arc);
        Require.Positive(thicknesses.Length, nameof(thicknesses));
        Require.Thicknesses(thicknesses, nameof(thicknesses));
        Require.Length(shares.Length, thicknesses.Length, nameof(shares));
        Require.Finite(shares, nameof(shares));
        Require.Indices(beams, arc.Beams, nameof(beams));
        Require.Length(intensities.Length, (long)arc.Beams * arc.Tilts, nameof(intensities));
        if (valueOnly && withSlopes)
        {
            throw new ArgumentException("are not kept of values only", nameof(withSlopes));
        }
        last = null;
        ChebyshevEngine engine = Engine(precision);
        AmplitudeError = engine.ForwardMany(arc, thicknesses, shares, beams, intensities, valueOnly, withSlopes);
        last = valueOnly ? null : engine;
    }

    /// <summary>Pulls a cotangent of the intensities of the last <see cref="ForwardMany"/> back to each of its thicknesses.</summary>
    /// <param name="intensityCotangent">∂L/∂I, S·N; those of beams that were not chosen have no effect.</param>
    /// <param name="result">∂L/∂t_j = p_j Σ ∂L/∂I_g ∂I_g(t_j)/∂t, Å⁻¹, in the order of the thicknesses; overwritten.</param>
    /// <exception cref="ArgumentException">A length is wrong or a cotangent not finite.</exception>
    /// <exception cref="InvalidOperationException">There was no <see cref="ForwardMany"/> with slopes just before.</exception>
    public void ThicknessCotangents(ReadOnlySpan<double> intensityCotangent, Span<double> result)
    {
        Require.Finite(intensityCotangent, nameof(intensityCotangent));
        ChebyshevEngine engine =
            last ?? throw new InvalidOperationException("ThicknessCotangents needs a ForwardMany before it.");
        engine.ThicknessCotangents(intensityCotangent, result);
    }
}
