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
    /// <param name="re">H values Re F, Å; overwritten.</param>
    /// <param name="im">H values Im F, Å; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit, an index is out of range or a value not finite.</exception>
    public static void Value(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        Span<double> re,
        Span<double> im
    )
    {
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, re.Length, im.Length);
        Span<double> scratch = stackalloc double[6 * Block.Size];
        for (int start = 0; start < re.Length; start += Block.Size)
        {
            Block block = new(hkl, start, Math.Min(Block.Size, re.Length - start), scratch);
            block.Sums.Clear();
            for (int n = 0; n < occupancies.Length; n++)
            {
                block.Load(scatteringFactors, (species[n] * re.Length) + start);
                Atom atom = new(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6));
                AddWaves(block, atom, new Vector<double>(occupancies[n]));
            }
            block.Sums[..block.Count].CopyTo(re[start..]);
            block.Sums.Slice(Block.Size, block.Count).CopyTo(im[start..]);
        }
    }

    private static void AddWaves(Block block, Atom atom, Vector<double> occupancy)
    {
        Span<double> re = block.Sums[..Block.Size];
        Span<double> im = block.Sums[Block.Size..];
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
    /// <param name="cotangentRe">∂L/∂Re F, H.</param>
    /// <param name="cotangentIm">∂L/∂Im F, H.</param>
    /// <param name="positionCotangent">∂L/∂x, n·3; overwritten.</param>
    /// <param name="adpCotangent">∂L/∂U*, n·6; overwritten. An element off the diagonal stands for both, hence its factor 2.</param>
    /// <param name="occupancyCotangent">∂L/∂o, n; overwritten.</param>
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
        Span<double> occupancyCotangent
    )
    {
        int count = cotangentRe.Length;
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, count, cotangentIm.Length);
        Require.Length(positionCotangent.Length, positions.Length, nameof(positionCotangent));
        Require.Length(adpCotangent.Length, adps.Length, nameof(adpCotangent));
        Require.Length(occupancyCotangent.Length, occupancies.Length, nameof(occupancyCotangent));
        positionCotangent.Clear();
        adpCotangent.Clear();
        occupancyCotangent.Clear();
        Span<double> scratch = stackalloc double[6 * Block.Size];
        for (int start = 0; start < count; start += Block.Size)
        {
            Block block = new(hkl, start, Math.Min(Block.Size, count - start), scratch);
            block.Sums.Clear();
            cotangentRe.Slice(start, block.Count).CopyTo(block.Sums);
            cotangentIm.Slice(start, block.Count).CopyTo(block.Sums[Block.Size..]);
            for (int n = 0; n < occupancies.Length; n++)
            {
                block.Load(scatteringFactors, (species[n] * count) + start);
                Moments moments = MomentsOf(block, new Atom(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6)));
                occupancyCotangent[n] += moments.Sum;
                moments.AddTo(occupancies[n], positionCotangent.Slice(3 * n, 3), adpCotangent.Slice(6 * n, 6));
            }
        }
    }

    private static Moments MomentsOf(Block block, Atom atom)
    {
        Moments moments = default;
        for (int i = 0; i < block.Count; i += Vector<double>.Count)
        {
            (Vector<double> h, Vector<double> k, Vector<double> l) = block.Index(i);
            (Vector<double> cos, Vector<double> sin) = atom.Wave(h, k, l, block.Factor(i));
            Vector<double> re = new(block.Sums[i..]);
            Vector<double> im = new(block.Sums[(Block.Size + i)..]);
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
        int re,
        int im
    )
    {
        Require.Length(hkl.Length, 3L * re, nameof(hkl));
        Require.Length(im, re, nameof(im));
        Require.Length(positions.Length, 3L * occupancies.Length, nameof(positions));
        Require.Length(adps.Length, 6L * occupancies.Length, nameof(adps));
        Require.Length(species.Length, occupancies.Length, nameof(species));
        if (re > 0)
        {
            Require.Indices(species, scatteringFactors.Length / re, nameof(species));
        }
        Require.Finite(positions, nameof(positions));
        Require.Finite(adps, nameof(adps));
        Require.Finite(occupancies, nameof(occupancies));
        Require.Finite(scatteringFactors, nameof(scatteringFactors));
    }

    /// <summary>A run of reflections in planes of the caller's scratch: h, k, l, f and two of sums; the last vector is padded with zeros.</summary>
    private readonly ref struct Block
    {
        public const int Size = 256;

        private readonly Span<double> planes;

        public Block(ReadOnlySpan<int> hkl, int start, int count, Span<double> scratch)
        {
            Count = count;
            planes = scratch;
            planes[..(4 * Size)].Clear();
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<int> index = hkl.Slice(3 * (start + i), 3);
                (planes[i], planes[Size + i], planes[(2 * Size) + i]) = (index[0], index[1], index[2]);
            }
        }

        public int Count { get; }

        /// <summary>Real parts, then imaginary parts.</summary>
        public Span<double> Sums => planes[(4 * Size)..];

        public void Load(ReadOnlySpan<double> factors, int start) =>
            factors.Slice(start, Count).CopyTo(planes[(3 * Size)..]);

        public (Vector<double> H, Vector<double> K, Vector<double> L) Index(int i) =>
            (new(planes[i..]), new(planes[(Size + i)..]), new(planes[((2 * Size) + i)..]));

        public Vector<double> Factor(int i) => new(planes[((3 * Size) + i)..]);
    }

    /// <summary>An atom's wave f T exp(−2πi h·x).</summary>
    private readonly ref struct Atom(ReadOnlySpan<double> position, ReadOnlySpan<double> adp)
    {
        private readonly ReadOnlySpan<double> x = position;
        private readonly ReadOnlySpan<double> u = adp;

        public (Vector<double> Re, Vector<double> Im) Wave(
            Vector<double> h,
            Vector<double> k,
            Vector<double> l,
            Vector<double> amplitude
        )
        {
            Vector<double> turns = (x[0] * h) + (x[1] * k) + (x[2] * l);
            Vector<double> squares = (u[0] * h * h) + (u[1] * k * k) + (u[2] * l * l);
            Vector<double> products = (u[3] * k * l) + (u[4] * h * l) + (u[5] * h * k);
            Vector<double> damped = amplitude * Vector.Exp(-2 * Math.PI * Math.PI * (squares + (2 * products)));
            (Vector<double> sin, Vector<double> cos) = Vector.SinCos(2 * Math.PI * (turns - Vector.Round(turns)));
            return (damped * cos, -damped * sin);
        }
    }

    /// <summary>Sums over the reflections of F̄·∂F, of an atom of occupancy 1.</summary>
    private struct Moments
    {
        private Vector<double> sum,
            x,
            y,
            z,
            hh,
            kk,
            ll,
            kl,
            hl,
            hk;

        public readonly double Sum => Vector.Sum(sum);

        public void Add(
            Vector<double> h,
            Vector<double> k,
            Vector<double> l,
            Vector<double> along,
            Vector<double> across
        )
        {
            sum += along;
            x += h * across;
            y += k * across;
            z += l * across;
            hh += h * h * along;
            kk += k * k * along;
            ll += l * l * along;
            kl += k * l * along;
            hl += h * l * along;
            hk += h * k * along;
        }

        public readonly void AddTo(double occupancy, Span<double> position, Span<double> adp)
        {
            double turn = 2 * Math.PI * occupancy;
            double square = -2 * Math.PI * Math.PI * occupancy;
            position[0] += turn * Vector.Sum(x);
            position[1] += turn * Vector.Sum(y);
            position[2] += turn * Vector.Sum(z);
            adp[0] += square * Vector.Sum(hh);
            adp[1] += square * Vector.Sum(kk);
            adp[2] += square * Vector.Sum(ll);
            adp[3] += 2 * square * Vector.Sum(kl);
            adp[4] += 2 * square * Vector.Sum(hl);
            adp[5] += 2 * square * Vector.Sum(hk);
        }
    }
}
