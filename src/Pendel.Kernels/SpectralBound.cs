namespace Pendel.Kernels;

/// <summary>A rectangle that holds the numerical ranges of all structure matrices of an arc.</summary>
/// <param name="Centre">Re of its centre, Å⁻².</param>
/// <param name="Radius">Its half width, Å⁻²; positive.</param>
/// <param name="Absorption">Im of its centre, Å⁻²: the mean absorption.</param>
/// <param name="HalfHeight">Its half height, Å⁻²; 0 without absorption.</param>
internal readonly record struct Spectrum(double Centre, double Radius, double Absorption, double HalfHeight)
{
    /// <summary>
    /// ln ρ of the Bernstein ellipse with foci at the ends of the middle line that holds the rectangle: |T_k| ≤ ρ^k there.
    /// </summary>
    /// <remarks>Its half axis is half the sum of the distances of the corner 1 + ib to both foci: b/2 + √(1 + b²/4).</remarks>
    public double LogGrowth
    {
        get
        {
            double half = HalfHeight / Radius / 2;
            return Math.Acosh(half + Math.Sqrt(1 + (half * half)));
        }
    }
}

/// <summary>Safe and cheap bounds of the spectrum: never an underestimate.</summary>
/// <remarks>
/// The Hermitian part of A is bounded by the Perron root of its comparison matrix |MUM| + max_s d, and that by the quotients of
/// Collatz and Wielandt, max_i (Cv)_i / v_i, which hold for every positive v; a few power iterations make v good. The similarity
/// v → Mv turns |MUM| into |U|w, and the largest w of each beam serves all tilts. The anti-Hermitian part likewise.
/// Horn and Johnson, Matrix Analysis (2013), ch. 8.
/// </remarks>
internal sealed class SpectralBound
{
    private const int Iterations = 4;
    private const double SmallestRadius = 1e-6;

    /// <summary>Room for rounding errors, relative to the largest absolute value.</summary>
    private const double Safety = 1e-6;

    private double[] comparison = [];
    private double[] perBeam = [];

    /// <summary>Bounds the spectra of all tilts of an arc.</summary>
    /// <exception cref="ArgumentException">An element of the potential is not finite.</exception>
    public Spectrum Of(in ArcMatrix arc)
    {
        int n = arc.Beams;
        Grow(ref comparison, (long)n * n);
        Grow(ref perBeam, 5L * n);
        LargestWeights(arc, perBeam.AsSpan(0, n));
        (double low, double high) = Interval(arc, hermitianPart: true);
        (double least, double most) = arc.IsHermitian ? (0, 0) : Interval(arc, hermitianPart: false);
        if (arc.IsReal)
        {
            (least, most) = (-Math.Max(-least, most), Math.Max(-least, most));
        }
        double margin =
            Safety * Math.Max(Math.Max(Math.Abs(low), Math.Abs(high)), Math.Max(Math.Abs(least), Math.Abs(most)));
        return new Spectrum(
            (low + high) / 2,
            Math.Max(((high - low) / 2) + margin, SmallestRadius),
            (least + most) / 2,
            arc.IsHermitian ? 0 : ((most - least) / 2) + margin
        );
    }

    private static void Grow(ref double[] array, long length)
    {
        if (array.Length < length)
        {
            array = GC.AllocateUninitializedArray<double>(checked((int)length));
        }
    }

    private static void LargestWeights(in ArcMatrix arc, Span<double> largest)
    {
        arc.Weight[..arc.Beams].CopyTo(largest);
        for (int s = 1; s < arc.Tilts; s++)
        {
            ReadOnlySpan<double> weight = arc.Weight.Slice(s * arc.Beams, arc.Beams);
            for (int g = 0; g < weight.Length; g++)
            {
                largest[g] = Math.Max(largest[g], weight[g]);
            }
        }
    }

    private (double Low, double High) Interval(in ArcMatrix arc, bool hermitianPart)
    {
        int n = arc.Beams;
        Span<double> low = perBeam.AsSpan(n, n);
        Span<double> high = perBeam.AsSpan(2 * n, n);
        Diagonals(arc, hermitianPart, low, high);
        Compare(arc, hermitianPart);
        double upper = PerronBound(high);
        for (int g = 0; g < n; g++)
        {
            low[g] = -low[g];
        }
        return (-PerronBound(low), upper);
    }

    /// <summary>Smallest and largest diagonal element of each beam among the tilts.</summary>
    private static void Diagonals(in ArcMatrix arc, bool hermitianPart, Span<double> low, Span<double> high)
    {
        int n = arc.Beams;
        low.Fill(double.PositiveInfinity);
        high.Fill(double.NegativeInfinity);
        ReadOnlySpan<double> potential = hermitianPart ? arc.PotentialRe : arc.PotentialIm;
        for (int s = 0; s < arc.Tilts; s++)
        {
            for (int g = 0; g < n; g++)
            {
                double own = potential.IsEmpty ? 0 : potential[(g * n) + g] * arc.Weight[(s * n) + g];
                double value = own + (hermitianPart ? arc.Diagonal[(s * n) + g] : 0);
                low[g] = Math.Min(low[g], value);
                high[g] = Math.Max(high[g], value);
            }
        }
    }

    /// <summary>Writes |U_gh ± U_hg*|/2 · w_h off the diagonal.</summary>
    private void Compare(in ArcMatrix arc, bool hermitianPart)
    {
        int n = arc.Beams;
        ReadOnlySpan<double> re = arc.PotentialRe;
        ReadOnlySpan<double> im = arc.PotentialIm;
        double sign = hermitianPart ? 1 : -1;
        for (int g = 0; g < n; g++)
        {
            for (int h = 0; h < n; h++)
            {
                int own = (g * n) + h;
                int mate = (h * n) + g;
                double x = arc.IsHermitian ? re[own] : (re[own] + (sign * re[mate])) / 2;
                double y =
                    arc.IsReal ? 0
                    : arc.IsHermitian ? im[own]
                    : (im[own] - (sign * im[mate])) / 2;
                comparison[own] = g == h ? 0 : Math.Sqrt((x * x) + (y * y)) * perBeam[h];
            }
        }
    }

    /// <summary>The best of a few Collatz–Wielandt bounds of the largest eigenvalue of comparison + diagonal.</summary>
    private double PerronBound(ReadOnlySpan<double> diagonal)
    {
        int n = diagonal.Length;
        Span<double> v = perBeam.AsSpan(3 * n, n);
        Span<double> y = perBeam.AsSpan(4 * n, n);
        double shift = diagonal[0];
        foreach (double value in diagonal)
        {
            shift = Math.Min(shift, value);
        }
        v.Fill(1);
        double best = double.PositiveInfinity;
        for (int iteration = 0; iteration <= Iterations; iteration++)
        {
            double bound = double.NegativeInfinity;
            double largest = 0;
            for (int g = 0; g < n; g++)
            {
                double sum = 0;
                for (int h = 0; h < n; h++)
                {
                    sum += comparison[(g * n) + h] * v[h];
                }
                bound = Math.Max(bound, diagonal[g] + (sum / v[g]));
                y[g] = sum + ((diagonal[g] - shift) * v[g]);
                largest = Math.Max(largest, y[g]);
            }
            best = Math.Min(best, bound);
            for (int g = 0; g < n; g++)
            {
                v[g] = largest > 0 ? Math.Max(y[g] / largest, 1e-3) : 1;
            }
        }
        return best;
    }
}
