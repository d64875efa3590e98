namespace Pendel.Kernels;

/// <summary>From the table of distinct potential coefficients to the matrix of an arc, and back.</summary>
public static class PotentialGather
{
    /// <summary>Takes each element of the matrix from its place in the table: re[k] = tableRe[index[k]], im likewise.</summary>
    /// <param name="tableRe">m values Re U, Å⁻².</param>
    /// <param name="tableIm">m values Im U, Å⁻², or empty, as <paramref name="im"/> then is: U is real.</param>
    /// <param name="index">Places in [0, m): index[g·N + h] is that of U_{g−h}.</param>
    /// <param name="re">As many values as indices, Å⁻²; overwritten.</param>
    /// <param name="im">As many values as indices, Å⁻²; overwritten.</param>
    /// <exception cref="ArgumentException">Lengths differ or an index is out of range: a missing coefficient is never a silent zero.</exception>
    public static void Gather(
        ReadOnlySpan<double> tableRe,
        ReadOnlySpan<double> tableIm,
        ReadOnlySpan<int> index,
        Span<double> re,
        Span<double> im
    )
    {
        Check(tableRe.Length, tableIm.Length, index, re.Length, im.Length);
        for (int k = 0; k < index.Length; k++)
        {
            re[k] = tableRe[index[k]];
        }
        for (int k = 0; k < im.Length; k++)
        {
            im[k] = tableIm[index[k]];
        }
    }

    /// <summary>Adjoint of <see cref="Gather"/>: adds each element to the place it was taken from, in index order.</summary>
    /// <param name="re">Cotangents of the matrix's real parts.</param>
    /// <param name="im">Cotangents of the matrix's imaginary parts.</param>
    /// <param name="index">As in <see cref="Gather"/>.</param>
    /// <param name="tableRe">m sums; added to.</param>
    /// <param name="tableIm">m sums; added to.</param>
    /// <exception cref="ArgumentException">Lengths differ or an index is out of range.</exception>
    public static void ScatterAdd(
        ReadOnlySpan<double> re,
        ReadOnlySpan<double> im,
        ReadOnlySpan<int> index,
        Span<double> tableRe,
        Span<double> tableIm
    )
    {
        Check(tableRe.Length, tableIm.Length, index, re.Length, im.Length);
        for (int k = 0; k < index.Length; k++)
        {
            tableRe[index[k]] += re[k];
        }
        for (int k = 0; k < im.Length; k++)
        {
            tableIm[index[k]] += im[k];
        }
    }

    private static void Check(int tableRe, int tableIm, ReadOnlySpan<int> index, int re, int im)
    {
        Require.Length(re, index.Length, nameof(re));
        if (tableIm > 0 || im > 0)
        {
            Require.Length(tableIm, tableRe, nameof(tableIm));
            Require.Length(im, index.Length, nameof(im));
        }
        Require.Indices(index, tableRe, nameof(index));
    }
}
