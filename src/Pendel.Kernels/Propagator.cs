namespace Pendel.Kernels;

/// <summary>
/// Dynamical intensities of an arc, I_g(t) = |(exp(iπtA/K_n) e_0)_g|², by the Chebyshev action, and their adjoint.
/// </summary>
/// <remarks>
/// exp(iπtA/K_n) e_0 = e^{iπta/K_n} Σ_k c_k φ_k with φ_0 = e_0, φ_1 = xφ_0, φ_{k+1} = 2xφ_k − φ_{k−1}, x = (A − a)/r, and c_k the
/// coefficients of exp(izx), z = πtr/K_n. All tilts of the arc advance together; a is complex with absorption.
/// An instance is the scratch of one thread: it grows, never shrinks, and calls allocate nothing once it has grown.
/// Same inputs, same vector width: same bits. Tal-Ezer and Kosloff, J. Chem. Phys. 81 (1984) 3967.
/// </remarks>
public sealed partial class Propagator
{
    private readonly LaneWidth width;
    private readonly Propagator? sharing;
    private ChebyshevEngine? single;
    private ChebyshevEngine? twice;
    private ChebyshevEngine? last;

    /// <summary>A propagator of the machine's vector width, without scratch yet.</summary>
    /// <param name="sharing">
    /// Another propagator of the same thread, to share the scratch that a call needs only until it returns: a good half of it. What
    /// <see cref="Adjoint"/> needs of <see cref="Forward"/> is each propagator's own.
    /// </param>
    public Propagator(Propagator? sharing = null)
        : this(LaneWidth.Widest, sharing) { }

    internal Propagator(LaneWidth width, Propagator? sharing = null) => (this.width, this.sharing) = (width, sharing);

    /// <summary>
    /// Ceiling of the memory for the φ_k that <see cref="Adjoint"/> needs, from the next propagation on. Where K of them would take
    /// more, about 2√(2K) are kept and the others computed again, which costs a forward pass; the results have the same bits.
    /// </summary>
    public long StoredBytes { get; set; } = long.MaxValue;

    /// <summary>
    /// A bound of the error of any amplitude |ψ_g| of the last propagation (at its largest thickness), relative to the incident one:
    /// <see cref="PrecisionBound.Amplitude"/>, times the size to which terms of the series have grown where absorption lets them.
    /// </summary>
    public double AmplitudeError { get; private set; }

    /// <summary>Intensities of all beams at one thickness; keeps what <see cref="Adjoint"/> needs.</summary>
    /// <param name="arc">The matrices.</param>
    /// <param name="thickness">t ≥ 0 along the surface normal, Å.</param>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="intensities">S·N values at s·N + g, –; overwritten. They sum to 1 over g without absorption.</param>
    /// <param name="oppositeHand">
    /// The inverted structure, by conjugate coefficients; without absorption only. With absorption, hand over Uᵀ instead.
    /// </param>
    /// <param name="valueOnly">No <see cref="Adjoint"/> follows: nothing is kept for it, and the values have the same bits.</param>
    /// <exception cref="ArgumentException">
    /// A value is not finite, a weight not positive, the thickness negative or so large that the phases exceed 1e5, or a length is wrong.
    /// </exception>
    /// <exception cref="UnresolvedException">The absorption is so far from that of a passive medium that <see cref="AmplitudeError"/> would exceed 0.01.</exception>
    public void Forward(
        in ArcMatrix arc,
        double thickness,
        Precision precision,
        Span<double> intensities,
        bool oppositeHand = false,
        bool valueOnly = false
    )
    {
        Check(arc);
        Require.Thickness(thickness, nameof(thickness));
        Require.Length(intensities.Length, (long)arc.Beams * arc.Tilts, nameof(intensities));
        if (oppositeHand && !arc.IsHermitian)
        {
            throw new ArgumentException("needs a Hermitian matrix; with absorption, transpose U", nameof(oppositeHand));
        }
        last = null;
        ChebyshevEngine engine = Engine(precision);
        AmplitudeError = engine.Forward(arc, thickness, oppositeHand, intensities, valueOnly);
        last = valueOnly ? null : engine;
    }

    /// <summary>Pulls a cotangent of the intensities of the last <see cref="Forward"/> or <see cref="ForwardMany"/> back to its inputs.</summary>
    /// <param name="arc">The arc of that call, unchanged.</param>
    /// <param name="intensityCotangent">∂L/∂I, S·N.</param>
    /// <param name="potentialCotangentRe">∂L/∂Re U_gh, N·N, all elements independent; added to.</param>
    /// <param name="potentialCotangentIm">∂L/∂Im U_gh, N·N; added to. Untouched, and may be empty, where U is real.</param>
    /// <param name="diagonalCotangent">∂L/∂d, S·N; overwritten.</param>
    /// <returns>∂L/∂t, Å⁻¹.</returns>
    /// <exception cref="ArgumentException">A length is wrong or a cotangent not finite.</exception>
    /// <exception cref="InvalidOperationException">There was no <see cref="Forward"/> of this arc just before.</exception>
    public double Adjoint(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    )
    {
        Require.Length(intensityCotangent.Length, (long)arc.Beams * arc.Tilts, nameof(intensityCotangent));
        Require.Finite(intensityCotangent, nameof(intensityCotangent));
        Require.Length(potentialCotangentRe.Length, (long)arc.Beams * arc.Beams, nameof(potentialCotangentRe));
        if (!arc.IsReal)
        {
            Require.Length(potentialCotangentIm.Length, (long)arc.Beams * arc.Beams, nameof(potentialCotangentIm));
        }
        Require.Length(diagonalCotangent.Length, (long)arc.Beams * arc.Tilts, nameof(diagonalCotangent));
        ChebyshevEngine engine = last ?? throw new InvalidOperationException("Adjoint needs a Forward before it.");
        return engine.Adjoint(arc, intensityCotangent, potentialCotangentRe, potentialCotangentIm, diagonalCotangent);
    }

    /// <summary>Intensities of chosen beams, summed over the tilts with weights, at many thicknesses from one pass.</summary>
    /// <param name="arc">The matrices.</param>
    /// <param name="thicknesses">T values t ≥ 0 in any order, Å.</param>
    /// <param name="beams">n beams, each in [0, N).</param>
    /// <param name="tiltWeights">S weights, –.</param>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="result">T·n sums: result[t·n + i] += Σ_s tiltWeights[s] I_{beams[i],s}(t), s = 0 … S−1 in that order.</param>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or a beam is out of range.</exception>
    public void AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> beams,
        ReadOnlySpan<double> tiltWeights,
        Precision precision,
        Span<double> result
    )
    {
        Check(arc);
        Require.Thicknesses(thicknesses, nameof(thicknesses));
        Require.Indices(beams, arc.Beams, nameof(beams));
        Require.Length(tiltWeights.Length, arc.Tilts, nameof(tiltWeights));
        Require.Finite(tiltWeights, nameof(tiltWeights));
        Require.Length(result.Length, (long)thicknesses.Length * beams.Length, nameof(result));
        last = null;
        if (!result.IsEmpty)
        {
            AmplitudeError = Engine(precision).AtThicknesses(arc, thicknesses, beams, tiltWeights, result);
        }
    }

    private static void Check(in ArcMatrix arc)
    {
        Require.Positive(arc.Beams, nameof(arc));
        Require.Finite(arc.Diagonal, "diagonal");
        Require.FinitePositive(arc.Weight, "weight");
    }

    private ChebyshevEngine Engine(Precision precision)
    {
        ChebyshevEngine engine =
            precision == Precision.Single
                ? single ??= ChebyshevEngine.Create<float>(width, sharing?.Engine(precision))
                : twice ??= ChebyshevEngine.Create<double>(width, sharing?.Engine(precision));
        engine.StoredBytes = StoredBytes;
        return engine;
    }
}
