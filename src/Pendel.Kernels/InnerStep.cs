using System.Diagnostics;

namespace Pendel.Kernels;

/// <summary>What the potential U of a structure matrix is.</summary>
public enum PotentialKind
{
    /// <summary>Centrosymmetric without absorption: real and symmetric.</summary>
    Real,

    /// <summary>Without absorption: Hermitian.</summary>
    Hermitian,

    /// <summary>With absorption: U_g and U_−g* differ.</summary>
    Absorptive,
}

/// <summary>
/// The inner step of the propagator on its own, for benchmarks: one Chebyshev term for all tilts of an arc, with the recurrence and
/// the sums that go with it.
/// </summary>
/// <remarks>An instance holds an arc with potentials of physical size, and is for one thread.</remarks>
public sealed class InnerStep
{
    private const double WaveNumber = 40;

    private readonly ChebyshevEngine engine;

    /// <summary>An arc whose potential falls off with the distance of the beams in the list, propagated once.</summary>
    /// <param name="beams">N ≥ 1.</param>
    /// <param name="tilts">S ≥ 1.</param>
    /// <param name="kind">Which algebra.</param>
    /// <param name="precision">Of the recurrence.</param>
    /// <param name="thickness">t, Å, which decides the number of terms.</param>
    /// <exception cref="ArgumentException">N or S is not positive.</exception>
    public InnerStep(int beams, int tilts, PotentialKind kind, Precision precision, double thickness = 500)
    {
        Require.Positive(beams, nameof(beams));
        Require.Positive(tilts, nameof(tilts));
        double[] re = new double[beams * beams];
        double[] im = kind == PotentialKind.Real ? [] : new double[beams * beams];
        for (int g = 0; g < beams; g++)
        {
            for (int h = 0; h < beams; h++)
            {
                double size = g == h ? 0 : 0.05 / (1 + Math.Abs(g - h));
                re[(g * beams) + h] = size * Math.Cos(g + h);
                if (kind != PotentialKind.Real)
                {
                    double absorption = kind == PotentialKind.Absorptive ? (0.05 * size) + (g == h ? 0.005 : 0) : 0;
                    im[(g * beams) + h] = (size * Math.Sin(g - h)) + absorption;
                }
            }
        }
        double[] diagonal = new double[beams * tilts];
        double[] weight = new double[beams * tilts];
        for (int i = 0; i < diagonal.Length; i++)
        {
            diagonal[i] = i % beams == 0 ? 0 : 0.8 * Math.Sin(i);
            weight[i] = i % beams == 0 ? 1 : 1 + (0.01 * Math.Cos(i));
        }
        ArcMatrix arc = new(beams, tilts, re, im, diagonal, weight, WaveNumber, kind != PotentialKind.Absorptive);
        engine =
            precision == Precision.Single
                ? ChebyshevEngine.Create<float>(LaneWidth.Widest)
                : ChebyshevEngine.Create<double>(LaneWidth.Widest);
        double[] intensities = new double[diagonal.Length];
        engine.Forward(arc, thickness, oppositeHand: false, intensities);
        engine.Adjoint(arc, intensities, new double[re.Length], new double[im.Length], new double[diagonal.Length]);
        Flops = (kind == PotentialKind.Real ? 2.0 : 8.0) * beams * beams * tilts;
    }

    /// <summary>
    /// Operations of the product Uφ in one step, 2N²S with a real potential and 8N²S with a complex one: neither padding nor the
    /// recurrence itself counts.
    /// </summary>
    public double Flops { get; }

    /// <summary>Chebyshev terms in one pass.</summary>
    public int Terms => engine.Terms;

    /// <summary>One pass through all terms.</summary>
    /// <returns>Seconds a step, to be compared with <see cref="Flops"/>.</returns>
    public double Forward() => Time(engine.RepeatForward);

    /// <summary>One pass through all terms of the adjoint: the product U†Λ and the outer products for the gradient.</summary>
    /// <returns>Seconds a step, to be compared with twice <see cref="Flops"/>.</returns>
    public double Adjoint() => Time(engine.RepeatAdjoint);

    private double Time(Action pass)
    {
        long start = Stopwatch.GetTimestamp();
        pass();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / Terms;
    }
}
