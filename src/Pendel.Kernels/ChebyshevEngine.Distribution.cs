using System.Runtime.CompilerServices;

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
        FillFactors(arc, chosen, []);
        Span<double> sums = new(call.ScoredSums.ReserveZeros(ManyCount), ManyCount);
        for (int t = 0; t < many; t++, amplitude += 2 * ManyCount)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            share[t] = shares[t] * transmission * transmission;
            ReadAmplitudes(t, many, ManyCount);
            new Span<double>(call.ScoredEven.Pointer, ManyCount).CopyTo(new Span<double>(amplitude, ManyCount));
            new Span<double>(call.ScoredOdd.Pointer, ManyCount).CopyTo(
                new Span<double>(amplitude + ManyCount, ManyCount)
            );
            Doubles.AddSquares(share[t], amplitude, amplitude + ManyCount, call.ScoredFactors.Pointer, sums);
        }
        intensities.Clear();
        for (int s = 0; s < tilts; s++)
        {
            for (int i = 0; i < chosen.Length; i++)
            {
                intensities[(s * beams) + chosen[i]] = sums[(s * chosen.Length) + i];
            }
        }
        return error;
    }

    /// <summary>w ψ̄ of the chosen beams at every thickness, as <see cref="Sources"/>: [parity][thickness][part][tilt][place].</summary>
    private void ManySources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        nint toOdd = (nint)many * ManyWidth;
        T* to = call.ManySources.ReserveZeros(2 * toOdd);
        double* bar = call.ScoredFactors.Reserve(ManyCount);
        for (int s = 0; s < tilts; s++)
        {
            for (int i = 0; i < manyBeamCount; i++)
            {
                bar[(s * manyBeamCount) + i] =
                    2 * arc.Weight[s * beams] * intensityCotangent[(s * beams) + manyBeams.Pointer[i]];
            }
        }
        double* re = manyAmplitudes.Pointer;
        for (int t = 0; t < many; t++, to += ManyWidth, re += 2 * ManyCount)
        {
            double* im = re + ManyCount;
            double share = manyShares.Pointer[t];
            for (int at = 0; at < ManyCount; at++)
            {
                T real = T.CreateTruncating(share * bar[at] * re[at]);
                T imaginary = T.CreateTruncating(share * bar[at] * im[at]);
                to[at] = real;
                to[at + toOdd] = imaginary;
                if (TAlgebra.Parts == 2)
                {
                    to[at + ManyCount] = imaginary;
                    to[at + toOdd + ManyCount] = -real;
                }
            }
        }
        call.Sources.ReserveZeros(2 * vector);
    }

    /// <summary>Σ_j c_k(t_j) times the sources of each thickness, spread over the beams.</summary>
    private T* ManySource(int k)
    {
        int width = ManyWidth;
        T* row = call.ScoredRow.Reserve(width);
        T* from = call.ManySources.Pointer + (k % 2 * (nint)many * width);
        T* factors = manyCoefficients.Pointer + ((nint)k * many);
        int i = 0;
        for (; i + (4 * TLanes.Count) <= width; i += 4 * TLanes.Count)
        {
            SumFour(factors, from + i, width, row + i);
        }
        for (; i < width; i += TLanes.Count)
        {
            TVector sum = TLanes.Broadcast(T.Zero);
            for (int t = 0; t < many; t++)
            {
                sum = TLanes.MultiplyAdd(TLanes.Broadcast(factors[t]), TLanes.Load(from + ((nint)t * width) + i), sum);
            }
            TLanes.Store(row + i, sum);
        }
        for (int part = 0; part < parts; part++)
        {
            for (int s = 0; s < tilts; s++)
            {
                T* to = EvenSource + (s * column) + (part * plane);
                for (int place = 0; place < manyBeamCount; place++)
                {
                    to[manyBeams.Pointer[place]] = *row++;
                }
            }
        }
        return EvenSource;
    }

    /// <summary>Four vectors of Σ_j c(t_j) sources, in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumFour(T* factors, T* from, int width, T* to)
    {
        TVector sum0 = TLanes.Broadcast(T.Zero);
        TVector sum1 = sum0;
        TVector sum2 = sum0;
        TVector sum3 = sum0;
        int step = TLanes.Count;
        for (int t = 0; t < many; t++, from += width)
        {
            TVector c = TLanes.Broadcast(factors[t]);
            sum0 = TLanes.MultiplyAdd(c, TLanes.Load(from), sum0);
            sum1 = TLanes.MultiplyAdd(c, TLanes.Load(from + step), sum1);
            sum2 = TLanes.MultiplyAdd(c, TLanes.Load(from + (2 * step)), sum2);
            sum3 = TLanes.MultiplyAdd(c, TLanes.Load(from + (3 * step)), sum3);
        }
        TLanes.Store(to, sum0);
        TLanes.Store(to + step, sum1);
        TLanes.Store(to + (2 * step), sum2);
        TLanes.Store(to + (3 * step), sum3);
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
