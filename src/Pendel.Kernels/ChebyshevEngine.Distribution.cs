namespace Pendel.Kernels;

internal abstract partial class ChebyshevEngine
{
    /// <summary>As <see cref="Propagator.ForwardMany"/>; returns a bound of the amplitudes' errors at the largest thickness.</summary>
    public abstract double ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities
    );
}

// Intensities summed over thicknesses. All share the φ_k; the sources of the adjoint's recurrence become
// Σ_j c̄_k(t_j) p_j ψ̄(t_j), which are not zero at the chosen beams alone.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private readonly Scratch<T> manySources = new();
    private readonly Scratch<T> sourceRow = new();

    private readonly Scratch<double> manyShares = new();
    private readonly Scratch<int> manyBeams = new();

    /// <summary>Thicknesses of the last distribution; 0 after a single thickness.</summary>
    private int many;
    private int manyBeamCount;

    private int ManyWidth => new Blocks(parts * tilts * manyBeamCount, TLanes.Count).Count * TLanes.Count;

    /// <inheritdoc/>
    public override double ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities
    )
    {
        forwardKept = false;
        double largest = 0;
        foreach (double thickness in thicknesses)
        {
            largest = Math.Max(largest, thickness);
        }
        double error = arc.IsReal
            ? ForwardMany<RealAlgebra>(arc, largest, thicknesses, shares, chosen, intensities)
            : ForwardMany<ComplexAlgebra>(arc, largest, thicknesses, shares, chosen, intensities);
        (forwardKept, forwardThickness, forwardOpposite) = (true, largest, false);
        return error;
    }

    private double ForwardMany<TAlgebra>(
        in ArcMatrix arc,
        double largest,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities
    )
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, largest, nameof(thicknesses));
        (many, manyBeamCount) = (thicknesses.Length, chosen.Length);
        chosen.CopyTo(new Span<int>(manyBeams.Reserve(manyBeamCount), manyBeamCount));
        double* share = manyShares.Reserve(many);
        GatherScored(chosen, ManyWidth);
        Coefficients(arc, thicknesses);
        scoredSums.Reserve(2L * many * ManyWidth);
        SumOrders(0, many, ManyWidth);
        SumOrders(1, many, ManyWidth);
        intensities.Clear();
        for (int t = 0; t < many; t++)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            share[t] = shares[t] * transmission * transmission;
            for (int s = 0; s < tilts; s++)
            {
                for (int i = 0; i < chosen.Length; i++)
                {
                    int at = (s * beams) + chosen[i];
                    (double re, double im) = ManyAmplitude<TAlgebra>(t, s, i);
                    intensities[at] += share[t] * arc.Weight[s * beams] / arc.Weight[at] * ((re * re) + (im * im));
                }
            }
        }
        return error;
    }

    /// <summary>E + iO of a chosen beam at one thickness, as <see cref="Amplitude"/>.</summary>
    private (double Re, double Im) ManyAmplitude<TAlgebra>(int thickness, int tilt, int place)
        where TAlgebra : IAlgebra
    {
        T* even = scoredSums.Pointer + ((nint)thickness * ManyWidth) + (tilt * manyBeamCount) + place;
        T* odd = even + ((nint)many * ManyWidth);
        double re = double.CreateTruncating(*even);
        double im = double.CreateTruncating(*odd);
        if (TAlgebra.Parts == 2)
        {
            nint toImaginary = (nint)tilts * manyBeamCount;
            re -= double.CreateTruncating(odd[toImaginary]);
            im += double.CreateTruncating(even[toImaginary]);
        }
        return (re, im);
    }

    /// <summary>w ψ̄ of the chosen beams at every thickness, as <see cref="Sources"/>: [parity][thickness][part][tilt][place].</summary>
    private void ManySources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        int width = ManyWidth;
        nint toOdd = (nint)many * width;
        nint toImaginary = (nint)tilts * manyBeamCount;
        T* to = manySources.ReserveZeros(2 * toOdd);
        for (int t = 0; t < many; t++, to += width)
        {
            for (int s = 0; s < tilts; s++)
            {
                double scale = 2 * manyShares.Pointer[t] * arc.Weight[s * beams];
                for (int i = 0; i < manyBeamCount; i++)
                {
                    (double re, double im) = ManyAmplitude<TAlgebra>(t, s, i);
                    double factor = scale * intensityCotangent[(s * beams) + manyBeams.Pointer[i]];
                    nint at = ((nint)s * manyBeamCount) + i;
                    to[at] = T.CreateTruncating(factor * re);
                    to[at + toOdd] = T.CreateTruncating(factor * im);
                    if (TAlgebra.Parts == 2)
                    {
                        to[at + toImaginary] = T.CreateTruncating(factor * im);
                        to[at + toOdd + toImaginary] = T.CreateTruncating(-factor * re);
                    }
                }
            }
        }
        sources.ReserveZeros(2 * vector);
    }

    /// <summary>Σ_j c_k(t_j) times the sources of each thickness, spread over the beams.</summary>
    private T* ManySource(int k)
    {
        int width = ManyWidth;
        T* row = sourceRow.ReserveZeros(width);
        T* from = manySources.Pointer + (k % 2 * (nint)many * width);
        for (int t = 0; t < many; t++, from += width)
        {
            TVector c = TLanes.Broadcast(thicknessCoefficients.Pointer[((nint)t * (highest + 1)) + k]);
            for (int i = 0; i < width; i += TLanes.Count)
            {
                TLanes.Store(row + i, TLanes.MultiplyAdd(c, TLanes.Load(from + i), TLanes.Load(row + i)));
            }
        }
        for (int part = 0; part < parts; part++)
        {
            for (int s = 0; s < tilts; s++)
            {
                T* to = sources.Pointer + (s * column) + (part * plane);
                for (int i = 0; i < manyBeamCount; i++)
                {
                    to[manyBeams.Pointer[i]] = *row++;
                }
            }
        }
        return sources.Pointer;
    }
}
