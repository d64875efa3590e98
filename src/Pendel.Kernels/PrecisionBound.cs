namespace Pendel.Kernels;

/// <summary>How far <see cref="Precision.Single"/> may be trusted.</summary>
public static class PrecisionBound
{
    private const double UnitRoundoff = 5.9604644775390625e-8;

    /// <summary>A bound of the error of any amplitude |ψ_g| of a float32 propagation, relative to the incident amplitude 1.</summary>
    /// <param name="beams">N.</param>
    /// <param name="argument">z = πtr/K_n, –.</param>
    /// <returns>–</returns>
    public static double Single(int beams, double argument) => UnitRoundoff * (4 + Math.Sqrt(beams)) * (2 + argument);
}
