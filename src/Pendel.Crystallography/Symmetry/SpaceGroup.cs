namespace Pendel.Crystallography;

/// <summary>
/// A space group in a given setting: the set of its operations modulo lattice translations, centring included.
/// Two groups are equal when their operations are, whatever the order.
/// </summary>
/// <remarks>Symbols and numbers: International Tables A; operations come from the Hall symbol.</remarks>
public sealed class SpaceGroup : IEquatable<SpaceGroup>
{
    // More than any group in a conventional cell has (192); a closure that grows beyond it is not finite.
    const int LargestOrder = 1000;

    readonly ImmutableHashSet<SymmetryOperation> set;
    readonly Lazy<SpaceGroupSetting?> setting;

    SpaceGroup(ImmutableArray<SymmetryOperation> operations, SpaceGroupSetting? setting = null)
    {
        Operations = operations;
        set = [.. operations];
        this.setting = new(() => setting ?? SpaceGroupCatalogue.Find(this));
        PointGroup = [.. operations.Select(o => SymmetryOperation.From(o.Rotation, Vector3.Zero)).Distinct()];
    }

    /// <summary>All operations, centring included; the first is the identity.</summary>
    public ImmutableArray<SymmetryOperation> Operations { get; }

    /// <summary>The operations of the point group: the distinct W with w = 0; the first is the identity.</summary>
    public ImmutableArray<SymmetryOperation> PointGroup { get; }

    /// <summary>Number in the International Tables, 1 … 230; null when the setting is not tabulated.</summary>
    public int? Number => setting.Value?.Number;

    /// <summary>Hermann–Mauguin symbol with blanks and origin or axes code, "F d -3 m:2"; null when not tabulated.</summary>
    public string? HermannMauguin => setting.Value?.HermannMauguin;

    /// <summary>Hall symbol; null when the setting is not tabulated.</summary>
    public string? Hall => setting.Value?.Hall;

    /// <summary>True when the group holds an inversion, at the origin or elsewhere.</summary>
    public bool IsCentrosymmetric => PointGroup.Any(o => o.Rotation == -1.0 * Matrix3.Identity);

    /// <summary>Whether −x, −y, −z is among the operations, so that structure factors are real.</summary>
    public bool HasInversionAtOrigin => set.Contains(SymmetryOperation.From(-1.0 * Matrix3.Identity, Vector3.Zero));

    /// <summary>
    /// A basis of the directions that every W leaves fixed, along which the origin is free: integer components along a, b, c.
    /// </summary>
    public ImmutableArray<Vector3> PolarDirections => NullSpace.OfFixedVectors(PointGroup);

    /// <summary>The group with these operations, as a CIF lists them.</summary>
    /// <param name="operations">All operations, centring included; repetitions are dropped, the order is kept.</param>
    /// <exception cref="ArgumentException">A product of the operations is missing: the list is no group.</exception>
    public static SpaceGroup FromOperations(IEnumerable<SymmetryOperation> operations)
    {
        ImmutableArray<SymmetryOperation> distinct =
        [
            .. operations.Distinct().OrderByDescending(o => o == SymmetryOperation.Identity),
        ];
        if (distinct.IsEmpty)
            throw new ArgumentException("a space group has at least the operation x,y,z", nameof(operations));
        ImmutableHashSet<SymmetryOperation> generated = [SymmetryOperation.Identity];
        List<SymmetryOperation> generators = [];
        foreach (var operation in distinct.Where(o => !generated.Contains(o)))
        {
            generators.Add(operation);
            generated = [.. Closure(generators)];
        }
        var missing = generated.Except(distinct);
        if (!missing.IsEmpty)
            throw new ArgumentException(
                $"the symmetry operations are no group: they generate {missing.Min(o => o.ToString())}, which is not among them",
                nameof(operations)
            );
        return new(distinct);
    }

    /// <summary>Reads a Hall symbol, "-P 2ybc", "P 31 2 (0 0 4)", "C 2 (x-y,x+y,z)".</summary>
    /// <param name="symbol">The symbol; underscores count as blanks.</param>
    /// <param name="group">The group read.</param>
    /// <param name="error">What is wrong with the symbol, or empty.</param>
    public static bool TryFromHall(string symbol, [NotNullWhen(true)] out SpaceGroup? group, out string error)
    {
        try
        {
            (group, error) = (new(Closure(HallSymbol.Generators(symbol))), "");
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            (group, error) = (null, e.Message);
            return false;
        }
    }

    /// <summary>Looks a Hermann–Mauguin symbol up among the 559 tabulated settings.</summary>
    /// <param name="symbol">
    /// The symbol, full or short ("P 1 21/c 1", "P21/c"), with or without blanks and in any case; the glide e and the cubic
    /// symbols of before 1983 ("Fd3m") are known. A suffix ":1", ":2", ":H" or ":R" chooses origin or axes; without it the
    /// second origin choice (inversion at the origin) and the hexagonal axes are meant.
    /// </param>
    /// <param name="group">The group, in the setting that the symbol names.</param>
    public static bool TryFromHermannMauguin(string symbol, [NotNullWhen(true)] out SpaceGroup? group)
    {
        group = SpaceGroupCatalogue.Find(symbol) is { } setting ? FromSetting(setting) : null;
        return group is not null;
    }

    /// <summary>The reference setting of a number of the International Tables.</summary>
    /// <param name="number">1 … 230.</param>
    /// <param name="group">The group: unique axis b, second origin choice, hexagonal axes.</param>
    public static bool TryFromNumber(int number, [NotNullWhen(true)] out SpaceGroup? group)
    {
        var setting = SpaceGroupCatalogue.Settings.FirstOrDefault(s => s.Number == number && s.IsReference);
        group = setting is null ? null : FromSetting(setting);
        return group is not null;
    }

    /// <summary>True when some operation with hW = h has h·w ∉ ℤ, so that F(h) = 0.</summary>
    public bool IsSystematicallyAbsent(MillerIndex hkl) =>
        Operations.Any(o => o.Apply(hkl) == hkl && !double.IsInteger(o.PhaseShift(hkl)));

    /// <inheritdoc/>
    public bool Equals(SpaceGroup? other) => other is not null && set.SetEquals(other.set);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SpaceGroup);

    /// <inheritdoc/>
    public override int GetHashCode() => set.Aggregate(0, (sum, operation) => unchecked(sum + operation.GetHashCode()));

    /// <summary>The Hermann–Mauguin symbol, or the operations of a setting that is not tabulated.</summary>
    public override string ToString() => HermannMauguin ?? string.Join(" ; ", Operations);

    internal static SpaceGroup FromSetting(SpaceGroupSetting setting) =>
        new(Closure(HallSymbol.Generators(setting.Hall)), setting);

    /// <summary>The smallest group that holds the generators; the identity first, then in the order of discovery.</summary>
    /// <exception cref="ArgumentException">The generators do not close.</exception>
    internal static ImmutableArray<SymmetryOperation> Closure(IReadOnlyCollection<SymmetryOperation> generators)
    {
        var found = new HashSet<SymmetryOperation> { SymmetryOperation.Identity };
        var list = new List<SymmetryOperation>(found);
        for (var i = 0; i < list.Count; i++)
            foreach (var product in generators.Select(g => list[i] * g).Where(found.Add))
            {
                if (list.Count == LargestOrder)
                    throw new ArgumentException(
                        $"the symmetry operations generate more than {LargestOrder} others: they are no space group"
                    );
                list.Add(product);
            }
        return [.. list];
    }
}
