namespace Pendel.Crystallography;

/// <summary>
/// Symmetry operation (W, w) on fractional coordinates, modulo lattice translations: x′ = W x + w.
/// </summary>
/// <remarks>
/// W is an integer matrix with determinant ±1; w is kept in exact 24ths of the cell edges, in [0, 1).
/// U* transforms as W U* Wᵀ, a reflection (a row) as h → hW, with F(hW) = F(h) exp(+2πi h·w) in the sign used here.
/// </remarks>
public sealed record SymmetryOperation
{
    // The largest distance of a decimal from its 24th that is read as rounding: "0.33" for 1/3.
    const double Rounding = 0.004;

    readonly int w1;
    readonly int w2;
    readonly int w3;

    SymmetryOperation(Matrix3 rotation, int w1, int w2, int w3)
    {
        Rotation = rotation;
        (this.w1, this.w2, this.w3) = (Modulo(w1), Modulo(w2), Modulo(w3));
    }

    /// <summary>x,y,z.</summary>
    public static SymmetryOperation Identity { get; } = new(Matrix3.Identity, 0, 0, 0);

    /// <summary>W: integers, determinant ±1.</summary>
    public Matrix3 Rotation { get; }

    /// <summary>w, fractional, each component in [0, 1).</summary>
    public Vector3 Translation => new(w1 / 24.0, w2 / 24.0, w3 / 24.0);

    /// <summary>(W, w)⁻¹ = (W⁻¹, −W⁻¹w).</summary>
    public SymmetryOperation Inverse
    {
        get
        {
            var inverse = Round(Rotation.Inverse);
            return WithTwentyFourths(inverse, -(inverse * TwentyFourths));
        }
    }

    Vector3 TwentyFourths => new(w1, w2, w3);

    /// <summary>The operation with this matrix and this translation.</summary>
    /// <param name="rotation">W, integers, determinant ±1.</param>
    /// <param name="translation">w, fractional, multiples of 1/24 to within 0.004.</param>
    /// <exception cref="ArgumentException">W is not integer with determinant ±1, or w is not near 24ths.</exception>
    public static SymmetryOperation From(Matrix3 rotation, Vector3 translation) =>
        TryFrom(rotation, translation, out var operation, out var error)
            ? operation
            : throw new ArgumentException(error);

    /// <summary>Reads an operation in any of the spellings of a CIF: "x,y,z", "1/2+X, -y, z+0.5".</summary>
    /// <param name="text">The operation, without its quotes. A decimal is read as the 24th within 0.004 of it.</param>
    /// <param name="operation">The operation read.</param>
    /// <param name="error">What is wrong with the text, or empty.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out SymmetryOperation? operation, out string error)
    {
        operation = null;
        if (!AffineText.TryParse(text, out var rotation, out var translation, out error))
            return false;
        if (TryFrom(rotation, translation, out operation, out var reason))
            return true;
        error = $"'{text}': {reason}";
        return false;
    }

    /// <summary>The image W x + w of a point, fractional.</summary>
    public Vector3 Apply(Vector3 x) => Rotation * x + Translation;

    /// <summary>The image hW of a reflection.</summary>
    public MillerIndex Apply(MillerIndex hkl)
    {
        var image = Rotation.Transpose * hkl.ToVector();
        return new((int)image.X, (int)image.Y, (int)image.Z);
    }

    /// <summary>h·w, in units of 2π and exact in 24ths: F(hW) = F(h) exp(+2πi h·w).</summary>
    public double PhaseShift(MillerIndex hkl) => TwentyFourths.Dot(hkl.ToVector()) / 24;

    /// <summary>(V, v)∘(W, w) = (VW, Vw + v): the operation on the right acts first.</summary>
    public static SymmetryOperation operator *(SymmetryOperation a, SymmetryOperation b) =>
        WithTwentyFourths(a.Rotation * b.Rotation, a.Rotation * b.TwentyFourths + a.TwentyFourths);

    /// <summary>The canonical spelling, "x,-y,z+1/2": variables first, translations as reduced fractions in [0, 1).</summary>
    public override string ToString() =>
        string.Join(',', Form(Rotation.Row(0), w1), Form(Rotation.Row(1), w2), Form(Rotation.Row(2), w3));

    internal static bool TryFrom(
        Matrix3 rotation,
        Vector3 translation,
        [NotNullWhen(true)] out SymmetryOperation? operation,
        out string error
    )
    {
        (operation, error) = (null, "");
        var rounded = Round(rotation);
        var scaled = 24.0 * translation;
        var nearest = new Vector3(Math.Round(scaled.X), Math.Round(scaled.Y), Math.Round(scaled.Z));
        var off = scaled - nearest;
        if ((rotation - rounded).FrobeniusNorm > 1e-9 || Math.Abs(rounded.Determinant) != 1)
            error = "the matrix of a symmetry operation has integer elements and the determinant 1 or −1";
        else if (Math.Max(Math.Abs(off.X), Math.Max(Math.Abs(off.Y), Math.Abs(off.Z))) > 24 * Rounding)
            error = "a translation is not near a multiple of 1/24";
        else
            operation = WithTwentyFourths(rounded, nearest);
        return operation is not null;
    }

    static SymmetryOperation WithTwentyFourths(Matrix3 rotation, Vector3 w) =>
        new(rotation, (int)w.X, (int)w.Y, (int)w.Z);

    static Matrix3 Round(Matrix3 m) => Matrix3.FromColumns(Round(m.Column(0)), Round(m.Column(1)), Round(m.Column(2)));

    // Adding zero turns −0 into 0.
    static Vector3 Round(Vector3 v) => new(Math.Round(v.X) + 0.0, Math.Round(v.Y) + 0.0, Math.Round(v.Z) + 0.0);

    static int Modulo(int w) => (w % 24 + 24) % 24;

    static string Form(Vector3 row, int w)
    {
        var text = string.Concat(Enumerable.Range(0, 3).Select(i => Term((int)row[i], "xyz"[i])));
        var divisor =
            w % 8 == 0 ? 8
            : w % 4 == 0 ? 4
            : w % 2 == 0 ? 2
            : 1;
        if (w % 3 == 0)
            divisor *= 3;
        return (w == 0 ? text : $"{text}+{w / divisor}/{24 / divisor}").TrimStart('+');
    }

    static string Term(int coefficient, char axis) =>
        coefficient switch
        {
            0 => "",
            1 => $"+{axis}",
            -1 => $"-{axis}",
            _ => coefficient.ToString("+0;-0", CultureInfo.InvariantCulture) + $"*{axis}",
        };
}
