namespace Pendel.Kernels;

// Derivatives of intensities by the thickness. With z' = πr/K_n, dψ/dt = e^{iπta/K_n} [iπa/K_n Σ_k c_k φ_k + z' Σ_k c_k'(z) φ_k], and
// the derivatives of the Bessel functions are sums of their neighbours: the same scored rows with other coefficients.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>p_j ∂I/∂t of the chosen beams at every thickness, [thickness][tilt][place], Å⁻¹.</summary>
    private readonly Scratch<double> manySlopes = new();

    private bool slopesKept;

    /// <summary>Fills the slopes after the amplitudes of a distribution, while the scored rows and their factors last.</summary>
    private void KeepSlopes(in ArcMatrix arc)
    {
        SumScored(DerivativeCoefficients(), many);
        int all = ManyCount;
        double perLength = Math.PI / arc.NormalWaveNumber;
        double* amplitude = manyAmplitudes.Pointer;
        double* slope = manySlopes.Reserve((long)many * all);
        double* re = call.Amplitudes.Reserve((2 * all) + TLanes.Count);
        for (int t = 0; t < many; t++, amplitude += 2 * all, slope += all)
        {
            ReadAmplitudes(t, many, all, re, re + all);
            double scale = 2 * perLength * manyShares.Pointer[t];
            for (int i = 0; i < all; i++)
            {
                (double x, double y) = (amplitude[i], amplitude[all + i]);
                double along = spectrum.Radius * ((x * re[i]) + (y * re[all + i]));
                double lost = spectrum.Absorption * ((x * x) + (y * y));
                slope[i] = scale * call.ScoredFactors.Pointer[i] * (along - lost);
            }
        }
    }

    /// <summary>
    /// d/dz of the real numbers f_k = i^{−(k mod 2)} c_k(z): f_k' = ±(f_{k−1} + f_{k+1})/2, + for odd k, with f_0 in place of f_0/2.
    /// </summary>
    private T* DerivativeCoefficients()
    {
        int all = checked((highest + 1) * stride);
        double* f = call.ExactCoefficients.Pointer;
        T* to = call.Coefficients.Reserve(all + TLanes.Count);
        for (int i = 0; i < all; i++)
        {
            int k = i / stride;
            double below = k == 0 ? 0 : f[i - stride];
            double above = k == highest ? 0 : f[i + stride];
            double sum = (k == 1 ? 2 * below : below) + above;
            to[i] = T.CreateTruncating((k % 2 == 0 ? -sum : sum) / 2);
        }
        return to;
    }

    /// <inheritdoc/>
    public override void ThicknessCotangents(ReadOnlySpan<double> intensityCotangent, Span<double> result)
    {
        if (!slopesKept)
        {
            throw new InvalidOperationException("ThicknessCotangents needs a ForwardMany with slopes just before it.");
        }
        Require.Length(intensityCotangent.Length, (long)beams * tilts, nameof(intensityCotangent));
        if (manyBeamCount > 0)
        {
            Require.Length(result.Length, many, nameof(result));
        }
        double* slope = manySlopes.Pointer;
        for (int t = 0; t < result.Length; t++)
        {
            double sum = 0;
            for (int s = 0; s < tilts; s++)
            {
                for (int i = 0; i < manyBeamCount; i++)
                {
                    sum += intensityCotangent[(s * beams) + manyBeams.Pointer[i]] * *slope++;
                }
            }
            result[t] = sum;
        }
    }
}
