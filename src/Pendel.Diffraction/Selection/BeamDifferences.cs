using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>The places of the differences g − h of an arc's beams in its frame's support: kept, or looked up anew each time.</summary>
/// <remarks>The places of all arcs may take gigabytes, those of one arc at a time little; looking them up takes about as long as the
/// gather of the coefficients that follows.</remarks>
public sealed class BeamDifferences
{
    readonly DifferencePlaces? lookup;
    readonly int[] offsets;
    readonly int[] kept;

    /// <summary>Those of the beams of an arc.</summary>
    /// <param name="all">The differences of the frame.</param>
    /// <param name="beams">N beams.</param>
    /// <param name="isKept">Keep the places, and nothing of <paramref name="all"/>.</param>
    public BeamDifferences(DifferencePlaces all, ImmutableArray<MillerIndex> beams, bool isKept)
    {
        offsets = all.Offsets(beams);
        lookup = isKept ? null : all;
        kept = isKept ? new int[Count] : [];
        if (isKept)
            all.Fill(offsets, kept);
    }

    /// <summary>N², how many places there are.</summary>
    public int Count => offsets.Length * offsets.Length;

    /// <summary>True if they are kept, so that reading them takes no scratch.</summary>
    public bool IsKept => lookup is null;

    /// <summary>The places, that of U_{g−h} at g·N + h.</summary>
    /// <param name="scratch">At least <see cref="Count"/> values unless they are kept; overwritten.</param>
    public ReadOnlySpan<int> Read(Span<int> scratch)
    {
        if (lookup is null)
            return kept;
        lookup.Fill(offsets, scratch[..Count]);
        return scratch[..Count];
    }

    /// <summary>The places in an array of their own.</summary>
    public int[] ToArray() => Read(new int[Count]).ToArray();
}
