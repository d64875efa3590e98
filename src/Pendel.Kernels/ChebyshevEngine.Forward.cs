using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private const double LargestError = 0.01;

    private bool forwardKept;
    private double forwardThickness;
    private bool forwardOpposite;

    private T* EvenSum => sums.Pointer;

    private T* OddSum => sums.Pointer + vector;

    /// <inheritdoc/>
    public override int Terms => highest;

    /// <inheritdoc/>
    public override void RepeatForward()
    {
        if (parts == 1)
        {
            Advance<RealAlgebra>([]);
        }
        else
        {
            Advance<ComplexAlgebra>([]);
        }
    }

    /// <inheritdoc/>
    public override double Forward(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
    {
        (forwardKept, scanning) = (false, false);
        double error;
        if (arc.IsReal)
        {
            error = Forward<RealAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        else
        {
            error = Forward<ComplexAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        (forwardKept, forwardThickness, forwardOpposite) = (true, thickness, oppositeHand);
        return error;
    }

    private double Forward<TAlgebra>(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, thickness, nameof(thickness), []);
        double transmission = Transmission(arc, thickness);
        for (int s = 0; s < tilts; s++)
        {
            double scale = transmission * transmission * arc.Weight[s * beams];
            for (int g = 0; g < beams; g++)
            {
                (double re, double im) = Amplitude<TAlgebra>(s, g, oppositeHand);
                intensities[(s * beams) + g] = ((re * re) + (im * im)) * scale / arc.Weight[(s * beams) + g];
            }
        }
        return error;
    }

    /// <summary>Computes the φ_k that a thickness needs and their sums, or their scored rows; returns a bound of the amplitudes' errors.</summary>
    /// <exception cref="ArgumentException">The terms of the series grow so much that no digits would be left.</exception>
    private double Propagate<TAlgebra>(in ArcMatrix arc, double thickness, string name, ReadOnlySpan<int> scored)
        where TAlgebra : IAlgebra
    {
        Prepare<TAlgebra>(arc, thickness, name);
        double z = Argument(arc, thickness);
        ChebyshevCoefficients.Fill(z, new Span<double>(coefficients.Pointer, highest + 1));
        double growth = Advance<TAlgebra>(scored);
        Precision precision = typeof(T) == typeof(float) ? Precision.Single : Precision.Double;
        double error = PrecisionBound.Amplitude(precision, z) * Math.Max(1, growth * Transmission(arc, thickness));
        return error <= LargestError
            ? error
            : throw new ArgumentException(
                $"is not resolved in {precision} precision at {thickness} Å: its absorption lets terms of the series grow by {growth:G2}",
                arc.IsReal ? "potentialRe" : "potentialIm"
            );
    }

    /// <summary>E ± iO: the amplitude Mψ without the phase and the absorption of the spectrum's centre.</summary>
    private (double Re, double Im) Amplitude<TAlgebra>(int tilt, int beam, bool oppositeHand)
        where TAlgebra : IAlgebra
    {
        nint at = (tilt * column) + beam;
        double sign = oppositeHand ? -1 : 1;
        double re = double.CreateTruncating(EvenSum[at]);
        double im = sign * double.CreateTruncating(OddSum[at]);
        if (TAlgebra.Parts == 2)
        {
            re -= sign * double.CreateTruncating(OddSum[at + plane]);
            im += double.CreateTruncating(EvenSum[at + plane]);
        }
        return (re, im);
    }

    /// <summary>Computes all φ_k and ψ's sums of them, or takes their scored rows; returns the largest |c_k φ_k| but at least 1.</summary>
    private double Advance<TAlgebra>(ReadOnlySpan<int> scored)
        where TAlgebra : IAlgebra
    {
        double growth = 1;
        if (scanning)
        {
            ShapeScored(scored.Length);
        }
        else
        {
            sums.ReserveZeros(2 * vector);
        }
        for (int first = 0; first <= highest; first += ordersKept)
        {
            Advance<TAlgebra>(first);
            int end = Math.Min(first + ordersKept, highest + 1);
            if (!scanning)
            {
                AddTerms(first, end);
            }
            for (int k = first; k < end; k++)
            {
                if (scanning)
                {
                    GatherScored(k, scored);
                }
                if (!hermitian)
                {
                    growth = Math.Max(growth, Math.Abs(coefficients.Pointer[k]) * LargestElement(Phi(k)));
                }
            }
        }
        return growth;
    }

    /// <summary>Adds c_k φ_k to the even or the odd sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddTerms(int first, int end)
    {
        const int Together = 8;
        T* factors = stackalloc T[Together];
        for (; first < end; first += Together)
        {
            int count = Math.Min(Together, end - first);
            for (int k = 0; k < count; k++)
            {
                factors[k] = T.CreateTruncating(coefficients.Pointer[first + k]);
            }
            for (int parity = 0; parity < Math.Min(2, count); parity++)
            {
                T* sum = (first + parity) % 2 == 0 ? EvenSum : OddSum;
                for (nint at = 0; at < vector; at += TLanes.Count)
                {
                    TVector total = TLanes.Load(sum + at);
                    T* phi = Phi(first + parity) + at;
                    for (int k = parity; k < count; k += 2, phi += 2 * vector)
                    {
                        total = TLanes.MultiplyAdd(TLanes.Broadcast(factors[k]), TLanes.Load(phi), total);
                    }
                    TLanes.Store(sum + at, total);
                }
            }
        }
    }

    private double LargestElement(T* values)
    {
        TVector largest = TLanes.Broadcast(T.Zero);
        int rows = packed.Panels.Length * TLanes.Count;
        for (int p = 0; p < tilts * parts; p++)
        {
            T* from = values + (p / parts * column) + (p % parts * plane);
            for (int g = 0; g < rows; g += TLanes.Count)
            {
                TVector value = TLanes.Load(from + g);
                largest = TLanes.Max(largest, TLanes.Max(value, TLanes.Negate(value)));
            }
        }
        return double.CreateTruncating(Reduce<TLanes, TVector, T>.Largest(largest));
    }

    private void Clear(T* values) => new Span<T>(values, checked((int)vector)).Clear();

    /// <summary>Sets the incident beam of all tilts.</summary>
    private void SetFirst(T* values, double value)
    {
        for (int s = 0; s < tilts; s++)
        {
            values[s * column] = T.CreateTruncating(value);
        }
    }
}
