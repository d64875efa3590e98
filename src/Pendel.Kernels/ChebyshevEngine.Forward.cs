using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private const double LargestError = 0.01;

    /// <summary>Orders that are added to the sums while they are in the nearest cache.</summary>
    private const int Together = 8;

    private bool forwardKept;
    private double forwardThickness;
    private bool forwardOpposite;

    /// <summary>Place of the largest thickness.</summary>
    private int largest;

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
    public override double Forward(
        in ArcMatrix arc,
        double thickness,
        bool oppositeHand,
        Span<double> intensities,
        bool valueOnly
    )
    {
        (forwardKept, slopesKept, this.valueOnly, many) = (false, false, valueOnly, 0);
        double error;
        if (arc.IsReal)
        {
            error = Forward<RealAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        else
        {
            error = Forward<ComplexAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        (forwardKept, forwardThickness, forwardOpposite) = (!valueOnly, thickness, oppositeHand);
        return error;
    }

    private double Forward<TAlgebra>(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, new(in thickness), nameof(thickness), []);
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

    /// <summary>Computes the φ_k that the largest thickness needs and their sums at a single one, or their scored rows; returns a bound of the amplitudes' errors.</summary>
    /// <exception cref="UnresolvedException">The terms of the series grow so much that no digits would be left.</exception>
    private double Propagate<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        string name,
        ReadOnlySpan<int> scored
    )
        where TAlgebra : IAlgebra
    {
        largest = PlaceOfLargest(thicknesses);
        double thickness = thicknesses[largest];
        Prepare<TAlgebra>(arc, thickness, name);
        FillCoefficients(arc, thicknesses);
        double z = Argument(arc, thickness);
        double growth = Advance<TAlgebra>(scored);
        Precision precision = typeof(T) == typeof(float) ? Precision.Single : Precision.Double;
        double error = PrecisionBound.Amplitude(precision, z) * Math.Max(1, growth * Transmission(arc, thickness));
        return error <= LargestError
            ? error
            : throw new UnresolvedException(
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

    /// <summary>Computes the φ_k and ψ's sums of them, or takes their scored rows; returns the largest |c_k φ_k| but at least 1.</summary>
    private double Advance<TAlgebra>(ReadOnlySpan<int> scored)
        where TAlgebra : IAlgebra
    {
        double growth = 1;
        bool gathering = !scored.IsEmpty;
        if (gathering)
        {
            ShapeScored(scored);
        }
        else
        {
            sums.ReserveZeros(2 * vector);
        }
        for (int first = 0; first <= highest; first += Together)
        {
            if (first % ordersKept == 0)
            {
                Open(first);
            }
            int end = Math.Min(first + Together, highest + 1);
            Fill<TAlgebra>(first, end);
            if (!gathering)
            {
                AddFour(first, end, EvenSum);
                AddFour(first + 1, end, OddSum);
            }
            for (int k = first; gathering && k < end; k++)
            {
                GatherScored(k, scored);
            }
            growth = hermitian ? growth : Math.Max(growth, Truncate(first, end));
        }
        return growth;
    }

    /// <summary>Adds up to four terms, every second from an order on; those that are missing have the coefficient 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddFour(int first, int end, T* sum)
    {
        T* phi0 = Term(first, end, out T c0);
        T* phi1 = Term(first + 2, end, out T c1);
        T* phi2 = Term(first + 4, end, out T c2);
        T* phi3 = Term(first + 6, end, out T c3);
        nint length = vector;
        TVector factor0 = TLanes.Broadcast(c0);
        TVector factor1 = TLanes.Broadcast(c1);
        TVector factor2 = TLanes.Broadcast(c2);
        TVector factor3 = TLanes.Broadcast(c3);
        for (nint i = 0; i < length; i += TLanes.Count)
        {
            TVector total = TLanes.MultiplyAdd(factor0, TLanes.Load(phi0 + i), TLanes.Load(sum + i));
            total = TLanes.MultiplyAdd(factor1, TLanes.Load(phi1 + i), total);
            total = TLanes.MultiplyAdd(factor2, TLanes.Load(phi2 + i), total);
            total = TLanes.MultiplyAdd(factor3, TLanes.Load(phi3 + i), total);
            TLanes.Store(sum + i, total);
        }
    }

    private T* Term(int k, int end, out T coefficient)
    {
        coefficient = k < end ? Coefficients[k * stride] : T.Zero;
        return Phi(Math.Min(k, end - 1));
    }

    private static int PlaceOfLargest(ReadOnlySpan<double> thicknesses)
    {
        int place = 0;
        for (int t = 1; t < thicknesses.Length; t++)
        {
            place = thicknesses[t] > thicknesses[place] ? t : place;
        }
        return place;
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
