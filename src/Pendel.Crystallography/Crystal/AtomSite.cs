namespace Pendel.Crystallography;

/// <summary>One site of the asymmetric unit.</summary>
/// <param name="Label">The site's unique label, `_atom_site_label`.</param>
/// <param name="Element">The chemical element.</param>
/// <param name="Charge">Formal charge in units of e, 0 for a neutral atom.</param>
/// <param name="Position">Fractional coordinates.</param>
/// <param name="Adp">Displacement parameters.</param>
/// <param name="Occupancy">Chemical occupancy: 1 for a fully occupied special position.</param>
public sealed record AtomSite(string Label, Element Element, int Charge, Vector3 Position, Adp Adp, double Occupancy);
