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
    /// <summary>E + iO of the chosen beams, [thickness][re, im][tilt][place].</summary>
    private readonly Scratch<double> manyAmplitudes = new();
    private readonly Scratch<double> manyShares = new();
    private readonly Scratch<int> manyBeams = new();
    private readonly Scratch<T> manyCoefficients = new();

    /// <summary>Thicknesses of the last distribution; 0 after a single thickness or a scan.</summary>
    private int many;
    private int manyBeamCount;

    private int ManyCount => tilts * manyBeamCount;

    private int ManyWidth => new Blocks(parts * ManyCount, TLanes.Count).Count * TLanes.Count;

    /// <inheritdoc/>
    public override double ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities
    )
    {
        double largest = Largest(thicknesses);
        if (chosen.IsEmpty)
        {
            double bound = Forward(arc, largest, oppositeHand: false, intensities);
            intensities.Clear();
            return bound;
        }
        (forwardKept, scanning, many, manyBeamCount) = (false, false, thicknesses.Length, chosen.Length);
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
        double error = Propagate<TAlgebra>(arc, largest, nameof(thicknesses), chosen);
        chosen.CopyTo(new Span<int>(manyBeams.Reserve(manyBeamCount), manyBeamCount));
        double* share = manyShares.Reserve(many);
        SumScored(arc, thicknesses, manyCoefficients);
        double* amplitude = manyAmplitudes.Reserve(2L * many * ManyCount);
        intensities.Clear();
        for (int t = 0; t < many; t++, amplitude += 2 * ManyCount)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            share[t] = shares[t] * transmission * transmission;
            ReadAmplitudes(t, many, ManyCount);
            new Span<double>(call.ScoredEven.Pointer, ManyCount).CopyTo(new Span<double>(amplitude, ManyCount));
            new Span<double>(call.ScoredOdd.Pointer, ManyCount).CopyTo(
                new Span<double>(amplitude + ManyCount, ManyCount)
            );
            AddShare(arc, share[t], chosen, amplitude, intensities);
        }
        return error;
    }

    private void AddShare(
        in ArcMatrix arc,
        double share,
        ReadOnlySpan<int> chosen,
        double* amplitude,
        Span<double> intensities
    )
    {
        double* imaginary = amplitude + ManyCount;
        for (int s = 0; s < tilts; s++)
        {
            foreach (int beam in chosen)
            {
                int at = (s * beams) + beam;
                double modulus = (*amplitude * *amplitude) + (*imaginary * *imaginary);
                intensities[at] += share * arc.Weight[s * beams] / arc.Weight[at] * modulus;
                amplitude++;
                imaginary++;
            }
        }
    }

    /// <summary>w ψ̄ of the chosen beams at every thickness, as <see cref="Sources"/>: [parity][thickness][part][tilt][place].</summary>
    private void ManySources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        nint toOdd = (nint)many * ManyWidth;
        T* to = call.ManySources.ReserveZeros(2 * toOdd);
        double* re = manyAmplitudes.Pointer;
        for (int t = 0; t < many; t++, to += ManyWidth, re += 2 * ManyCount)
        {
            double* im = re + ManyCount;
            for (int at = 0; at < ManyCount; at++)
            {
                (int s, int i) = (at / manyBeamCount, at % manyBeamCount);
                double scale = 2 * manyShares.Pointer[t] * arc.Weight[s * beams];
                double factor = scale * intensityCotangent[(s * beams) + manyBeams.Pointer[i]];
                to[at] = T.CreateTruncating(factor * re[at]);
                to[at + toOdd] = T.CreateTruncating(factor * im[at]);
                if (TAlgebra.Parts == 2)
                {
                    to[at + ManyCount] = T.CreateTruncating(factor * im[at]);
                    to[at + toOdd + ManyCount] = T.CreateTruncating(-factor * re[at]);
                }
            }
        }
        call.Sources.ReserveZeros(2 * vector);
    }

    /// <summary>Σ_j c_k(t_j) times the sources of each thickness, spread over the beams.</summary>
    private T* ManySource(int k)
    {
        int width = ManyWidth;
        T* row = call.ScoredRow.ReserveZeros(width);
        T* from = call.ManySources.Pointer + (k % 2 * (nint)many * width);
        for (int t = 0; t < many; t++, from += width)
        {
            TVector c = TLanes.Broadcast(manyCoefficients.Pointer[((nint)k * many) + t]);
            for (int i = 0; i < width; i += TLanes.Count)
            {
                TLanes.Store(row + i, TLanes.MultiplyAdd(c, TLanes.Load(from + i), TLanes.Load(row + i)));
            }
        }
        for (int part = 0; part < parts; part++)
        {
            for (int s = 0; s < tilts; s++)
            {
                T* to = EvenSource + (s * column) + (part * plane);
                for (int i = 0; i < manyBeamCount; i++)
                {
                    to[manyBeams.Pointer[i]] = *row++;
                }
            }
        }
        return EvenSource;
    }

    private static double Largest(ReadOnlySpan<double> thicknesses)
    {
        double largest = 0;
        foreach (double thickness in thicknesses)
        {
            largest = Math.Max(largest, thickness);
        }
        return largest;
    }
}
