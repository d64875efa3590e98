using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>How the rocking curve of a frame is cut into arcs.</summary>
public enum ArcCut
{
    /// <summary>Equal arcs, as many tilts each as a cost model of the geometry says.</summary>
    CostModel,

    /// <summary>An arc for each tilt: beams are selected anew at each orientation, the strict reference.</summary>
    PerTilt,
}

/// <summary>Cuts the rocking curve of a frame into arcs and lists the beams of each.</summary>
public static class BeamSelection
{
    const int TileTilts = 4;

    /// <summary>
    /// The cost model of an arc: N² (max(S, 4) + ½). The half tilt stands for gathering and scattering the matrix; with fewer than
    /// three tilts the propagator loads more than it multiplies.
    /// </summary>
    /// <param name="beams">N.</param>
    /// <param name="tilts">S.</param>
    public static double Cost(int beams, int tilts) => (double)beams * beams * (Math.Max(tilts, 4) + 0.5);

    /// <summary>A run of tilts and its beams; the first is 000.</summary>
    public readonly record struct BeamList(int FirstTilt, int TiltCount, ImmutableArray<int> Beams);

    /// <summary>The arcs of a rocking curve.</summary>
    /// <param name="excitation">S_g of every candidate at every tilt, Å⁻¹, tilt by tilt.</param>
    /// <param name="tilts">Number of tilts.</param>
    /// <param name="undiffracted">Place of 000 among the candidates.</param>
    /// <param name="sgMax">Å⁻¹.</param>
    /// <param name="cut">How to cut.</param>
    public static ImmutableArray<BeamList> Arcs(
        ReadOnlyMemory<double> excitation,
        int tilts,
        int undiffracted,
        double sgMax,
        ArcCut cut
    ) =>
        cut == ArcCut.PerTilt
            ? [.. Enumerable.Range(0, tilts).Select(s => List(excitation, tilts, s, 1, undiffracted, sgMax))]
            : ByCost(excitation, tilts, undiffracted, sgMax);

    /// <summary>
    /// Equal arcs of 4, 8, 12 … tilts at most: those of the last length before the sum of their <see cref="Cost"/> rises; the shortest
    /// of equals. The short ones, which costly frames have, are even in number, so that two threads can share a frame.
    /// </summary>
    /// <remarks>The choice depends on the geometry alone, so results do not depend on the machine.</remarks>
    static ImmutableArray<BeamList> ByCost(ReadOnlyMemory<double> excitation, int tilts, int undiffracted, double sgMax)
    {
        var best = ImmutableArray<BeamList>.Empty;
        var bestCost = double.PositiveInfinity;
        for (var length = TileTilts; length < tilts + TileTilts; length += TileTilts)
        {
            var fewest = (tilts + length - 1) / length;
            var count = length == TileTilts && fewest > 1 ? Math.Min(tilts, fewest + fewest % 2) : fewest;
            var arcs = Enumerable
                .Range(0, count)
                .Select(i => (First: i * tilts / count, End: (i + 1) * tilts / count))
                .Select(a => List(excitation, tilts, a.First, a.End - a.First, undiffracted, sgMax))
                .ToImmutableArray();
            var cost = arcs.Sum(a => Cost(a.Beams.Length, a.TiltCount));
            if (cost < bestCost)
                (best, bestCost) = (arcs, cost);
            else if (cost > bestCost)
                break;
        }
        return best;
    }

    static BeamList List(
        ReadOnlyMemory<double> excitation,
        int tilts,
        int first,
        int count,
        int undiffracted,
        double sgMax
    )
    {
        var errors = excitation.Span;
        var candidates = errors.Length / tilts;
        var beams = ImmutableArray.CreateBuilder<int>();
        beams.Add(undiffracted);
        for (var c = 0; c < candidates; c++)
        for (var s = first; s < first + count && c != undiffracted; s++)
            if (Math.Abs(errors[s * candidates + c]) <= sgMax)
            {
                beams.Add(c);
                break;
            }
        return new(first, count, beams.ToImmutable());
    }
}
