namespace Pendel.Crystallography;

/// <summary>One site of a structure beside its counterpart in another.</summary>
/// <param name="Label">Label in the first structure.</param>
/// <param name="OtherLabel">Label in the second structure.</param>
/// <param name="Operation">The operation that brings the second site next to the first, before the origin shift.</param>
/// <param name="Distance">Distance of the two, Å.</param>
/// <param name="AdpDifference">‖ΔU_cart‖, Frobenius norm, Å².</param>
public sealed record SitePair(
    string Label,
    string OtherLabel,
    SymmetryOperation Operation,
    double Distance,
    double AdpDifference
);

/// <summary>Two structures of one space group, brought to the same origin and asymmetric unit.</summary>
/// <param name="Pairs">Pairs of sites, in the order of the first structure.</param>
/// <param name="OriginShift">What was added to the coordinates of the second structure, fractional.</param>
/// <remarks>
/// The origin is that which minimises the RMSD, among the permissible ones (<see cref="OriginShifts"/>) and along the polar
/// directions; each site is the equivalent one that lies nearest, with its tensor turned along, R U Rᵀ with R = 𝐀W𝐀⁻¹.
/// </remarks>
public sealed record StructureComparison(ImmutableArray<SitePair> Pairs, Vector3 OriginShift)
{
    // Rounds of "nearest images, then the best shift along the polar directions".
    const int PolarRounds = 5;

    // Sites on symmetry elements have images at one place; among those within this distance of the nearest the ADP decides, Å.
    const double SamePlace = 1e-4;

    /// <summary>√(mean of the squared distances), Å.</summary>
    public double Rmsd => Math.Sqrt(Pairs.Average(p => p.Distance * p.Distance));

    /// <summary>Frobenius norm of the stacked ΔU_cart, √Σ‖ΔU_cart‖², Å².</summary>
    public double AdpDifference => Math.Sqrt(Pairs.Sum(p => p.AdpDifference * p.AdpDifference));

    /// <summary>Compares two structures.</summary>
    /// <param name="first">The structure whose cell, space group and origin are used.</param>
    /// <param name="second">
    /// The other one. Sites are matched by label and element where every site of the first has its counterpart, else each to
    /// the nearest of its element that is left.
    /// </param>
    /// <exception cref="ArgumentException">A site of the first structure has no counterpart left.</exception>
    public static StructureComparison Of(Crystal first, Crystal second)
    {
        if (first.Sites.IsEmpty)
            throw new ArgumentException("a structure without sites cannot be compared", nameof(first));
        var counts = second.Sites.CountBy(s => s.Element).ToDictionary();
        foreach (var (element, count) in first.Sites.CountBy(s => s.Element))
            if (counts.GetValueOrDefault(element) < count)
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"the first structure has {count} sites of {element.Symbol}, the second {counts.GetValueOrDefault(element)}"
                    ),
                    nameof(second)
                );
        var search = new Search(first, second);
        return OriginShifts
            .Of(first.SpaceGroup)
            .SelectMany(search.AlongPolar)
            .Select(search.At)
            .Aggregate((best, next) => next.Rmsd < best.Rmsd - 1e-9 ? next : best);
    }

    sealed class Search(Crystal first, Crystal second)
    {
        readonly Matrix3 axes = first.Cell.Orthogonalisation;
        readonly ImmutableArray<SymmetryOperation> operations = first.SpaceGroup.Operations;

        // By label, or null where a site of the first has no counterpart.
        readonly int[]? named = ByLabel(first, second);

        /// <summary>A discrete shift with the starts along the polar directions: the first site on each image of its like.</summary>
        public IEnumerable<Vector3> AlongPolar(Vector3 shift)
        {
            if (first.SpaceGroup.PolarDirections.IsEmpty)
                return [shift];
            var target = first.Sites[0];
            var likes = named is null ? second.Sites.Where(s => s.Element == target.Element) : [second.Sites[named[0]]];
            return from like in likes
                from operation in operations
                select Refined(shift + Polar(Difference(target, like, operation, shift)));
        }

        // Nearest images and the best polar shift, in turn.
        Vector3 Refined(Vector3 shift)
        {
            for (var round = 0; round < PolarRounds; round++)
            {
                var matched = Match(shift);
                var sum = Vector3.Zero;
                for (var i = 0; i < matched.Length; i++)
                    sum += Nearest(first.Sites[i], second.Sites[matched[i]], shift).Difference;
                shift += Polar(1.0 / matched.Length * sum);
            }
            return shift;
        }

        public StructureComparison At(Vector3 shift)
        {
            var matched = Match(shift);
            return new([.. first.Sites.Select((site, i) => Pair(site, second.Sites[matched[i]], shift))], shift);
        }

        SitePair Pair(AtomSite site, AtomSite other, Vector3 shift)
        {
            var (_, _, nearest) = Nearest(site, other, shift);
            var (operation, distance, adp) = operations
                .Select(o => (o, (axes * Difference(site, other, o, shift)).Length, AdpDistance(site, other, o)))
                .Where(c => c.Length < nearest + SamePlace)
                .MinBy(c => c.Item3);
            return new(site.Label, other.Label, operation, distance, adp);
        }

        // ‖U − R U′ Rᵀ‖, Å².
        double AdpDistance(AtomSite site, AtomSite other, SymmetryOperation operation)
        {
            var turn = axes * operation.Rotation * axes.Inverse;
            var turned = other.Adp.ToCartesian(second.Cell).Transform(turn);
            return (site.Adp.ToCartesian(first.Cell).ToMatrix() - turned.ToMatrix()).FrobeniusNorm;
        }

        (SymmetryOperation Operation, Vector3 Difference, double Distance) Nearest(
            AtomSite site,
            AtomSite other,
            Vector3 shift
        ) =>
            operations
                .Select(o => (o, Difference(site, other, o, shift)))
                .Select(c => (c.o, c.Item2, (axes * c.Item2).Length))
                .MinBy(c => c.Length);

        // x − (Wx′ + w + s), reduced to the shortest lattice translate near the cell.
        Vector3 Difference(AtomSite site, AtomSite other, SymmetryOperation operation, Vector3 shift)
        {
            var d = site.Position - operation.Apply(other.Position) - shift;
            var near = new Vector3(d.X - Math.Round(d.X), d.Y - Math.Round(d.Y), d.Z - Math.Round(d.Z));
            return Neighbours.Select(n => near + n).MinBy(v => (axes * v).Length);
        }

        // The part along the polar directions, orthogonal in space to the rest.
        Vector3 Polar(Vector3 fractional)
        {
            List<Vector3> basis = [];
            var part = Vector3.Zero;
            foreach (var direction in first.SpaceGroup.PolarDirections)
            {
                var rest = axes * direction;
                foreach (var b in basis)
                    rest -= rest.Dot(b) * b;
                basis.Add(1 / rest.Length * rest);
                part += (axes * fractional).Dot(basis[^1]) * basis[^1];
            }
            return axes.Inverse * part;
        }

        // For each site of the first the place of its counterpart.
        int[] Match(Vector3 shift)
        {
            if (named is not null)
                return named;
            var result = Enumerable.Repeat(-1, first.Sites.Length).ToArray();
            var candidates =
                from i in Enumerable.Range(0, first.Sites.Length)
                from j in Enumerable.Range(0, second.Sites.Length)
                where first.Sites[i].Element == second.Sites[j].Element
                orderby Nearest(first.Sites[i], second.Sites[j], shift).Distance
                select (i, j);
            foreach (var (i, j) in candidates)
                if (result[i] < 0 && !result.Contains(j))
                    result[i] = j;
            return result;
        }

        static int[]? ByLabel(Crystal first, Crystal second)
        {
            var places = first
                .Sites.Select(site =>
                    second
                        .Sites.ToList()
                        .FindIndex(s =>
                            s.Element == site.Element && s.Label.Equals(site.Label, StringComparison.OrdinalIgnoreCase)
                        )
                )
                .ToArray();
            return places.Contains(-1) ? null : places;
        }
    }

    static readonly ImmutableArray<Vector3> Neighbours =
    [
        .. from x in new[] { 0, -1, 1 }
        from y in new[] { 0, -1, 1 }
        from z in new[] { 0, -1, 1 }
        select new Vector3(x, y, z),
    ];
}
