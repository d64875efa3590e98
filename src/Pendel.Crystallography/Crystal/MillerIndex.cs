namespace Pendel.Crystallography;

/// <summary>Miller index h k l of a reflection: the reciprocal vector h a* + k b* + l c*.</summary>
/// <param name="H">Component along a*.</param>
/// <param name="K">Component along b*.</param>
/// <param name="L">Component along c*.</param>
public readonly record struct MillerIndex(int H, int K, int L) : IComparable<MillerIndex>, IComparable
{
    /// <summary>0 0 0, the undiffracted beam.</summary>
    public static MillerIndex Zero => default;

    /// <summary>The index as a column, for multiplication with 𝐁 or UB.</summary>
    public Vector3 ToVector() => new(H, K, L);

    /// <summary>Order by h, then k, then l.</summary>
    public int CompareTo(MillerIndex other) => (H, K, L).CompareTo((other.H, other.K, other.L));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The other object is not a Miller index.</exception>
    public int CompareTo(object? obj) =>
        obj switch
        {
            null => 1,
            MillerIndex other => CompareTo(other),
            _ => throw new ArgumentException("a Miller index compares only with a Miller index", nameof(obj)),
        };

    /// <summary>Index of the sum of two reciprocal vectors.</summary>
    public static MillerIndex operator +(MillerIndex a, MillerIndex b) => new(a.H + b.H, a.K + b.K, a.L + b.L);

    /// <summary>Index of the difference of two reciprocal vectors.</summary>
    public static MillerIndex operator -(MillerIndex a, MillerIndex b) => new(a.H - b.H, a.K - b.K, a.L - b.L);

    /// <summary>The Friedel mate.</summary>
    public static MillerIndex operator -(MillerIndex a) => new(-a.H, -a.K, -a.L);

    /// <summary>"h k l", separated by blanks.</summary>
    public override string ToString() => FormattableString.Invariant($"{H} {K} {L}");
}
