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
    private const int FewestOrders = 3;

    private const double Huge = 1e150;

    /// <summary>The highest order needed: every later |J_k(z)| ρ^k is below the tolerance.</summary>
    /// <param name="z">Argument, – (0 ≤ z ≤ <see cref="LargestArgument"/>).</param>
    /// <param name="logGrowth">ln ρ ≥ 0, the growth of |T_k(x)| ≤ ρ^k on the spectrum; 0 on the real interval.</param>
    /// <param name="tolerance">Bound of the first term left out, –.</param>
    /// <remarks>By Kapteyn's inequality |J_k(k sech α)| ≤ exp(−k(α − tanh α)), whose right side falls in k, so that bisection finds the order.</remarks>
    public static int HighestOrder(double z, double logGrowth, double tolerance)
    {
        double needed = -Math.Log(tolerance);
        bool Suffices(int order)
        {
            double ratio = z / order;
            double root = Math.Sqrt(1 - (ratio * ratio));
            return order * (Math.Log((1 + root) / ratio) - root - logGrowth) >= needed;
        }
        if (z == 0)
        {
            return FewestOrders;
        }
        int below = (int)Math.Ceiling(z);
        int above = Math.Max(below, FewestOrders) + 1;
        while (!Suffices(above))
        {
            (below, above) = (above, 2 * above);
        }
        while (above - below > 1)
        {
            int middle = below + ((above - below) / 2);
            (below, above) = Suffices(middle) ? (below, middle) : (middle, above);
        }
        return Math.Max(above, FewestOrders);
    }

    /// <summary>
    /// Writes the real numbers i^{−(k mod 2)} c_k for k = 0 … coefficients.Length − 1: J_0, 2J_1, −2J_2, −2J_3, 2J_4, …
    /// </summary>
    /// <param name="z">Argument, –.</param>
    /// <param name="coefficients">Overwritten; with 0 where |J_k(z)| is below 1e-17.</param>
    /// <remarks>Miller's downward recurrence, normalised by J_0 + 2 Σ J_2k = 1.</remarks>
    public static void Fill(double z, Span<double> coefficients)
    {
        coefficients.Clear();
        if (z < 1 / Huge)
        {
            coefficients[0] = 1;
            return;
        }
        double factor = 2 / z;
        int highest = HighestOrder(z, 0, 1e-17);
        coefficients = coefficients[..Math.Min(coefficients.Length, highest + 1)];
        int start = highest + 12;
        double next = 0;
        double current = 1e-300;
        double sum = 0;
        for (int k = start; k >= 0; k--)
        {
            if (k < coefficients.Length)
            {
                coefficients[k] = current;
            }
            if (k % 2 == 0)
            {
                sum += k == 0 ? current : 2 * current;
            }
            (current, next) = ((k * factor * current) - next, current);
            if (Math.Abs(current) > Huge)
            {
                double scale = 1 / Math.Abs(current);
                current *= scale;
                next *= scale;
                sum *= scale;
                Scale(coefficients[Math.Min(k, coefficients.Length)..], scale);
            }
        }
        double norm = 2 / sum;
        for (int k = 0; k < coefficients.Length; k++)
        {
            coefficients[k] *= k % 4 < 2 ? norm : -norm;
        }
        coefficients[0] /= 2;
    }

    private static void Scale(Span<double> values, double factor)
    {
        foreach (ref double value in values)
        {
            value *= factor;
        }
    }
}
