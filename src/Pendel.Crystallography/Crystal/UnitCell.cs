namespace Pendel.Crystallography;

/// <summary>
/// Unit cell. Cartesian axes of the crystal: a ∥ x, b in the xy plane (CONVENTIONS, Axes).
/// </summary>
/// <remarks>
/// 𝐀 = [[a, b cos γ, c cos β], [0, b sin γ, c(cos α − cos β cos γ)/sin γ], [0, 0, c v/sin γ]],
/// v² = 1 − Σ cos² + 2 Π cos; Ω = abc v; 𝐁 = 𝐀⁻ᵀ. Source: International Tables B, 1.1.
/// </remarks>
public sealed record UnitCell
{
    /// <summary>The cell with these edges and angles.</summary>
    /// <param name="a">Edge a, Å.</param>
    /// <param name="b">Edge b, Å.</param>
    /// <param name="c">Edge c, Å.</param>
    /// <param name="alpha">Angle α between b and c, degrees.</param>
    /// <param name="beta">Angle β between c and a, degrees.</param>
    /// <param name="gamma">Angle γ between a and b, degrees.</param>
    /// <exception cref="ArgumentException">An edge is not positive, an angle lies outside (0, 180), or the volume vanishes.</exception>
    public UnitCell(double a, double b, double c, double alpha, double beta, double gamma)
    {
        foreach (var (name, length) in new[] { ("a", a), ("b", b), ("c", c) })
            if (!(length > 0 && double.IsFinite(length)))
                throw new ArgumentException(
                    FormattableString.Invariant($"cell edge {name} is {length} Å; a positive length is expected")
                );
        foreach (var (name, angle) in new[] { ("alpha", alpha), ("beta", beta), ("gamma", gamma) })
            if (!(angle > 0 && angle < 180))
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"cell angle {name} is {angle}°; a value between 0° and 180° is expected"
                    )
                );
        (A, B, C, Alpha, Beta, Gamma) = (a, b, c, alpha, beta, gamma);
        var (ca, cb, cg) = (Cosine(alpha), Cosine(beta), Cosine(gamma));
        var sg = Math.Sqrt(1 - cg * cg);
        var v2 = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg;
        if (!(v2 > 1e-8))
            throw new ArgumentException(
                FormattableString.Invariant($"a cell with the angles {alpha}°, {beta}°, {gamma}° has no volume")
            );
        Volume = a * b * c * Math.Sqrt(v2);
        Orthogonalisation = new(a, b * cg, c * cb, 0, b * sg, c * (ca - cb * cg) / sg, 0, 0, c * Math.Sqrt(v2) / sg);
        Reciprocal = Orthogonalisation.Inverse.Transpose;
        Metric = Orthogonalisation.Transpose * Orthogonalisation;
        ReciprocalMetric = Reciprocal.Transpose * Reciprocal;
        ReciprocalLengths = new(Reciprocal.Column(0).Length, Reciprocal.Column(1).Length, Reciprocal.Column(2).Length);
    }

    /// <summary>Edge a, Å.</summary>
    public double A { get; }

    /// <summary>Edge b, Å.</summary>
    public double B { get; }

    /// <summary>Edge c, Å.</summary>
    public double C { get; }

    /// <summary>Angle between b and c, degrees.</summary>
    public double Alpha { get; }

    /// <summary>Angle between c and a, degrees.</summary>
    public double Beta { get; }

    /// <summary>Angle between a and b, degrees.</summary>
    public double Gamma { get; }

    /// <summary>Ω, Å³.</summary>
    public double Volume { get; }

    /// <summary>𝐀, Å: fractional coordinates → Cartesian.</summary>
    public Matrix3 Orthogonalisation { get; }

    /// <summary>𝐁 = 𝐀⁻ᵀ, Å⁻¹: Miller index → Cartesian reciprocal vector g = 𝐁 h (no 2π); columns a*, b*, c*.</summary>
    public Matrix3 Reciprocal { get; }

    /// <summary>G = 𝐀ᵀ𝐀, Å².</summary>
    public Matrix3 Metric { get; }

    /// <summary>G* = 𝐁ᵀ𝐁, Å⁻².</summary>
    public Matrix3 ReciprocalMetric { get; }

    /// <summary>a*, b*, c*: lengths, Å⁻¹.</summary>
    public Vector3 ReciprocalLengths { get; }

    /// <summary>|g| of a reflection, Å⁻¹.</summary>
    public double ReciprocalLength(MillerIndex hkl) => (Reciprocal * hkl.ToVector()).Length;

    /// <summary>a b c α β γ with units.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{A:0.0000} {B:0.0000} {C:0.0000} Å  {Alpha:0.00} {Beta:0.00} {Gamma:0.00}°");

    // Exact for the angles that symmetry fixes, so that a cubic metric has true zeros.
    static double Cosine(double degrees) =>
        degrees switch
        {
            90 => 0,
            60 => 0.5,
            120 => -0.5,
            _ => Math.Cos(degrees * Math.PI / 180),
        };
}
