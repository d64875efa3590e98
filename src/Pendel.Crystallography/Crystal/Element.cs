namespace Pendel.Crystallography;

/// <summary>A chemical element.</summary>
/// <param name="Symbol">IUPAC symbol, "Si".</param>
/// <param name="AtomicNumber">Z.</param>
public readonly record struct Element(string Symbol, int AtomicNumber);
