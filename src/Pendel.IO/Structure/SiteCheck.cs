using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>Whether sites stand at one place, symmetry images included.</summary>
static class SiteCheck
{
    // Å. No two atoms of a structure come nearer than this, but parts of a disordered one do.
    const double Closest = 0.4;

    // Rounding of occupancies such as 0.333.
    const double Rounding = 0.005;

    /// <summary>Notes a warning for each pair of sites closer than 0.4 Å whose occupancies sum above 1.</summary>
    public static void Compare(Crystal crystal, CifFields fields)
    {
        for (var i = 0; i < crystal.Sites.Length; i++)
        for (var j = 0; j <= i; j++)
        {
            var (site, other) = (crystal.Sites[i], crystal.Sites[j]);
            var occupancy = site.Occupancy + other.Occupancy;
            if (occupancy > 1 + Rounding && Distance(crystal, site, other) is var distance and < Closest)
                Warn(fields, site, other, distance, occupancy);
        }
    }

    static void Warn(CifFields fields, AtomSite site, AtomSite other, double distance, double occupancy)
    {
        var labels = fields.Block.Column(SiteItems.Label)!;
        var row = Enumerable.Range(0, labels.Count).First(r => labels[r].Text == site.Label);
        var neighbour = ReferenceEquals(site, other) ? "a symmetry image of it" : other.Label;
        fields.Found.Warning(
            labels[row].Position,
            SiteItems.Label,
            FormattableString.Invariant(
                $"{site.Label} and {neighbour} are {distance:0.00} Å apart, and their occupancies sum to {occupancy:0.###}"
            )
        );
    }

    // Å. Images of a site on a symmetry element are the site itself. Vectors this short have their smallest components at
    // the nearest integers.
    static double Distance(Crystal crystal, AtomSite site, AtomSite other)
    {
        var nearest = double.PositiveInfinity;
        foreach (var operation in crystal.SpaceGroup.Operations)
        {
            var d = site.Position - operation.Apply(other.Position);
            var whole = new Vector3(Math.Round(d.X), Math.Round(d.Y), Math.Round(d.Z));
            var distance = (crystal.Cell.Orthogonalisation * (d - whole)).Length;
            if (distance < nearest && !(ReferenceEquals(site, other) && distance < SiteSymmetry.LargestTolerance))
                nearest = distance;
        }
        return nearest;
    }
}
