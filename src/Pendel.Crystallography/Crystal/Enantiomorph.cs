namespace Pendel.Crystallography;

/// <summary>The opposite hand of a structure: x → s − x, (W, w) → (W, s − Ws − w), the same displacement tensors.</summary>
/// <remarks>
/// The inversion centre s/2 is the origin, unless the group maps onto itself only about another point (I4₁, Fdd2, I-42d …): then
/// that point. The 11 enantiomorphic groups become their partners (P3₂21 → P3₁21), in the setting that the inversion gives.
/// </remarks>
public static class Enantiomorph
{
    // A structure nearer than this to its own inverse has no hand, Å.
    const double SameStructure = 1e-3;

    // Twice the inversion centre comes in quarters of the cell edges in every tabulated setting of the groups concerned.
    static readonly ImmutableArray<Vector3> Shifts =
    [
        .. from x in Enumerable.Range(0, 4)
        from y in Enumerable.Range(0, 4)
        from z in Enumerable.Range(0, 4)
        select new Vector3(x / 4.0, y / 4.0, z / 4.0),
    ];

    /// <summary>The inverted structure; labels and order of the sites stay.</summary>
    public static Crystal Of(Crystal crystal)
    {
        // the origin where no shift keeps the group
        var shift = Shifts.FirstOrDefault(s => Inverted(crystal.SpaceGroup, s).Equals(crystal.SpaceGroup));
        return Inverted(crystal, shift);
    }

    /// <summary>True if the structure is its own inverse: its group holds an inversion, or its sites lie so.</summary>
    /// <param name="crystal">The structure.</param>
    public static bool IsItself(Crystal crystal)
    {
        if (crystal.SpaceGroup.IsCentrosymmetric)
            return true;
        var inverse = Of(crystal);
        // any site of the element may be the counterpart, so labels do not match
        ImmutableArray<AtomSite> unnamed = [.. inverse.Sites.Select(s => s with { Label = s.Label + "*" })];
        return inverse.SpaceGroup.Equals(crystal.SpaceGroup)
            && !crystal.Sites.IsEmpty
            && StructureComparison.Of(crystal, inverse with { Sites = unnamed }).Rmsd < SameStructure;
    }

    static Crystal Inverted(Crystal crystal, Vector3 shift) =>
        crystal with
        {
            SpaceGroup = Inverted(crystal.SpaceGroup, shift),
            Sites = [.. crystal.Sites.Select(s => s with { Position = InCell(shift - s.Position) })],
        };

    static SpaceGroup Inverted(SpaceGroup group, Vector3 shift) =>
        SpaceGroup.FromOperations(
            group.Operations.Select(o => SymmetryOperation.From(o.Rotation, shift - o.Rotation * shift - o.Translation))
        );

    static Vector3 InCell(Vector3 x) => new(x.X - Math.Floor(x.X), x.Y - Math.Floor(x.Y), x.Z - Math.Floor(x.Z));
}
