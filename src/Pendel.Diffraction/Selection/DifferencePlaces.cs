using System.Runtime.InteropServices;
using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Numbers the differences of beams in the order in which they are met, by a dense box of indices.</summary>
sealed class DifferencePlaces
{
    readonly int[] places;
    readonly int k;
    readonly int l;
    readonly ImmutableArray<MillerIndex>.Builder met = ImmutableArray.CreateBuilder<MillerIndex>();

    /// <summary>For differences of these reflections.</summary>
    public DifferencePlaces(ImmutableArray<MillerIndex> reflections)
    {
        (var h, k, l) = Extents(reflections);
        places = new int[h * k * l];
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

    /// <summary>The differences met so far.</summary>
    public ImmutableArray<MillerIndex> Met => met.ToImmutable();

    /// <summary>The place of beams[i] − beams[j] at i·N + j.</summary>
    public ImmutableArray<int> Of(ImmutableArray<MillerIndex> beams)
    {
        var n = beams.Length;
        var flat = beams.Select(b => (b.H * k + b.K) * l + b.L).ToArray();
        var result = new int[n * n];
        var middle = places.Length / 2;
        for (var i = 0; i < n; i++)
        for (var j = 0; j < n; j++)
        {
            ref var place = ref places[middle + flat[i] - flat[j]];
            if (place == 0)
            {
                met.Add(beams[i] - beams[j]);
                place = met.Count;
            }
            result[i * n + j] = place - 1;
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(result);
    }
}
