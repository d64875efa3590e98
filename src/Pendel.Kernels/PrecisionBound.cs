namespace Pendel.Kernels;

/// <summary>How far a propagation in a precision may be trusted.</summary>
/// <remarks>
/// Rounding the matrix changes its levels by about a unit roundoff u of the half width, hence phases by zu; the rounding errors of
/// the recurrence add up at random. The bound is empirical: √I of float32 and of float64 differ by at most half of it, on six
/// real and six random elastic matrices (N = 2 … 800, z = 4 … 9000) and on six real ones with 3 and 10 % of the potential
/// absorptive up to 3000 Å, there with <see cref="Propagator.AmplitudeError"/>. An intensity's error is 2√I times the amplitude's.
/// </remarks>
public static class PrecisionBound
{
    /// <summary>A bound of the error of any amplitude |ψ_g|, relative to the incident amplitude 1: u (4 + z/4).</summary>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="argument">z = πtr/K_n with r the half width of the spectrum, –.</param>
    /// <returns>–</returns>
    public static double Amplitude(Precision precision, double argument) =>
        UnitRoundoff(precision) * (4 + (argument / 4));

    /// <summary>
    /// Whether intensities are right to 1e-4 of the largest intensity and to 1e-3 of themselves, from a smallest one on.
    /// </summary>
    /// <param name="amplitudeError">As <see cref="Amplitude"/> gives it, –.</param>
    /// <param name="largest">The largest intensity of the frame, –.</param>
    /// <param name="smallest">The smallest intensity that is scored, –.</param>
    public static bool Suffices(double amplitudeError, double largest, double smallest) =>
        2 * amplitudeError <= 1e-4 * Math.Sqrt(largest) && 2 * amplitudeError <= 1e-3 * Math.Sqrt(smallest);

    private static double UnitRoundoff(Precision precision) =>
        precision == Precision.Single ? 1.0 / (1 << 24) : 1.0 / (1L << 53);
}

/// <summary>The absorption lets terms of the series grow so much that a precision would leave no digits.</summary>
/// <param name="message">What is not resolved.</param>
/// <param name="parameter">Whose absorption it is.</param>
public sealed class UnresolvedException(string message, string parameter) : ArgumentException(message, parameter);
