namespace Pendel.Crystallography;

/// <summary>A space group in a given setting: the list of its operations, centring included.</summary>
public sealed record SpaceGroup(ImmutableArray<SymmetryOperation> Operations);
