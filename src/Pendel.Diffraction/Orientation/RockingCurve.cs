using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>One orientation of the crystal while a frame is exposed.</summary>
/// <param name="Rotation">Applied from the left to the frame's matrix, ω-free axes.</param>
/// <param name="Weight">Share of the exposure; the weights of a frame sum to 1.</param>
public readonly record struct Tilt(Matrix3 Rotation, double Weight)
{
    /// <summary>Unit axis about which mosaic blocks are misoriented, before the tilt: perpendicular to that of the tilt's own motion.</summary>
    public Vector3 MosaicAxis { get; init; }

    /// <summary>Misorientation of this block about that axis, in units of σ; 0 for a perfect crystal.</summary>
    public double Misorientation { get; init; }

    /// <summary>∂z/∂σ for z, the third row of the rotation, with S_g = z·g − g²/2K; rad⁻¹.</summary>
    public Vector3 MosaicDerivative => Misorientation * Rotation.Row(2).Cross(MosaicAxis);
}

/// <summary>The orientations at which a frame is integrated: I_g = Σ_k w_k |ψ_g(k)|².</summary>
public static class RockingCurve
{
    /// <summary>Centroid of the upper third of a standard normal distribution.</summary>
    public const double UpperCentroid = 1.0907993;

    /// <summary>Centroids of the thirds of a standard normal distribution.</summary>
    static readonly double[] Centroids = [-UpperCentroid, 0, UpperCentroid];

    /// <summary>Steps of a sufficiently sampled rocking curve for each that it takes at least.</summary>
    const double Margin = 1.25;

    /// <summary>Continuous rotation: the midpoints of n equal steps of [−φ, φ] about x, equal weights.</summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="count">n ≥ 1.</param>
    /// <exception cref="ArgumentException">count &lt; 1 or φ ≤ 0.</exception>
    public static ImmutableArray<Tilt> Rotation(double semiAngle, int count)
    {
        Require(semiAngle, count);
        var step = 2 * semiAngle / count;
        return [.. Enumerable.Range(0, count).Select(k => AboutX(-semiAngle + (k + 0.5) * step, 1.0 / count))];
    }

    /// <summary>One step of a rotation: a tilt about x, with mosaic blocks misoriented about y.</summary>
    /// <param name="angle">Angle about x, rad.</param>
    /// <param name="weight">Share of the exposure.</param>
    public static Tilt AboutX(double angle, double weight) =>
        new(Matrix3.RotationX(angle), weight) { MosaicAxis = new(0, 1, 0) };

    /// <summary>
    /// Precession on a cone of semi-angle φ: R_z(ϕ) R_x(φ) R_z(−ϕ) at the midpoints ϕ of n equal steps of the azimuth, equal weights.
    /// Mosaic blocks are misoriented about the axis of the tilt: misorientation along the cone is absorbed by the integration.
    /// </summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="count">n ≥ 1.</param>
    /// <exception cref="ArgumentException">count &lt; 1 or φ ≤ 0.</exception>
    public static ImmutableArray<Tilt> Precession(double semiAngle, int count)
    {
        Require(semiAngle, count);
        Vector3 Axis(int k) => Matrix3.RotationZ((k + 0.5) * 2 * Math.PI / count).Column(0);
        return
        [
            .. from k in Enumerable.Range(0, count)
            select new Tilt(Matrix3.Rotation(semiAngle * Axis(k)), 1.0 / count) { MosaicAxis = Axis(k) },
        ];
    }

    /// <summary>
    /// Mosaic blocks tilted about the mosaic axis of each tilt: three equally probable misorientations of a normal
    /// distribution, at the centroids ±1.09080σ and 0 of its thirds.
    /// </summary>
    /// <param name="tilts">Rocking curve of a perfect crystal.</param>
    /// <param name="mosaicity">Standard deviation σ, rad; 0 leaves the tilts as they are.</param>
    public static ImmutableArray<Tilt> Mosaic(ImmutableArray<Tilt> tilts, double mosaicity)
    {
        if (mosaicity == 0)
            return tilts;
        return
        [
            .. from tilt in tilts
            from centroid in Centroids
            select tilt with
            {
                Rotation = tilt.Rotation * Matrix3.Rotation(centroid * mosaicity * tilt.MosaicAxis),
                Weight = tilt.Weight / Centroids.Length,
                Misorientation = centroid,
            },
        ];
    }

    /// <summary>
    /// Fringes 1/t that S of the fastest reflection passes: L · g · t, with L the angle that the crystal turns through: 2φ in a
    /// rotation, 2πφ in a precession. In n equal steps ΔS·t is their n-th part.
    /// </summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="gMax">Largest |g|, Å⁻¹.</param>
    /// <param name="thickness">Largest thickness, Å.</param>
    /// <param name="geometry">How the crystal moves.</param>
    public static double Fringes(double semiAngle, double gMax, double thickness, CollectionGeometry geometry) =>
        (geometry == CollectionGeometry.Precession ? 2 * Math.PI : 2) * semiAngle * gMax * thickness;

    /// <summary>
    /// Tilts that sample a rocking curve: N = 1 + ⌈1.25 · L · g · t / (1 + min(1, 1.0908 σ · g · t))⌉, L · g · t as in
    /// <see cref="Fringes"/>; σ counts as 0 in a precession.
    /// </summary>
    /// <param name="semiAngle">φ, rad.</param>
    /// <param name="gMax">Largest |g| that is scored, Å⁻¹.</param>
    /// <param name="thickness">Largest thickness, Å.</param>
    /// <param name="mosaicity">σ of the mosaic blocks, each of which is sampled so, rad.</param>
    /// <param name="geometry">How the crystal moves.</param>
    /// <remarks>
    /// I_g(S) is band-limited to |τ| ≤ t, so equal steps integrate it once ΔS·t &lt; 1: all curves of a perfect crystal at 0.8. Those of
    /// mosaic blocks are sampled at different places, and their mean is as good on half of the tilts (CONVENTIONS, Rocking).
    /// </remarks>
    public static int SufficientTilts(
        double semiAngle,
        double gMax,
        double thickness,
        double mosaicity = 0,
        CollectionGeometry geometry = CollectionGeometry.Rotation
    )
    {
        var apart =
            geometry == CollectionGeometry.Precession ? 0 : Math.Min(1, UpperCentroid * mosaicity * gMax * thickness);
        return 1 + (int)Math.Ceiling(Margin / (1 + apart) * Fringes(semiAngle, gMax, thickness, geometry));
    }

    static void Require(double semiAngle, int count)
    {
        if (count < 1)
            throw new ArgumentException($"a rocking curve has {count} tilts; at least 1 is expected", nameof(count));
        if (!(semiAngle > 0))
            throw new ArgumentException($"the semi-angle of a frame is {semiAngle} rad; a positive angle is expected");
    }
}
