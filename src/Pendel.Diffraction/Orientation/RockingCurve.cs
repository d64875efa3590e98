using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>One orientation of the crystal while a frame is exposed.</summary>
/// <param name="Rotation">Applied from the left to the frame's matrix, ω-free axes.</param>
/// <param name="Weight">Share of the exposure; the weights of a frame sum to 1.</param>
public readonly record struct Tilt(Matrix3 Rotation, double Weight);

/// <summary>The orientations at which a frame is integrated: I_g = Σ_k w_k |ψ_g(k)|².</summary>
public static class RockingCurve
{
    /// <summary>Continuous rotation: the midpoints of n equal steps of [−φ, φ] about x, equal weights.</summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="count">n ≥ 1.</param>
    /// <exception cref="ArgumentException">count &lt; 1 or φ ≤ 0.</exception>
    public static ImmutableArray<Tilt> Rotation(double semiAngle, int count)
    {
        if (count < 1)
            throw new ArgumentException($"a rocking curve has {count} tilts; at least 1 is expected", nameof(count));
        if (!(semiAngle > 0))
            throw new ArgumentException($"the semi-angle of a frame is {semiAngle} rad; a positive angle is expected");
        var step = 2 * semiAngle / count;
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(k => new Tilt(Matrix3.RotationX(-semiAngle + (k + 0.5) * step), 1.0 / count)),
        ];
    }

    /// <summary>
    /// Mosaic blocks tilted about y, perpendicular to the rocking axis: each tilt with three equally probable
    /// misorientations of a normal distribution, at the centroids ±1.09080σ and 0 of its thirds.
    /// </summary>
    /// <param name="tilts">Rocking curve of a perfect crystal.</param>
    /// <param name="mosaicity">Standard deviation σ, rad; 0 leaves the tilts as they are.</param>
    public static ImmutableArray<Tilt> Mosaic(ImmutableArray<Tilt> tilts, double mosaicity)
    {
        if (mosaicity == 0)
            return tilts;
        double[] centroids = [-1.0907993, 0, 1.0907993];
        return
        [
            .. from tilt in tilts
            from centroid in centroids
            select new Tilt(tilt.Rotation * Matrix3.RotationY(centroid * mosaicity), tilt.Weight / centroids.Length),
        ];
    }

    /// <summary>Tilts that sample the rocking curve of the sharpest reflection: N = 1 + ⌈1.25 · 2φ · g · t⌉.</summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="scoredGMax">Largest |g| that is scored, Å⁻¹.</param>
    /// <param name="thickness">Largest thickness, Å.</param>
    /// <remarks>I_g(S) is band-limited to |τ| ≤ t, so equal steps integrate it once ΔS·t &lt; 1 (CONVENTIONS, Rocking).</remarks>
    public static int SufficientTilts(double semiAngle, double scoredGMax, double thickness) =>
        1 + (int)Math.Ceiling(1.25 * 2 * semiAngle * scoredGMax * thickness);
}
