namespace Pendel.Crystallography;

/// <summary>Null spaces of small integer matrices, without rounding.</summary>
static class NullSpace
{
    /// <summary>Integer basis of the vectors with W x = x for every W.</summary>
    public static ImmutableArray<Vector3> OfFixedVectors(IEnumerable<SymmetryOperation> operations) =>
        [.. Of(FixedVectorRows(operations), 3).Select(b => new Vector3(b[0], b[1], b[2])).Select(Primitive)];

    /// <summary>Basis of the vectors with W x = x for every W; each has a free component 1.</summary>
    public static IEnumerable<double[]> OfShifts(IEnumerable<SymmetryOperation> operations) =>
        Of(FixedVectorRows(operations), 3);

    /// <summary>
    /// Basis of {x : M x = 0}. The first components that can be free are, and each basis vector has one of them 1, the others 0.
    /// </summary>
    /// <param name="rows">The rows of M; integers.</param>
    /// <param name="n">Number of columns of M.</param>
    public static IEnumerable<double[]> Of(IEnumerable<long[]> rows, int n)
    {
        var reduced = Reduce(rows, n);
        for (var free = 0; free < n; free++)
        {
            if (reduced.ContainsKey(free))
                continue;
            var basis = new double[n];
            basis[free] = 1;
            foreach (var (pivot, row) in reduced)
                basis[pivot] = row[free] == 0 ? 0 : -(double)row[free] / row[pivot];
            yield return basis;
        }
    }

    // Gauss–Jordan elimination from the last column to the first, in integers: pivot column → its row.
    static SortedDictionary<int, long[]> Reduce(IEnumerable<long[]> rows, int n)
    {
        var rest = rows.ToList();
        var pivots = new SortedDictionary<int, long[]>();
        for (var column = n - 1; column >= 0; column--)
        {
            var at = rest.FindIndex(row => row[column] != 0);
            if (at < 0)
                continue;
            var pivot = rest[at];
            rest.RemoveAt(at);
            rest = rest.ConvertAll(row => Eliminate(row, pivot, column));
            foreach (var done in pivots.Keys.ToList())
                pivots[done] = Eliminate(pivots[done], pivot, column);
            pivots[column] = pivot;
        }
        return pivots;
    }

    static long[] Eliminate(long[] row, long[] pivot, int column)
    {
        if (row[column] == 0)
            return row;
        var result = row.Zip(pivot, (r, p) => r * pivot[column] - p * row[column]).ToArray();
        var divisor = result.Aggregate(0L, GreatestCommonDivisor);
        return divisor > 1 ? Array.ConvertAll(result, r => r / divisor) : result;
    }

    static IEnumerable<long[]> FixedVectorRows(IEnumerable<SymmetryOperation> operations) =>
        from operation in operations
        let difference = operation.Rotation - Matrix3.Identity
        from i in Enumerable.Range(0, 3)
        let row = difference.Row(i)
        select new[] { (long)row.X, (long)row.Y, (long)row.Z };

    // The shortest integer vector along a rational one; the denominators in crystallographic cells divide 12.
    static Vector3 Primitive(Vector3 v)
    {
        var (x, y, z) = (Math.Round(12 * v.X), Math.Round(12 * v.Y), Math.Round(12 * v.Z));
        var divisor = GreatestCommonDivisor(GreatestCommonDivisor((long)x, (long)y), (long)z);
        return new(x / divisor, y / divisor, z / divisor);
    }

    static long GreatestCommonDivisor(long a, long b) => b == 0 ? Math.Abs(a) : GreatestCommonDivisor(b, a % b);
}
