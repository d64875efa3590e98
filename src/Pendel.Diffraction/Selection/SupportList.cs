using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>
/// The reflections at which the potential is needed, and the symmetry-unique ones from which it follows:
/// F(h) = F(u) exp(−2πi h·w) for u = hW, and the conjugate of F(u) for u = −hW.
/// </summary>
/// <remarks>
/// Sign of the phase: F(hW) = F(h) exp(+2πi h·w) for F(h) = Σ f exp(−2πi h·x) (CONVENTIONS, Structure factors).
/// The conjugate holds for a real potential; the absorptive part follows the same law as a real potential of its own.
/// </remarks>
public sealed record SupportList
{
    /// <summary>The list for these reflections.</summary>
    /// <param name="reflections">Distinct reflections.</param>
    /// <param name="spaceGroup">Space group.</param>
    public SupportList(ImmutableArray<MillerIndex> reflections, SpaceGroup spaceGroup)
    {
        Reflections = reflections;
        var operations = spaceGroup.Operations.DistinctBy(o => o.Rotation).ToArray();
        var places = new Dictionary<MillerIndex, int>();
        var unique = ImmutableArray.CreateBuilder<MillerIndex>();
        var (source, cosine, sine, conjugated) = (
            new int[reflections.Length],
            new double[reflections.Length],
            new double[reflections.Length],
            new bool[reflections.Length]
        );
        for (var i = 0; i < reflections.Length; i++)
        {
            var h = reflections[i];
            var (representative, operation, mate) = Representative(h, operations);
            if (!places.TryGetValue(representative, out source[i]))
            {
                source[i] = places[representative] = unique.Count;
                unique.Add(representative);
            }
            conjugated[i] = mate;
            var shift = operation.PhaseShift(h);
            (sine[i], cosine[i]) = Math.SinCos(-2 * Math.PI * (shift - Math.Round(shift)));
        }
        Unique = unique.ToImmutable();
        (Source, Cosine, Sine, Conjugated) = ([.. source], [.. cosine], [.. sine], [.. conjugated]);
    }

    /// <summary>All reflections of the list.</summary>
    public ImmutableArray<MillerIndex> Reflections { get; }

    /// <summary>One reflection of each orbit under the point group and inversion.</summary>
    public ImmutableArray<MillerIndex> Unique { get; }

    /// <summary>For each reflection the place of its unique one.</summary>
    public ImmutableArray<int> Source { get; }

    /// <summary>cos(−2π h·w) for each reflection.</summary>
    public ImmutableArray<double> Cosine { get; }

    /// <summary>sin(−2π h·w) for each reflection.</summary>
    public ImmutableArray<double> Sine { get; }

    /// <summary>True where the unique structure factor is to be conjugated.</summary>
    public ImmutableArray<bool> Conjugated { get; }

    static (MillerIndex, SymmetryOperation, bool) Representative(MillerIndex h, SymmetryOperation[] operations)
    {
        var best = (operations[0].Apply(h), operations[0], false);
        foreach (var operation in operations)
        {
            var image = operation.Apply(h);
            if (image.CompareTo(best.Item1) > 0)
                best = (image, operation, false);
            if ((-image).CompareTo(best.Item1) > 0)
                best = (-image, operation, true);
        }
        return best;
    }
}
