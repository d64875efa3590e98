using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Derivatives of the rotation R(ω) = exp([ω]×) with respect to its rotation vector.</summary>
public static class RotationVector
{
    /// <summary>∂R/∂ωᵢ, i = 0, 1, 2.</summary>
    /// <param name="omega">Rotation vector ω, rad.</param>
    /// <param name="i">Component, 0 … 2.</param>
    /// <remarks>
    /// ∂R/∂ωᵢ = (ωᵢ[ω]× + [ω × (1 − R)eᵢ]×) R/|ω|²; [eᵢ + ½ ω × eᵢ]× R below 10⁻⁶ rad, where the quotient loses digits.
    /// Source: Gallego and Yezzi (2015), doi 10.1007/s10851-014-0528-x.
    /// </remarks>
    public static Matrix3 Derivative(Vector3 omega, int i)
    {
        var rotation = Matrix3.Rotation(omega);
        var axis = Matrix3.Identity.Column(i);
        var square = omega.Dot(omega);
        var generator =
            square < 1e-12
                ? axis + 0.5 * omega.Cross(axis)
                : 1 / square * (omega[i] * omega + omega.Cross(axis - rotation * axis));
        return Cross(generator) * rotation;
    }

    static Matrix3 Cross(Vector3 v) => new(0, -v.Z, v.Y, v.Z, 0, -v.X, -v.Y, v.X, 0);
}
