using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>
/// The differences g − h of the beams of a frame, numbered in the order in which its arcs meet them, by a dense box of indices.
/// </summary>
public sealed class DifferencePlaces
{
    // number of each difference from 1 at the middle of the box plus the difference of two offsets; 0: never met
    readonly int[] numbers;
    readonly int k;
    readonly int l;

    /// <summary>For the beams of arcs.</summary>
    /// <param name="reflections">Those that beams are taken from.</param>
    /// <param name="beams">The beams of each arc.</param>
    public DifferencePlaces(ImmutableArray<MillerIndex> reflections, IEnumerable<ImmutableArray<MillerIndex>> beams)
    {
        (var h, k, l) = Extents(reflections);
        numbers = new int[h * k * l];
        var met = ImmutableArray.CreateBuilder<MillerIndex>();
        foreach (var list in beams)
            Number(list, met);
        Met = met.ToImmutable();
    }

    void Number(ImmutableArray<MillerIndex> beams, ImmutableArray<MillerIndex>.Builder met)
    {
        var offsets = Offsets(beams);
        for (var i = 0; i < beams.Length; i++)
        for (var j = 0; j < beams.Length; j++)
        {
            ref var number = ref numbers[numbers.Length / 2 + offsets[i] - offsets[j]];
            if (number == 0)
            {
                met.Add(beams[i] - beams[j]);
                number = met.Count;
            }
        }
    }

    /// <summary>Bytes of the box for differences of these reflections.</summary>
    public static long Bytes(ImmutableArray<MillerIndex> reflections)
    {
        var (h, k, l) = Extents(reflections);
        return (long)sizeof(int) * h * k * l;
    }

    static (int H, int K, int L) Extents(ImmutableArray<MillerIndex> reflections)
    {
        static int Extent(IEnumerable<int> indices) => 4 * indices.DefaultIfEmpty(0).Max(Math.Abs) + 1;
        return (
            Extent(reflections.Select(r => r.H)),
            Extent(reflections.Select(r => r.K)),
            Extent(reflections.Select(r => r.L))
        );
    }

    /// <summary>The differences, in the order of their places.</summary>
    public ImmutableArray<MillerIndex> Met { get; }

    /// <summary>Where beams lie in the box.</summary>
    public int[] Offsets(ImmutableArray<MillerIndex> beams) => [.. beams.Select(b => (b.H * k + b.K) * l + b.L)];

    /// <summary>The places of all differences of the beams of an arc.</summary>
    /// <param name="offsets">N offsets of its beams.</param>
    /// <param name="places">N × N: that of g − h at g·N + h; overwritten. −1 for a difference that no arc meets.</param>
    public void Fill(ReadOnlySpan<int> offsets, Span<int> places)
    {
        var at = 0;
        foreach (var g in offsets)
        {
            var row = places.Slice(at, offsets.Length);
            var origin = numbers.Length / 2 + g;
            for (var h = 0; h < row.Length; h++)
                row[h] = numbers[origin - offsets[h]] - 1;
            at += row.Length;
        }
    }
}
