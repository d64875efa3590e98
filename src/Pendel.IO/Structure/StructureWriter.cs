using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>An item for the CIF that is not part of the structure, such as `_refine_ls_R_factor_gt`.</summary>
/// <param name="Name">Data name, underscore included.</param>
/// <param name="Value">Its text; null is written as ? (unknown).</param>
public readonly record struct ExtraItem(string Name, string? Value);

/// <summary>Crystal → CIF text that other programs read; numbers without s.u. with ten decimals, far below 1e−8 Å.</summary>
public static class StructureWriter
{
    const int Decimals = 10;

    // Of a number with an s.u.: keeps atoms in their places and a tensor positive definite, however uncertain they are.
    const int LeastDecimals = 5;

    // What symmetry sets to 0 differs from it by rounding.
    const double Zero = 1e-9;

    static readonly string[] FlagNames = ["_atom_site_calc_flag", "_atom_site_refinement_flags_posn"];

    /// <summary>The text of a CIF with one block.</summary>
    /// <param name="crystal">The structure.</param>
    /// <param name="blockName">Block code: letters, digits, underscores, no blank.</param>
    /// <param name="extra">Items to be written before the structure, in this order.</param>
    /// <param name="riding">
    /// Labels of the sites that ride on others; with any, flags say of every site how its position was found.
    /// </param>
    /// <param name="uncertainties">
    /// Standard uncertainties of the sites, in their order; a number that has one is rounded by it (rule of 19), to five decimals at least.
    /// </param>
    /// <exception cref="ArgumentException">A name or a text cannot stand in a CIF.</exception>
    public static string Write(
        Crystal crystal,
        string blockName,
        IEnumerable<ExtraItem> extra,
        IReadOnlyCollection<string>? riding = null,
        IReadOnlyList<SiteUncertainty>? uncertainties = null
    )
    {
        var entries = ImmutableArray.CreateBuilder<CifEntry>();
        foreach (var item in extra)
            entries.Add(new CifItem(item.Name, item.Value is null ? CifValue.Unknown : CifValue.Of(item.Value)));
        AddCell(entries, crystal.Cell);
        AddSymmetry(entries, crystal.SpaceGroup);
        AddSites(entries, crystal, riding ?? [], uncertainties);
        AddAnisotropic(entries, crystal, uncertainties);
        return CifWriter.Write(new([new(blockName, entries.ToImmutable())]));
    }

    static void AddCell(ImmutableArray<CifEntry>.Builder entries, UnitCell cell)
    {
        entries.Add(new CifItem("_cell_length_a", Number(cell.A)));
        entries.Add(new CifItem("_cell_length_b", Number(cell.B)));
        entries.Add(new CifItem("_cell_length_c", Number(cell.C)));
        entries.Add(new CifItem("_cell_angle_alpha", Number(cell.Alpha)));
        entries.Add(new CifItem("_cell_angle_beta", Number(cell.Beta)));
        entries.Add(new CifItem("_cell_angle_gamma", Number(cell.Gamma)));
        entries.Add(new CifItem("_cell_volume", CifValue.Of(CifNumber.Format(cell.Volume, 4))));
    }

    static void AddSymmetry(ImmutableArray<CifEntry>.Builder entries, SpaceGroup group)
    {
        if (group is { HermannMauguin: { } symbol, Hall: { } hall, Number: { } number })
        {
            entries.Add(new CifItem("_space_group_name_H-M_alt", CifValue.Of(symbol)));
            entries.Add(new CifItem("_space_group_name_Hall", CifValue.Of(hall)));
            entries.Add(new CifItem("_space_group_IT_number", Number(number)));
        }
        entries.Add(
            new CifLoop(
                ["_space_group_symop_id", "_space_group_symop_operation_xyz"],
                [.. group.Operations.SelectMany((o, i) => new[] { Number(i + 1), CifValue.Of(o.ToString()) })]
            )
        );
    }

    static void AddSites(
        ImmutableArray<CifEntry>.Builder entries,
        Crystal crystal,
        IReadOnlyCollection<string> riding,
        IReadOnlyList<SiteUncertainty>? uncertainties
    ) =>
        entries.Add(
            new CifLoop(
                [
                    "_atom_site_label",
                    "_atom_site_type_symbol",
                    "_atom_site_fract_x",
                    "_atom_site_fract_y",
                    "_atom_site_fract_z",
                    "_atom_site_U_iso_or_equiv",
                    "_atom_site_adp_type",
                    "_atom_site_occupancy",
                    .. riding.Count == 0 ? [] : FlagNames,
                ],
                [
                    .. crystal.Sites.SelectMany(
                        (site, i) =>
                            (CifValue[])
                                [
                                    CifValue.Of(site.Label),
                                    CifValue.Of(TypeSymbol(site)),
                                    Number(site.Position.X, uncertainties?[i].Position.X),
                                    Number(site.Position.Y, uncertainties?[i].Position.Y),
                                    Number(site.Position.Z, uncertainties?[i].Position.Z),
                                    Number(site.Adp.Equivalent(crystal.Cell), uncertainties?[i].Equivalent),
                                    CifValue.Of(site.Adp is Adp.Isotropic ? "Uiso" : "Uani"),
                                    Number(site.Occupancy, uncertainties?[i].Occupancy),
                                    .. riding.Count == 0 ? [] : Flags(crystal, site, riding.Contains(site.Label)),
                                ]
                    ),
                ]
            )
        );

    // R rides on another site, S is constrained by its site symmetry.
    static CifValue[] Flags(Crystal crystal, AtomSite site, bool rides)
    {
        var isSpecial = SiteSymmetry.Of(site.Position, crystal.SpaceGroup, crystal.Cell).PositionBasis.Length < 3;
        var flags = (rides ? "R" : "") + (isSpecial ? "S" : "");
        return [CifValue.Of(rides ? "calc" : "d"), flags == "" ? CifValue.Inapplicable : CifValue.Of(flags)];
    }

    static void AddAnisotropic(
        ImmutableArray<CifEntry>.Builder entries,
        Crystal crystal,
        IReadOnlyList<SiteUncertainty>? uncertainties
    )
    {
        var names = new[] { "label", "U_11", "U_22", "U_33", "U_23", "U_13", "U_12" };
        var rows =
            from pair in crystal.Sites.Select((site, i) => (site, su: uncertainties?[i].Ucif))
            where pair.site.Adp is Adp.Anisotropic
            let tensor = ((Adp.Anisotropic)pair.site.Adp).Ucif
            select Enumerable
                .Range(0, 6)
                .Select(i => Number(tensor[i], pair.su?[i]))
                .Prepend(CifValue.Of(pair.site.Label));
        ImmutableArray<CifValue> values = [.. rows.SelectMany(row => row)];
        if (!values.IsEmpty)
            entries.Add(new CifLoop([.. names.Select(n => "_atom_site_aniso_" + n)], values));
    }

    // "Si", "Si4+", "O2-".
    static string TypeSymbol(AtomSite site) =>
        site.Charge == 0
            ? site.Element.Symbol
            : FormattableString.Invariant(
                $"{site.Element.Symbol}{Math.Abs(site.Charge)}{(site.Charge > 0 ? '+' : '-')}"
            );

    static CifValue Number(double value, double? su) =>
        CifValue.Of(new CifNumber(Math.Abs(value) < Zero ? 0 : value, su).ToString(LeastDecimals));

    static CifValue Number(double value) => CifValue.Of(CifNumber.Format(value, Decimals));
}
