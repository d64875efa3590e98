namespace Pendel.Crystallography;

/// <summary>
/// Displacement parameters of a site: isotropic or anisotropic. Debye–Waller factor T(g) = exp(−2π² hᵀ U* h).
/// </summary>
/// <remarks>
/// U* = N U_cif N with N = diag(a*, b*, c*); U_cart = 𝐀 U* 𝐀ᵀ; B = 8π²U; U_eq = ⅓ tr U_cart.
/// Source: Trueblood et al. (1996), doi 10.1107/S0108767396005697.
/// </remarks>
public abstract record Adp
{
    Adp() { }

    /// <summary>U_iso, Å²: U_cart = U_iso · 1.</summary>
    public sealed record Isotropic(double Uiso) : Adp;

    /// <summary>U_cif, Å²: the components U_ij of the CIF core dictionary (dimensionless basis a*, b*, c*).</summary>
    public sealed record Anisotropic(SymmetricTensor Ucif) : Adp;

    /// <summary>The tensor U_cart in the crystal's Cartesian axes, Å².</summary>
    public SymmetricTensor ToCartesian(UnitCell cell) =>
        this switch
        {
            Isotropic i => SymmetricTensor.FromMatrix(i.Uiso * Matrix3.Identity),
            Anisotropic a => a.Ucif.Transform(cell.Orthogonalisation * Lengths(cell)),
            _ => throw new InvalidOperationException("an ADP is isotropic or anisotropic"),
        };

    /// <summary>The tensor U* in the basis of the reciprocal axes, dimensionless: exponent −2π² hᵀU*h.</summary>
    public SymmetricTensor ToReciprocal(UnitCell cell) => ToCartesian(cell).Transform(cell.Reciprocal.Transpose);

    /// <summary>U_eq = ⅓ tr U_cart, Å².</summary>
    public double Equivalent(UnitCell cell) => ToCartesian(cell).ToMatrix().Trace / 3;

    /// <summary>The anisotropic ADP with this U_cart.</summary>
    /// <param name="cartesian">U_cart, Å².</param>
    /// <param name="cell">The cell whose axes define U_cif.</param>
    public static Anisotropic FromCartesian(SymmetricTensor cartesian, UnitCell cell) =>
        new(cartesian.Transform((cell.Orthogonalisation * Lengths(cell)).Inverse));

    static Matrix3 Lengths(UnitCell cell) =>
        Matrix3.Diagonal(cell.ReciprocalLengths.X, cell.ReciprocalLengths.Y, cell.ReciprocalLengths.Z);
}
