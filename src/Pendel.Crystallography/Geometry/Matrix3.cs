namespace Pendel.Crystallography;

/// <summary>A real 3 × 3 matrix, acting on columns from the left. Members are named by row and column, from 1.</summary>
public readonly record struct Matrix3(
    double M11,
    double M12,
    double M13,
    double M21,
    double M22,
    double M23,
    double M31,
    double M32,
    double M33
)
{
    /// <summary>The unit matrix.</summary>
    public static Matrix3 Identity => new(1, 0, 0, 0, 1, 0, 0, 0, 1);

    /// <summary>The matrix whose columns are a, b and c.</summary>
    public static Matrix3 FromColumns(Vector3 a, Vector3 b, Vector3 c) =>
        new(a.X, b.X, c.X, a.Y, b.Y, c.Y, a.Z, b.Z, c.Z);

    /// <summary>The diagonal matrix with elements a, b and c.</summary>
    public static Matrix3 Diagonal(double a, double b, double c) => new(a, 0, 0, 0, b, 0, 0, 0, c);

    /// <summary>Active right-handed rotation about x.</summary>
    /// <param name="angle">Angle, rad.</param>
    public static Matrix3 RotationX(double angle)
    {
        var (s, c) = Math.SinCos(angle);
        return new(1, 0, 0, 0, c, -s, 0, s, c);
    }

    /// <summary>Active right-handed rotation about y.</summary>
    /// <param name="angle">Angle, rad.</param>
    public static Matrix3 RotationY(double angle)
    {
        var (s, c) = Math.SinCos(angle);
        return new(c, 0, s, 0, 1, 0, -s, 0, c);
    }

    /// <summary>Active right-handed rotation about z.</summary>
    /// <param name="angle">Angle, rad.</param>
    public static Matrix3 RotationZ(double angle)
    {
        var (s, c) = Math.SinCos(angle);
        return new(c, -s, 0, s, c, 0, 0, 0, 1);
    }

    /// <summary>Active rotation by |ω| about the direction of ω (Rodrigues): exp([ω]×).</summary>
    /// <param name="omega">Rotation vector, rad.</param>
    public static Matrix3 Rotation(Vector3 omega)
    {
        var angle = omega.Length;
        // sin(a)/a and (1 − cos a)/a², by their series where the quotients lose digits
        var s = angle < 1e-4 ? 1 - angle * angle / 6 : Math.Sin(angle) / angle;
        var c = angle < 1e-4 ? 0.5 - angle * angle / 24 : (1 - Math.Cos(angle)) / (angle * angle);
        var k = new Matrix3(0, -omega.Z, omega.Y, omega.Z, 0, -omega.X, -omega.Y, omega.X, 0);
        return Identity + s * k + c * (k * k);
    }

    /// <summary>Element by row and column, from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is not 0, 1 or 2.</exception>
    public double this[int row, int column] => Row(row)[column];

    /// <summary>Row 0, 1 or 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not 0, 1 or 2.</exception>
    public Vector3 Row(int i) =>
        i switch
        {
            0 => new(M11, M12, M13),
            1 => new(M21, M22, M23),
            2 => new(M31, M32, M33),
            _ => throw new ArgumentOutOfRangeException(nameof(i)),
        };

    /// <summary>Column 0, 1 or 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not 0, 1 or 2.</exception>
    public Vector3 Column(int i) => Transpose.Row(i);

    /// <summary>The transposed matrix.</summary>
    public Matrix3 Transpose => new(M11, M21, M31, M12, M22, M32, M13, M23, M33);

    /// <summary>The determinant.</summary>
    public double Determinant => Row(0).Dot(Row(1).Cross(Row(2)));

    /// <summary>The sum of the diagonal.</summary>
    public double Trace => M11 + M22 + M33;

    /// <summary>The inverse matrix.</summary>
    /// <exception cref="ArgumentException">The matrix is singular: |det| is below 1e−14 of the product of its rows' lengths.</exception>
    public Matrix3 Inverse
    {
        get
        {
            var (a, b, c) = (Row(0), Row(1), Row(2));
            var determinant = Determinant;
            if (!(Math.Abs(determinant) > 1e-14 * a.Length * b.Length * c.Length))
                throw new ArgumentException("the matrix is singular");
            return 1 / determinant * FromColumns(b.Cross(c), c.Cross(a), a.Cross(b));
        }
    }

    /// <summary>
    /// The rotation R nearest to this matrix in the Frobenius norm: the orthogonal factor of its polar decomposition.
    /// </summary>
    /// <exception cref="ArgumentException">The determinant is not positive: no proper rotation is near.</exception>
    /// <remarks>Newton's iteration X ← ½(X + X⁻ᵀ). Source: Higham (1986), doi 10.1137/0907079.</remarks>
    public Matrix3 NearestRotation
    {
        get
        {
            if (!(Determinant > 0))
                throw new ArgumentException("a matrix with a determinant ≤ 0 has no nearest proper rotation");
            var x = this;
            for (var i = 0; i < 64; i++)
            {
                var next = 0.5 * (x + x.Inverse.Transpose);
                if ((next - x).FrobeniusNorm < 1e-15)
                    return next;
                x = next;
            }
            return x;
        }
    }

    /// <summary>√(Σ mᵢⱼ²).</summary>
    public double FrobeniusNorm => Math.Sqrt((this * Transpose).Trace);

    /// <summary>Matrix times column.</summary>
    public static Vector3 operator *(Matrix3 m, Vector3 v) => new(m.Row(0).Dot(v), m.Row(1).Dot(v), m.Row(2).Dot(v));

    /// <summary>Matrix product.</summary>
    public static Matrix3 operator *(Matrix3 a, Matrix3 b) =>
        FromColumns(a * b.Column(0), a * b.Column(1), a * b.Column(2));

    /// <summary>Multiple of a matrix.</summary>
    public static Matrix3 operator *(double factor, Matrix3 m) =>
        FromColumns(factor * m.Column(0), factor * m.Column(1), factor * m.Column(2));

    /// <summary>Elementwise sum.</summary>
    public static Matrix3 operator +(Matrix3 a, Matrix3 b) =>
        FromColumns(a.Column(0) + b.Column(0), a.Column(1) + b.Column(1), a.Column(2) + b.Column(2));

    /// <summary>Elementwise difference.</summary>
    public static Matrix3 operator -(Matrix3 a, Matrix3 b) => a + -1.0 * b;
}
