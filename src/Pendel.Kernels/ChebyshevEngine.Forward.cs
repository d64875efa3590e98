namespace Pendel.Kernels;

internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private bool forwardKept;
    private double forwardThickness;
    private bool forwardOpposite;
    private double growth;

    private T* EvenSum => sums.Pointer;

    private T* OddSum => sums.Pointer + vector;

    /// <inheritdoc/>
    public override double Forward(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
    {
        forwardKept = false;
        if (arc.IsReal)
        {
            Forward<RealAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        else
        {
            Forward<ComplexAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        (forwardKept, forwardThickness, forwardOpposite) = (true, thickness, oppositeHand);
        return AmplitudeError(arc, thickness);
    }

    private void Forward<TAlgebra>(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
        where TAlgebra : IAlgebra
    {
        Prepare<TAlgebra>(arc, thickness, nameof(thickness));
        ChebyshevCoefficients.Fill(Argument(arc, thickness), new Span<double>(coefficients.Pointer, highest + 1));
        Advance<TAlgebra>();
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

    /// <summary>Computes all φ_k and adds c_k φ_k to the even or the odd sum.</summary>
    private void Advance<TAlgebra>()
        where TAlgebra : IAlgebra
    {
        growth = 1;
        sums.ReserveZeros(2 * vector);
        new Span<T>(Phi(0), checked((int)vector)).Clear();
        T* zero = Phi(2);
        new Span<T>(zero, checked((int)vector)).Clear();
        SetFirst(Phi(0), 0.5);
        SetFirst(EvenSum, coefficients.Pointer[0]);
        for (int k = 1; k <= highest; k++)
        {
            packed.Multiply<TAlgebra, Accumulate<TAlgebra>>(
                Phi(k - 1),
                plane,
                column,
                tiltBlocks,
                new Accumulate<TAlgebra>(
                    Step<TAlgebra>(Phi(k - 1), k == 1 ? zero : Phi(k - 2), Phi(k), 1),
                    k % 2 == 0 ? EvenSum : OddSum,
                    T.CreateTruncating(coefficients.Pointer[k])
                )
            );
            if (k == 1)
            {
                SetFirst(Phi(0), 1);
            }
            if (!hermitian)
            {
                growth = Math.Max(growth, Math.Abs(coefficients.Pointer[k]) * LargestElement(Phi(k)));
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

    /// <summary>The bound of rounding errors, for terms of size 1 or of the size to which the largest has grown.</summary>
    private double AmplitudeError(in ArcMatrix arc, double thickness) =>
        PrecisionBound.Amplitude(
            typeof(T) == typeof(float) ? Precision.Single : Precision.Double,
            Argument(arc, thickness)
        ) * Math.Max(1, growth * Transmission(arc, thickness));

    /// <summary>Sets the incident beam of all tilts.</summary>
    private void SetFirst(T* values, double value)
    {
        for (int s = 0; s < tilts; s++)
        {
            values[s * column] = T.CreateTruncating(value);
        }
    }

    private Recurrence<TLanes, TVector, T, TAlgebra> Step<TAlgebra>(T* current, T* previous, T* next, double side)
        where TAlgebra : IAlgebra =>
        new()
        {
            Weight = ScaledWeight,
            Diagonal = ScaledDiagonal,
            Absorption = T.CreateTruncating(side * 2 * spectrum.Absorption / spectrum.Radius),
            Plane = plane,
            Column = column,
            Current = current,
            Previous = previous,
            Next = next,
        };
}
