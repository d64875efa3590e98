using System.Numerics;

namespace Pendel.Kernels;

/// <summary>
/// The coefficients of exp(izx) = Σ_k c_k T_k(x) on −1 ≤ x ≤ 1: c_0 = J_0(z), c_k = 2 i^k J_k(z).
/// </summary>
/// <remarks>Jacobi–Anger expansion; Olver et al., NIST Handbook of Mathematical Functions (2010), ch. 10.</remarks>
internal static class ChebyshevCoefficients
{
    /// <summary>Series beyond this argument are refused: their terms would not fit into memory, nor their phases into a number.</summary>
    public const double LargestArgument = 1e5;

    /// <summary>Orders that are always kept, so that derivatives of a very short propagation are right too.</summary>
    public const int FewestOrders = 3;

    /// <summary>Arguments that <see cref="Fill"/> takes together.</summary>
    public const int Lanes = 8;

    /// <summary>Below it c_2 = −z²/4 is less than 1e-17, so that 1 and c_1 = z are left.</summary>
    private const double SmallestArgument = 5e-9;

    /// <summary>Where the recurrence begins: the products of 2k/z on the way down stay within a number's range.</summary>
    private const double Beginning = 1e-300;

    /// <summary>The highest order needed: every later |J_k(z)| ρ^k is below the tolerance.</summary>
    /// <param name="z">Argument, – (0 ≤ z ≤ <see cref="LargestArgument"/>).</param>
    /// <param name="logGrowth">ln ρ ≥ 0, the growth of |T_k(x)| ≤ ρ^k on the spectrum; 0 on the real interval.</param>
    /// <param name="tolerance">Bound of the first term left out, –.</param>
    /// <remarks>By Kapteyn's inequality |J_k(k sech α)| ≤ exp(−k(α − tanh α)), whose exponent is convex in k, so that Newton's steps come down to the order.</remarks>
    public static int HighestOrder(double z, double logGrowth, double tolerance)
    {
        if (z == 0)
        {
            return FewestOrders;
        }
        double needed = -Math.Log(tolerance);
        (double Excess, double Slope) At(double order)
        {
            double ratio = z / order;
            double root = Math.Sqrt(1 - (ratio * ratio));
            double slope = Math.Log((1 + root) / ratio) - logGrowth;
            return ((order * (slope - root)) - needed, slope);
        }
        double above = Start(z);
        while (At(above).Excess < 0)
        {
            above *= 2;
        }
        double step = double.PositiveInfinity;
        while (step > 0.1)
        {
            (double excess, double slope) = At(above);
            step = excess / slope;
            above -= step;
        }
        return Math.Max((int)Math.Ceiling(above), FewestOrders);
    }

    /// <summary>
    /// Writes the real numbers i^{−(k mod 2)} c_k of each argument for k = 0, 1, …: J_0, 2J_1, −2J_2, −2J_3, 2J_4, …
    /// </summary>
    /// <param name="arguments">z ≥ 0, –.</param>
    /// <param name="stride">A multiple of <see cref="Lanes"/>, not below the number of arguments.</param>
    /// <param name="least">Where |c_k(z)| is below it, 0 is written, –.</param>
    /// <param name="coefficients">[order][argument], orders <paramref name="stride"/> apart; overwritten.</param>
    /// <remarks>Miller's downward recurrence, normalised by J_0 + 2 Σ J_2k = 1.</remarks>
    public static void Fill(ReadOnlySpan<double> arguments, int stride, double least, Span<double> coefficients)
    {
        Span<double> z = stackalloc double[Lanes];
        for (int first = 0; first < stride; first += Lanes)
        {
            z.Clear();
            ReadOnlySpan<double> own = arguments[Math.Min(first, arguments.Length)..];
            own[..Math.Min(Lanes, own.Length)].CopyTo(z);
            for (int lane = 0; lane < Lanes; lane += Vector<double>.Count)
            {
                FillVector(z.Slice(lane, Vector<double>.Count), stride, least, coefficients[(first + lane)..]);
            }
        }
    }

    /// <summary>The order from which the recurrence comes down: 12 beyond the last |J_k(z)| above 1e-17, for z up to <see cref="LargestArgument"/>.</summary>
    private static double Start(double z) => Math.Ceiling(z + (12 * Math.Cbrt(z))) + 20;

    private static void FillVector(ReadOnlySpan<double> arguments, int stride, double least, Span<double> coefficients)
    {
        Span<double> starts = stackalloc double[Vector<double>.Count];
        double highest = 0;
        for (int lane = 0; lane < starts.Length; lane++)
        {
            starts[lane] = Start(arguments[lane]);
            highest = Math.Max(highest, starts[lane]);
        }
        int orders = (coefficients.Length + stride - 1) / stride;
        int end = Math.Min(orders, (int)highest + 1);
        Vector<double> z = new(arguments);
        Vector<double> sum = Descend(
            z,
            new(starts),
            (int)highest,
            stride,
            coefficients[..(((end - 1) * stride) + starts.Length)]
        );
        Normalise(new Vector<double>(2) / sum, end, stride, least, coefficients);
        for (int lane = 0; lane < starts.Length; lane++)
        {
            if (arguments[lane] < SmallestArgument)
            {
                for (int k = 0; k < orders; k++)
                {
                    coefficients[(k * stride) + lane] =
                        k == 0 ? 1
                        : k == 1 ? arguments[lane]
                        : 0;
                }
            }
        }
    }

    /// <summary>Makes coefficients of the multiples of J_k below an order, and of those above it 0.</summary>
    private static void Normalise(Vector<double> norm, int end, int stride, double least, Span<double> coefficients)
    {
        for (int k = 0; k * stride < coefficients.Length; k++)
        {
            Span<double> to = coefficients.Slice(k * stride, Vector<double>.Count);
            Vector<double> value = new Vector<double>(to) * (k % 4 < 2 ? norm : -norm);
            value = k == 0 ? value / 2 : value;
            Vector<long> isLeft = Vector.GreaterThanOrEqual(Vector.Abs(value), new(least));
            value = Vector.ConditionalSelect(isLeft, value, default);
            (k < end ? value : default).CopyTo(to);
        }
    }

    /// <summary>Writes multiples of J_k by the downward recurrence; returns that multiple.</summary>
    private static Vector<double> Descend(
        Vector<double> z,
        Vector<double> starts,
        int highest,
        int stride,
        Span<double> coefficients
    )
    {
        Vector<double> factor = new Vector<double>(2) / Vector.Max(z, new(SmallestArgument));
        Vector<double> next = default;
        Vector<double> current = default;
        Vector<double> sum = default;
        for (int k = highest; k >= 0; k--)
        {
            Vector<double> order = new(k);
            current = Vector.ConditionalSelect(Vector.Equals(order, starts), new(Beginning), current);
            if (k * stride < coefficients.Length)
            {
                current.CopyTo(coefficients[(k * stride)..]);
            }
            if (k % 2 == 0)
            {
                sum += k == 0 ? current : 2 * current;
            }
            (current, next) = ((order * factor * current) - next, current);
        }
        return sum;
    }
}
