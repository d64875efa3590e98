namespace Pendel.Crystallography;

/// <summary>
/// The site symmetry of a position and what it leaves free: the shifts and the ADPs that every operation of its stabiliser
/// 𝒮 keeps, and the images that fill the cell.
/// </summary>
/// <remarks>
/// 𝒮 holds each (W, w + n), n integer, with ‖𝐀(Wx + w + n − x)‖ within the tolerance; x is snapped to (1/|𝒮|) Σ(Wx + w + n).
/// Free shifts: the null space of the stacked W − 1. Free U*: that of W U* Wᵀ − U*. Both in exact arithmetic.
/// </remarks>
public sealed class SiteSymmetry
{
    /// <summary>The tolerance that needs no warning, Å.</summary>
    public const double DefaultTolerance = 0.02;

    /// <summary>The largest tolerance that is accepted, Å.</summary>
    public const double LargestTolerance = 0.1;

    readonly SpaceGroup spaceGroup;

    SiteSymmetry(SpaceGroup spaceGroup, ImmutableArray<SymmetryOperation> stabiliser, Vector3 position, double distance)
    {
        this.spaceGroup = spaceGroup;
        (Stabiliser, Position, LargestDistance) = (stabiliser, position, distance);
        PositionBasis = [.. NullSpace.OfShifts(stabiliser).Select(b => new Vector3(b[0], b[1], b[2]))];
        AdpBasis = [.. NullSpace.Of(AdpRows(stabiliser), 6).Select(Tensor)];
        DistinctImages = ImagesOf(spaceGroup, stabiliser);
    }

    /// <summary>The operations that keep the position, modulo lattice translations; the first is the identity.</summary>
    public ImmutableArray<SymmetryOperation> Stabiliser { get; }

    /// <summary>The position, fractional, moved exactly onto its symmetry elements.</summary>
    public Vector3 Position { get; }

    /// <summary>Largest distance between the given position and one of its images under the stabiliser, Å.</summary>
    public double LargestDistance { get; }

    /// <summary>True when the position lies on its symmetry elements only with a tolerance above the default: worth a warning.</summary>
    public bool IsDoubtful => LargestDistance > DefaultTolerance;

    /// <summary>Number of distinct images in the cell.</summary>
    public int Multiplicity => spaceGroup.Operations.Length / Stabiliser.Length;

    /// <summary>One operation for each distinct image in the cell, in the order of the group; the first is the identity.</summary>
    public ImmutableArray<SymmetryOperation> DistinctImages { get; }

    /// <summary>
    /// Basis v₁ … vₙ of the allowed shifts, fractional: x = x₀ + Σ pᵢvᵢ. Each vector has a component 1 where the others have 0.
    /// </summary>
    public ImmutableArray<Vector3> PositionBasis { get; }

    /// <summary>
    /// Basis of the allowed U*, dimensionless components in the reciprocal axes; each tensor has a component 1 where the others
    /// have 0.
    /// </summary>
    public ImmutableArray<SymmetricTensor> AdpBasis { get; }

    /// <summary>The site symmetry of a position.</summary>
    /// <param name="position">Fractional coordinates.</param>
    /// <param name="spaceGroup">The space group.</param>
    /// <param name="cell">The cell, which turns fractional differences into Å.</param>
    /// <param name="tolerance">How far an image may lie from the position and still count as the same, Å; at most 0.1.</param>
    /// <exception cref="ArgumentException">
    /// The tolerance is not in (0, 0.1], or so large that the operations within it are no group.
    /// </exception>
    public static SiteSymmetry Of(
        Vector3 position,
        SpaceGroup spaceGroup,
        UnitCell cell,
        double tolerance = DefaultTolerance
    )
    {
        if (!(tolerance > 0 && tolerance <= LargestTolerance))
            throw new ArgumentException(
                FormattableString.Invariant($"a tolerance of {tolerance} Å is not in (0, {LargestTolerance}]"),
                nameof(tolerance)
            );
        var near = (
            from operation in spaceGroup.Operations
            let shift = Reduce(operation.Apply(position) - position)
            let distance = (cell.Orthogonalisation * shift).Length
            where distance < tolerance
            select (operation, shift, distance)
        ).ToList();
        var stabiliser = near.Select(n => n.operation).ToImmutableArray();
        var isGroup = stabiliser.All(a => stabiliser.All(b => stabiliser.Contains(a * b)));
        if (!isGroup)
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"the operations that move {position.X} {position.Y} {position.Z} by less than {tolerance} Å are no group; another tolerance is needed"
                ),
                nameof(tolerance)
            );
        var mean = 1.0 / near.Count * near.Aggregate(Vector3.Zero, (sum, n) => sum + n.shift);
        return new(spaceGroup, stabiliser, position + mean, near.Max(n => n.distance));
    }

    /// <summary>
    /// Basis of the allowed U_cart, orthonormal under ⟨S, T⟩ = tr(S T). Squares and sums of tensors in its span stay in it.
    /// </summary>
    /// <param name="cell">The cell; its metric must obey the symmetry.</param>
    /// <remarks>The Cartesian unit tensors, averaged over 𝒮 as R E Rᵀ with R = 𝐀 W 𝐀⁻¹, then orthonormalised with pivoting.</remarks>
    public ImmutableArray<SymmetricTensor> CartesianAdpBasis(UnitCell cell)
    {
        var rotations = Stabiliser
            .Select(o => cell.Orthogonalisation * o.Rotation * cell.Reciprocal.Transpose)
            .ToList();
        var rest = Enumerable.Range(0, 6).Select(i => Average(Unit(i), rotations)).ToList();
        List<SymmetricTensor> basis = [];
        while (basis.Count < AdpBasis.Length)
        {
            // the first of those that are longest to within rounding
            var largest = rest.Max(Norm);
            var next = rest.First(t => Norm(t) > largest - 1e-9);
            next = Combine(1 / Norm(next), next, 0, next);
            basis.Add(next);
            rest = rest.ConvertAll(t => Combine(1, t, -Dot(t, next), next));
        }
        return [.. basis];
    }

    // One operation of each coset of the stabiliser.
    static ImmutableArray<SymmetryOperation> ImagesOf(
        SpaceGroup spaceGroup,
        ImmutableArray<SymmetryOperation> stabiliser
    )
    {
        var covered = new HashSet<SymmetryOperation>();
        var images = ImmutableArray.CreateBuilder<SymmetryOperation>();
        foreach (var operation in spaceGroup.Operations.Where(o => !covered.Contains(o)))
        {
            images.Add(operation);
            covered.UnionWith(stabiliser.Select(s => operation * s));
        }
        return images.ToImmutable();
    }

    // Row by row, the components of W U Wᵀ − U as linear forms in those of U.
    static IEnumerable<long[]> AdpRows(IEnumerable<SymmetryOperation> stabiliser)
    {
        foreach (var w in stabiliser.Select(o => o.Rotation))
        {
            var images = Enumerable.Range(0, 6).Select(i => Unit(i).Transform(w)).ToArray();
            for (var row = 0; row < 6; row++)
                yield return [.. images.Select((image, i) => (long)image[row] - (row == i ? 1 : 0))];
        }
    }

    static SymmetricTensor Average(SymmetricTensor tensor, List<Matrix3> rotations) =>
        rotations.Aggregate(
            default(SymmetricTensor),
            (sum, r) => Combine(1, sum, 1.0 / rotations.Count, tensor.Transform(r))
        );

    // The tensor with component i (and its mirror image) 1, the others 0.
    static SymmetricTensor Unit(int i) => Tensor([.. Enumerable.Range(0, 6).Select(j => i == j ? 1.0 : 0.0)]);

    static SymmetricTensor Tensor(double[] t) => new(t[0], t[1], t[2], t[3], t[4], t[5]);

    static SymmetricTensor Combine(double a, SymmetricTensor s, double b, SymmetricTensor t) =>
        Tensor([.. Enumerable.Range(0, 6).Select(i => a * s[i] + b * t[i])]);

    static double Dot(SymmetricTensor s, SymmetricTensor t) => (s.ToMatrix() * t.ToMatrix()).Trace;

    static double Norm(SymmetricTensor t) => Math.Sqrt(Dot(t, t));

    static Vector3 Reduce(Vector3 v) => new(v.X - Math.Round(v.X), v.Y - Math.Round(v.Y), v.Z - Math.Round(v.Z));
}
