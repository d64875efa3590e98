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
        Span<double> intensities,
        bool valueOnly,
        bool withSlopes = false
    );

    /// <summary>As <see cref="Propagator.ThicknessCotangents"/>.</summary>
    public abstract void ThicknessCotangents(ReadOnlySpan<double> intensityCotangent, Span<double> result);
}

// Intensities summed over thicknesses. All share the φ_k; the sources of the adjoint's recurrence become
// Σ_j c̄_k(t_j) p_j ψ̄(t_j), which are not zero at the chosen beams alone.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>E + iO of the chosen beams, [thickness][re, im][tilt][place].</summary>
    private readonly Scratch<double> manyAmplitudes = new();
    private readonly Scratch<double> manyShares = new();
    private readonly Scratch<int> manyBeams = new();

    /// <summary>Thicknesses of the last distribution; 0 after a single thickness or a scan.</summary>
    private int many;
    private int manyBeamCount;

    private int ManyCount => tilts * manyBeamCount;

    /// <summary>Length of the chosen beams of a tilt among the sources, padded to whole vectors.</summary>
    private int ManyPlaces => new Blocks(manyBeamCount, TLanes.Count).Count * TLanes.Count;

    private int ManyWidth => parts * tilts * ManyPlaces;

    /// <inheritdoc/>
    public override double ForwardMany(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities,
        bool valueOnly,
        bool withSlopes
    )
    {
        double thickness = thicknesses[PlaceOfLargest(thicknesses)];
        if (chosen.IsEmpty)
        {
            double bound = Forward(arc, thickness, oppositeHand: false, intensities, valueOnly);
            intensities.Clear();
            (slopesKept, manyBeamCount) = (withSlopes, 0);
            return bound;
        }
        (forwardKept, slopesKept, this.valueOnly) = (false, false, valueOnly);
        (many, manyBeamCount) = (thicknesses.Length, chosen.Length);
        double error = arc.IsReal
            ? ForwardMany<RealAlgebra>(arc, thicknesses, shares, chosen, intensities)
            : ForwardMany<ComplexAlgebra>(arc, thicknesses, shares, chosen, intensities);
        if (withSlopes)
        {
            KeepSlopes(arc);
        }
        slopesKept = withSlopes;
        (forwardKept, forwardThickness, forwardOpposite) = (!valueOnly, thickness, false);
        return error;
    }

    private double ForwardMany<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<int> chosen,
        Span<double> intensities
    )
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, thicknesses, nameof(thicknesses), chosen);
        chosen.CopyTo(new Span<int>(manyBeams.Reserve(manyBeamCount), manyBeamCount));
        double* share = manyShares.Reserve(many);
        SumScored(Coefficients, many);
        int all = ManyCount;
        double* re = (valueOnly ? call.Amplitudes : manyAmplitudes).Reserve(
            (valueOnly ? 2 : 2L * many) * all + TLanes.Count
        );
        FillFactors(arc, chosen, []);
        Span<double> sums = new(call.ScoredSums.ReserveZeros(all), all);
        for (int t = 0; t < many; t++, re += valueOnly ? 0 : 2 * all)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            share[t] = shares[t] * transmission * transmission;
            ReadAmplitudes(t, many, all, re, re + all);
            Doubles.AddSquares(share[t], re, re + all, call.ScoredFactors.Pointer, sums);
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

    /// <summary>w ψ̄ of the chosen beams at every thickness, as <see cref="Sources"/>: [parity][thickness][tilt][part][place].</summary>
    private void ManySources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        int places = ManyPlaces;
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
        for (int t = 0; t < many; t++, re += 2 * ManyCount)
        {
            for (int s = 0; s < tilts; s++, to += TAlgebra.Parts * places)
            {
                int at = s * manyBeamCount;
                ManySources<TAlgebra>(manyShares.Pointer[t], bar + at, re + at, to, to + toOdd);
            }
        }
        call.Sources.ReserveZeros(2 * vector);
    }

    /// <summary>Those of one tilt and thickness.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ManySources<TAlgebra>(double share, double* bar, double* re, T* even, T* odd)
        where TAlgebra : IAlgebra
    {
        double* im = re + ManyCount;
        int toIm = ManyPlaces;
        for (int i = 0; i < manyBeamCount; i++)
        {
            T real = T.CreateTruncating(share * bar[i] * re[i]);
            T imaginary = T.CreateTruncating(share * bar[i] * im[i]);
            even[i] = real;
            odd[i] = imaginary;
            if (TAlgebra.Parts == 2)
            {
                even[i + toIm] = imaginary;
                odd[i + toIm] = -real;
            }
        }
    }

    /// <summary>Σ_j c_k(t_j) times the sources of each thickness, spread over the beams.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private T* ManySource(int k)
    {
        int width = ManyWidth;
        T* row = call.ScoredRow.Reserve(width);
        T* from = call.ManySources.Pointer + (k % 2 * (nint)many * width);
        T* factors = Coefficients + ((nint)k * stride);
        int first = 0;
        while (first < many - 1 && factors[first] == T.Zero)
        {
            first++;
        }
        int i = 0;
        for (; i + (4 * TLanes.Count) <= width; i += 4 * TLanes.Count)
        {
            SumFour(factors, first, from + i, width, row + i);
        }
        for (; i < width; i += TLanes.Count)
        {
            TVector sum = TLanes.Broadcast(T.Zero);
            for (int t = first; t < many; t++)
            {
                sum = TLanes.MultiplyAdd(TLanes.Broadcast(factors[t]), TLanes.Load(from + ((nint)t * width) + i), sum);
            }
            TLanes.Store(row + i, sum);
        }
        Spread(row);
        return EvenSource;
    }

    /// <summary>Puts a row [tilt][part][place] at its beams. What whole vectors write beyond them are zeros, in the order of the places in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(T* row)
    {
        int* beam = manyBeams.Pointer;
        int count = manyBeamCount;
        int places = ManyPlaces;
        for (int s = 0; s < tilts; s++)
        {
            for (int part = 0; part < parts; part++, row += places)
            {
                T* to = EvenSource + (s * column) + (part * plane);
                if (scoredTogether)
                {
                    CopyWhole(row, to + beam[0], count);
                    continue;
                }
                for (int i = 0; i < count; i++)
                {
                    to[beam[i]] = row[i];
                }
            }
        }
    }

    /// <summary>Four vectors of Σ_j c(t_j) sources from a thickness on, in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumFour(T* factors, int first, T* from, int width, T* to)
    {
        TVector sum0 = TLanes.Broadcast(T.Zero);
        TVector sum1 = sum0;
        TVector sum2 = sum0;
        TVector sum3 = sum0;
        int step = TLanes.Count;
        from += (nint)first * width;
        for (int t = first; t < many; t++, from += width)
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
}
