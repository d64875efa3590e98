namespace Pendel.Crystallography;

/// <summary>A crystal structure: cell, space group and the sites of its asymmetric unit.</summary>
/// <param name="Cell">Unit cell.</param>
/// <param name="SpaceGroup">Space group in the setting of the cell.</param>
/// <param name="Sites">Sites of the asymmetric unit, in file order.</param>
public sealed record Crystal(UnitCell Cell, SpaceGroup SpaceGroup, ImmutableArray<AtomSite> Sites);
