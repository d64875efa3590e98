namespace Pendel.Crystallography;

/// <summary>Symmetry operation (W, w) on fractional coordinates: x′ = W x + w.</summary>
public sealed record SymmetryOperation;
