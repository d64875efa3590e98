namespace Pendel.Kernels;

/// <summary>Width of the numbers in the recurrence; everything around it is double.</summary>
public enum Precision
{
    /// <summary>float64.</summary>
    Double,

    /// <summary>float32; <see cref="PrecisionBound"/> says how far it may be trusted.</summary>
    Single,
}

/// <summary>The structure matrices of one arc: S tilts that share one list of N beams, the first of which is 000.</summary>
/// <remarks>
/// A_gh = M_g U_{g−h} M_h + 2K S_g M_g² δ_gh of tilt s is similar to w_gs U_gh + d_gs δ_gh with w = M² and d = 2K S M²,
/// in which U is the same for all tilts. The arrays stay the caller's; nothing is copied here.
/// </remarks>
public readonly ref struct ArcMatrix
{
    /// <summary>Checks the shapes and refers to the caller's arrays.</summary>
    /// <param name="beams">N ≥ 1.</param>
    /// <param name="tilts">S ≥ 1.</param>
    /// <param name="potentialRe">N·N values Re U_{g−h} at g·N + h, Å⁻²; its diagonal is 0 when U_0 is part of K.</param>
    /// <param name="potentialIm">N·N values Im U_{g−h}, Å⁻², or empty: U is real. Absorption puts U′_0 on its diagonal.</param>
    /// <param name="diagonal">S·N values 2K S_g M_g² at s·N + g, Å⁻².</param>
    /// <param name="weight">S·N values M_g² &gt; 0 at s·N + g, –.</param>
    /// <param name="normalWaveNumber">K_n &gt; 0, Å⁻¹.</param>
    /// <param name="hermitian">Whether U_hg = U_gh*: promised by the caller, not checked.</param>
    /// <exception cref="ArgumentException">A length does not fit N and S, or K_n is not positive and finite.</exception>
    public ArcMatrix(
        int beams,
        int tilts,
        ReadOnlySpan<double> potentialRe,
        ReadOnlySpan<double> potentialIm,
        ReadOnlySpan<double> diagonal,
        ReadOnlySpan<double> weight,
        double normalWaveNumber,
        bool hermitian
    )
    {
        Require.Positive(beams, nameof(beams));
        Require.Positive(tilts, nameof(tilts));
        Require.Length(potentialRe.Length, (long)beams * beams, nameof(potentialRe));
        if (!potentialIm.IsEmpty)
        {
            Require.Length(potentialIm.Length, (long)beams * beams, nameof(potentialIm));
        }
        Require.Length(diagonal.Length, (long)tilts * beams, nameof(diagonal));
        Require.Length(weight.Length, (long)tilts * beams, nameof(weight));
        if (!(normalWaveNumber > 0) || !double.IsFinite(normalWaveNumber))
        {
            throw new ArgumentException($"is {normalWaveNumber}, not positive and finite", nameof(normalWaveNumber));
        }
        (Beams, Tilts, NormalWaveNumber, IsHermitian) = (beams, tilts, normalWaveNumber, hermitian);
        PotentialRe = potentialRe;
        PotentialIm = potentialIm;
        Diagonal = diagonal;
        Weight = weight;
    }

    /// <summary>N, the beams of the Bloch problem.</summary>
    public int Beams { get; }

    /// <summary>S, the tilts of the arc.</summary>
    public int Tilts { get; }

    /// <summary>Re U, N·N, Å⁻².</summary>
    public ReadOnlySpan<double> PotentialRe { get; }

    /// <summary>Im U, N·N, Å⁻², or empty.</summary>
    public ReadOnlySpan<double> PotentialIm { get; }

    /// <summary>d = 2K S M², S·N, Å⁻².</summary>
    public ReadOnlySpan<double> Diagonal { get; }

    /// <summary>w = M², S·N, –.</summary>
    public ReadOnlySpan<double> Weight { get; }

    /// <summary>K_n, Å⁻¹.</summary>
    public double NormalWaveNumber { get; }

    /// <summary>Whether U_hg = U_gh* (no absorption).</summary>
    public bool IsHermitian { get; }

    /// <summary>Whether U is real, so that a quarter of the work suffices.</summary>
    public bool IsReal => PotentialIm.IsEmpty;
}
