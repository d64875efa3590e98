namespace Pendel.Crystallography;

/// <summary>
/// The permissible origin shifts of a space group: translations s after which all its operations read the same,
/// (1 − W)s ∈ L for every W, L being the lattice with its centring vectors. They are the translations of the Euclidean normaliser.
/// </summary>
/// <remarks>
/// Along the polar directions any shift is permissible; of the others one of each class modulo these directions is listed.
/// Their components are multiples of 1/24 of the cell edges. Source: International Tables A (2016), 3.5.
/// </remarks>
public static class OriginShifts
{
    const int Grid = 24;

    /// <summary>The discrete shifts, fractional, components in [0, 1); the first is 0.</summary>
    /// <param name="group">The space group.</param>
    public static ImmutableArray<Vector3> Of(SpaceGroup group)
    {
        var lattice = group
            .Operations.Where(o => o.Rotation == Matrix3.Identity)
            .Select(o => Cell(Grid * o.Translation))
            .ToHashSet();
        var differences = group.PointGroup.Skip(1).Select(o => Matrix3.Identity - o.Rotation).ToList();
        var isFree = Pivots(group.PolarDirections);
        IEnumerable<int> Steps(int axis) => Enumerable.Range(0, isFree[axis] ? 1 : Grid);
        return
        [
            .. from x in Steps(0)
            from y in Steps(1)
            from z in Steps(2)
            let shift = new Vector3(x, y, z)
            where differences.All(d => lattice.Contains(Cell(d * shift)))
            select 1.0 / Grid * shift,
        ];
    }

    // One axis for each polar direction, along which a shift in that direction leads to 0.
    static bool[] Pivots(ImmutableArray<Vector3> directions)
    {
        var pivots = new bool[3];
        foreach (var direction in directions)
            pivots[Enumerable.Range(0, 3).First(i => !pivots[i] && direction[i] != 0)] = true;
        return pivots;
    }

    static (int, int, int) Cell(Vector3 v) => (Modulo(v.X), Modulo(v.Y), Modulo(v.Z));

    static int Modulo(double x) => ((int)Math.Round(x) % Grid + Grid) % Grid;
}
