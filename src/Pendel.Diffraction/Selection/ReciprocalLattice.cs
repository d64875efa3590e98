using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>The lattice points that can carry a beam.</summary>
public static class ReciprocalLattice
{
    /// <summary>
    /// All hkl with |g| ≤ gMax, 000 included, that the lattice centring allows, ordered by h, k, l.
    /// Glide and screw absences stay: multiple scattering excites them.
    /// </summary>
    /// <param name="cell">Unit cell.</param>
    /// <param name="spaceGroup">Space group, for its centring translations.</param>
    /// <param name="gMax">Å⁻¹.</param>
    /// <exception cref="ArgumentException">gMax is not positive.</exception>
    public static ImmutableArray<MillerIndex> Within(UnitCell cell, SpaceGroup spaceGroup, double gMax)
    {
        if (!(gMax > 0))
            throw new ArgumentException($"g_max is {gMax} Å⁻¹; a positive number is expected", nameof(gMax));
        var centring = spaceGroup.Operations.Where(o => o.Rotation == Matrix3.Identity).ToArray();
        // |h| ≤ |g| a, since h = g · a
        var (h, k, l) = ((int)(gMax * cell.A), (int)(gMax * cell.B), (int)(gMax * cell.C));
        return
        [
            .. from i in Enumerable.Range(-h, 2 * h + 1)
            from j in Enumerable.Range(-k, 2 * k + 1)
            from m in Enumerable.Range(-l, 2 * l + 1)
            let hkl = new MillerIndex(i, j, m)
            where cell.ReciprocalLength(hkl) <= gMax
            where Array.TrueForAll(centring, o => IsInteger(o.PhaseShift(hkl)))
            select hkl,
        ];
    }

    static bool IsInteger(double x) => Math.Abs(x - Math.Round(x)) < 1e-9;
}
