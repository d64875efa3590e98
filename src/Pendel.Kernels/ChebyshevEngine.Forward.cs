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
    public override double Forward(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
    {
        forwardKept = false;
        double error;
        if (arc.IsReal)
        {
            error = Forward<RealAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        else
        {
            error = Forward<ComplexAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        (forwardKept, forwardThickness, forwardOpposite, many) = (true, thickness, oppositeHand, 0);
        return error;
    }

    private double Forward<TAlgebra>(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, thickness, nameof(thickness));
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

    /// <summary>Computes the φ_k that a thickness needs and their sums; returns a bound of the amplitudes' errors.</summary>
    /// <exception cref="ArgumentException">The terms of the series grow so much that no digits would be left.</exception>
    private double Propagate<TAlgebra>(in ArcMatrix arc, double thickness, string name)
        where TAlgebra : IAlgebra
    {
        Prepare<TAlgebra>(arc, thickness, name);
        double z = Argument(arc, thickness);
        ChebyshevCoefficients.Fill(z, new Span<double>(coefficients.Pointer, highest + 1));
        double growth = Advance<TAlgebra>();
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

    /// <summary>Computes all φ_k, adds c_k φ_k to the even or the odd sum, and returns the largest |c_k φ_k| but at least 1.</summary>
    private double Advance<TAlgebra>()
        where TAlgebra : IAlgebra
    {
        double growth = 1;
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
        return growth;
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
