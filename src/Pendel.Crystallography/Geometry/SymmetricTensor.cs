namespace Pendel.Crystallography;

/// <summary>
/// A symmetric 3 × 3 tensor by its six components, in the order 11, 22, 33, 23, 13, 12 that is used throughout.
/// </summary>
public readonly record struct SymmetricTensor(double T11, double T22, double T33, double T23, double T13, double T12)
{
    /// <summary>The symmetric part of a matrix.</summary>
    public static SymmetricTensor FromMatrix(Matrix3 m) =>
        new(m.M11, m.M22, m.M33, 0.5 * (m.M23 + m.M32), 0.5 * (m.M13 + m.M31), 0.5 * (m.M12 + m.M21));

    /// <summary>The full matrix.</summary>
    public Matrix3 ToMatrix() => new(T11, T12, T13, T12, T22, T23, T13, T23, T33);

    /// <summary>Component 0 … 5 in the order 11, 22, 33, 23, 13, 12.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in 0 … 5.</exception>
    public double this[int i] =>
        i switch
        {
            0 => T11,
            1 => T22,
            2 => T33,
            3 => T23,
            4 => T13,
            5 => T12,
            _ => throw new ArgumentOutOfRangeException(nameof(i)),
        };

    /// <summary>M T Mᵀ: the tensor after the linear map M.</summary>
    public SymmetricTensor Transform(Matrix3 m) => FromMatrix(m * ToMatrix() * m.Transpose);
}
