namespace Pendel.Crystallography;

/// <summary>Standard uncertainties of a site.</summary>
/// <param name="Position">Those of the fractional coordinates.</param>
/// <param name="Ucif">Those of the components of U in the CIF convention, Å²; 0 for an isotropic site.</param>
/// <param name="Equivalent">That of U_eq, or of U_iso, Å².</param>
/// <param name="Occupancy">That of the occupancy.</param>
public sealed record SiteUncertainty(Vector3 Position, SymmetricTensor Ucif, double Equivalent, double Occupancy);
