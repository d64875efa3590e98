using System.Numerics;

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
/// The Hermitian part of A is bounded by the Perron root λ of its comparison matrix C = |MUM| + max_s d, and that by the quotients of
/// Collatz and Wielandt, max_i (Cv)_i / v_i, which hold for every positive v. The similarity v → Mv turns |MUM| into |U|w, and the
/// largest w of each beam serves all tilts. Jacobi's iteration v_i ← (|U|wv)_i / (λ − max_s d_i) with the best λ so far makes v good:
/// on seven physical problems the bound of the width is within 2 % of its limit after five steps (which |U| in the place of U puts
/// at 1.00 to 1.27 times the width). The anti-Hermitian part is bounded likewise. Horn and Johnson, Matrix Analysis (2013), ch. 8.
/// </remarks>
internal sealed unsafe class SpectralBound<TLanes, TVector, T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Iterations = 5;
    private const double SmallestRadius = 1e-6;
    private const double SmallestComponent = 1e-3;

    /// <summary>Room for rounding errors outside the sums, relative to the largest absolute value.</summary>
    private const double Safety = 1e-6;

    private static readonly Blocks UpperAndLower = new(2, RegisterTile<TLanes, TVector, T>.Columns);

    private readonly PackedMatrix<TLanes, TVector, T> comparison = new();
    private readonly Scratch<double> perBeam = new();
    private readonly Scratch<T> columns = new();
    private int beams;

    private Span<double> LargestWeight => new(perBeam.Pointer, beams);

    /// <summary>The diagonal (0) of C and (1) of the matrix that bounds −A.</summary>
    private Span<double> Top(int side) => new(perBeam.Pointer + ((1 + side) * beams), beams);

    private Span<double> Trial(int side) => new(perBeam.Pointer + ((3 + side) * beams), beams);

    /// <summary>Bounds the spectra of all tilts of an arc.</summary>
    /// <param name="arc">The arc.</param>
    /// <param name="packed">U.</param>
    /// <param name="adjoint">U†; null where U is Hermitian.</param>
    /// <returns>The rectangle; not finite where an element of U is not.</returns>
    public Spectrum Of(
        in ArcMatrix arc,
        PackedMatrix<TLanes, TVector, T> packed,
        PackedMatrix<TLanes, TVector, T>? adjoint
    )
    {
        beams = arc.Beams;
        perBeam.Reserve(5L * beams);
        LargestWeights(arc);
        comparison.PackAbsolute(packed, adjoint, 1);
        (double low, double high) = Interval(arc, arc.PotentialRe, arc.Diagonal);
        double margin = Safety * Math.Max(Math.Abs(low), Math.Abs(high));
        Spectrum spectrum = new((low + high) / 2, Math.Max(((high - low) / 2) + margin, SmallestRadius), 0, 0);
        if (adjoint is null)
        {
            return spectrum;
        }
        comparison.PackAbsolute(packed, adjoint, -1);
        (low, high) = Interval(arc, arc.PotentialIm, []);
        margin = Safety * Math.Max(Math.Abs(low), Math.Abs(high));
        double centre = arc.IsReal ? 0 : (low + high) / 2;
        return spectrum with { Absorption = centre, HalfHeight = high - centre + margin };
    }

    private void LargestWeights(in ArcMatrix arc)
    {
        arc.Weight[..beams].CopyTo(LargestWeight);
        for (int s = 1; s < arc.Tilts; s++)
        {
            ReadOnlySpan<double> weight = arc.Weight.Slice(s * beams, beams);
            for (int g = 0; g < beams; g++)
            {
                LargestWeight[g] = Math.Max(LargestWeight[g], weight[g]);
            }
        }
    }

    private (double Low, double High) Interval(
        in ArcMatrix arc,
        ReadOnlySpan<double> potential,
        ReadOnlySpan<double> diagonal
    )
    {
        Span<double> high = Top(0);
        Span<double> low = Top(1);
        high.Fill(double.NegativeInfinity);
        low.Fill(double.NegativeInfinity);
        for (int s = 0; s < arc.Tilts; s++)
        {
            for (int g = 0; g < beams; g++)
            {
                double own = potential.IsEmpty ? 0 : potential[(g * beams) + g] * arc.Weight[(s * beams) + g];
                double value = own + (diagonal.IsEmpty ? 0 : diagonal[(s * beams) + g]);
                high[g] = Math.Max(high[g], value);
                low[g] = Math.Max(low[g], -value);
            }
        }
        (double upper, double lower) = PerronBounds();
        return (-lower, upper);
    }

    /// <summary>Bounds of the largest eigenvalues of comparison + Top(0) and comparison + Top(1).</summary>
    private (double, double) PerronBounds()
    {
        int line = Scratch<T>.Line / sizeof(T);
        nint column = (nint)new Blocks(beams, line).Count * line;
        T* trial = columns.ReserveZeros(4 * column);
        T* product = trial + (2 * column);
        (double first, double second) = (double.PositiveInfinity, double.PositiveInfinity);
        Trial(0).Fill(1);
        Trial(1).Fill(1);
        for (int iteration = 0; iteration <= Iterations; iteration++)
        {
            for (int g = 0; g < beams; g++)
            {
                trial[g] = T.CreateTruncating(LargestWeight[g] * Trial(0)[g]);
                trial[column + g] = T.CreateTruncating(LargestWeight[g] * Trial(1)[g]);
            }
            comparison.Multiply<RealAlgebra, StoreTile>(
                trial,
                0,
                column,
                UpperAndLower,
                new StoreTile(product, column)
            );
            first = Improve(0, first, product);
            second = Improve(1, second, product + column);
        }
        return (first, second);
    }

    /// <summary>The better of a bound and the one of the trial vector, which takes a step of Jacobi's iteration.</summary>
    private double Improve(int side, double best, T* product)
    {
        Span<double> trial = Trial(side);
        Span<double> top = Top(side);
        double rounding = 1 + ((beams + 16) * double.CreateTruncating(T.BitIncrement(T.One) - T.One));
        double bound = double.NegativeInfinity;
        for (int g = 0; g < beams; g++)
        {
            bound = Math.Max(bound, top[g] + (rounding * double.CreateTruncating(product[g]) / trial[g]));
        }
        best = Math.Min(best, bound);
        double largest = double.Epsilon;
        for (int g = 0; g < beams; g++)
        {
            trial[g] = double.CreateTruncating(product[g]) / Math.Max(best - top[g], double.Epsilon);
            largest = Math.Max(largest, trial[g]);
        }
        for (int g = 0; g < beams; g++)
        {
            trial[g] = Math.Max(trial[g] / largest, SmallestComponent);
        }
        return best;
    }

    /// <summary>Columns of the product, <c>distance</c> apart.</summary>
    private readonly struct StoreTile(T* to, nint distance) : ITileEpilogue<T>
    {
        public void Finish(T* tile, int row, int rows, int column, int columns)
        {
            int height = rows * TLanes.Count;
            int room = (int)Math.Min(height, distance - row);
            for (int c = 0; c < columns; c++)
            {
                new Span<T>(tile + (c * height), room).CopyTo(new Span<T>(to + ((column + c) * distance) + row, room));
            }
        }
    }
}
