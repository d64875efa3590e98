using System.Numerics;

namespace Pendel.Kernels;

/// <summary>
/// Structure factors F_h = Σ_n o_n f_n(h) T_n(h) exp(−2πi h·x_n) over all atoms n of the cell, and their adjoint.
/// </summary>
/// <remarks>
/// T = exp(−2π²(U¹¹h² + U²²k² + U³³l² + 2U²³kl + 2U¹³hl + 2U¹²hk)) with the dimensionless U* of the reciprocal axes.
/// The caller expands the symmetry; f is given per species and reflection. Sums run in a fixed order.
/// </remarks>
public static class StructureFactorSum
{
    /// <summary>The structure factors of a list of reflections.</summary>
    /// <param name="hkl">H·3 Miller indices.</param>
    /// <param name="positions">n·3 fractional coordinates, –.</param>
    /// <param name="adps">n·6 components of U*: 11, 22, 33, 23, 13, 12, –.</param>
    /// <param name="occupancies">n values, –.</param>
    /// <param name="species">n indices into the species.</param>
    /// <param name="scatteringFactors">f of species p and reflection i at p·H + i, Å.</param>
    /// <param name="re">Re F of a run of reflections, Å; overwritten.</param>
    /// <param name="im">Im F of the same, Å; overwritten.</param>
    /// <param name="first">Where that run begins in the list.</param>
    /// <exception cref="ArgumentException">A length does not fit, an index is out of range or a value not finite.</exception>
    public static void Value(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        Span<double> re,
        Span<double> im,
        int first = 0
    )
    {
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, first, re.Length, im.Length);
        int all = hkl.Length / 3;
        Span<double> scratch = stackalloc double[6 * ReflectionBlock.Size];
        for (int start = 0; start < re.Length; start += ReflectionBlock.Size)
        {
            ReflectionBlock block = new(hkl, first + start, Math.Min(ReflectionBlock.Size, re.Length - start), scratch);
            block.Sums.Clear();
            for (int n = 0; n < occupancies.Length; n++)
            {
                block.Load(scatteringFactors, (species[n] * all) + first + start);
                AtomWave atom = new(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6));
                AddWaves(block, atom, new Vector<double>(occupancies[n]));
            }
            block.Sums[..block.Count].CopyTo(re[start..]);
            block.Sums.Slice(ReflectionBlock.Size, block.Count).CopyTo(im[start..]);
        }
    }

    private static void AddWaves(ReflectionBlock block, AtomWave atom, Vector<double> occupancy)
    {
        Span<double> re = block.Sums[..ReflectionBlock.Size];
        Span<double> im = block.Sums[ReflectionBlock.Size..];
        for (int i = 0; i < block.Count; i += Vector<double>.Count)
        {
            (Vector<double> h, Vector<double> k, Vector<double> l) = block.Index(i);
            (Vector<double> cos, Vector<double> sin) = atom.Wave(h, k, l, occupancy * block.Factor(i));
            (new Vector<double>(re[i..]) + cos).CopyTo(re[i..]);
            (new Vector<double>(im[i..]) + sin).CopyTo(im[i..]);
        }
    }

    /// <summary>Pulls cotangents of the structure factors back to positions, ADPs and occupancies.</summary>
    /// <param name="hkl">H·3 Miller indices.</param>
    /// <param name="positions">n·3 fractional coordinates, –.</param>
    /// <param name="adps">n·6 components of U*, –.</param>
    /// <param name="occupancies">n values, –.</param>
    /// <param name="species">n indices into the species.</param>
    /// <param name="scatteringFactors">f of species p and reflection i at p·H + i, Å.</param>
    /// <param name="cotangentRe">∂L/∂Re F of a run of reflections.</param>
    /// <param name="cotangentIm">∂L/∂Im F of the same.</param>
    /// <param name="positionCotangent">∂L/∂x, n·3; overwritten.</param>
    /// <param name="adpCotangent">∂L/∂U*, n·6; overwritten. An element off the diagonal stands for both, hence its factor 2.</param>
    /// <param name="occupancyCotangent">∂L/∂o, n; overwritten.</param>
    /// <param name="first">Where that run begins in the list.</param>
    /// <exception cref="ArgumentException">A length does not fit, an index is out of range or a value not finite.</exception>
    public static void Adjoint(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        ReadOnlySpan<double> cotangentRe,
        ReadOnlySpan<double> cotangentIm,
        Span<double> positionCotangent,
        Span<double> adpCotangent,
        Span<double> occupancyCotangent,
        int first = 0
    )
    {
        int count = cotangentRe.Length;
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, first, count, cotangentIm.Length);
        int all = hkl.Length / 3;
        Require.Length(positionCotangent.Length, positions.Length, nameof(positionCotangent));
        Require.Length(adpCotangent.Length, adps.Length, nameof(adpCotangent));
        Require.Length(occupancyCotangent.Length, occupancies.Length, nameof(occupancyCotangent));
        positionCotangent.Clear();
        adpCotangent.Clear();
        occupancyCotangent.Clear();
        Span<double> scratch = stackalloc double[6 * ReflectionBlock.Size];
        for (int start = 0; start < count; start += ReflectionBlock.Size)
        {
            ReflectionBlock block = new(hkl, first + start, Math.Min(ReflectionBlock.Size, count - start), scratch);
            block.Sums.Clear();
            cotangentRe.Slice(start, block.Count).CopyTo(block.Sums);
            cotangentIm.Slice(start, block.Count).CopyTo(block.Sums[ReflectionBlock.Size..]);
            for (int n = 0; n < occupancies.Length; n++)
            {
                block.Load(scatteringFactors, (species[n] * all) + first + start);
                WaveMoments moments = MomentsOf(block, new AtomWave(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6)));
                occupancyCotangent[n] += moments.Sum;
                moments.AddTo(occupancies[n], positionCotangent.Slice(3 * n, 3), adpCotangent.Slice(6 * n, 6));
            }
        }
    }

    private static WaveMoments MomentsOf(ReflectionBlock block, AtomWave atom)
    {
        WaveMoments moments = default;
        for (int i = 0; i < block.Count; i += Vector<double>.Count)
        {
            (Vector<double> h, Vector<double> k, Vector<double> l) = block.Index(i);
            (Vector<double> cos, Vector<double> sin) = atom.Wave(h, k, l, block.Factor(i));
            Vector<double> re = new(block.Sums[i..]);
            Vector<double> im = new(block.Sums[(ReflectionBlock.Size + i)..]);
            moments.Add(h, k, l, (re * cos) + (im * sin), (re * sin) - (im * cos));
        }
        return moments;
    }

    private static void Check(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        int first,
        int re,
        int im
    )
    {
        Require.Length(hkl.Length % 3, 0, nameof(hkl));
        Require.Length(im, re, nameof(im));
        if (first < 0 || first + (long)re > hkl.Length / 3)
        {
            throw new ArgumentException(
                $"the run {first} … {first + (long)re - 1} leaves the list of {hkl.Length / 3} reflections",
                nameof(first)
            );
        }
        Require.Length(positions.Length, 3L * occupancies.Length, nameof(positions));
        Require.Length(adps.Length, 6L * occupancies.Length, nameof(adps));
        Require.Length(species.Length, occupancies.Length, nameof(species));
        if (re > 0)
        {
            Require.Indices(species, scatteringFactors.Length / (hkl.Length / 3), nameof(species));
        }
        Require.Finite(positions, nameof(positions));
        Require.Finite(adps, nameof(adps));
        Require.Finite(occupancies, nameof(occupancies));
        Require.Finite(scatteringFactors, nameof(scatteringFactors));
    }
}
