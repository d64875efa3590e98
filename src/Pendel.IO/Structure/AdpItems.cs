using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>Displacement parameters of the sites: U_iso, B_iso, and U_ij, B_ij or β_ij from the loop of anisotropic ones.</summary>
/// <remarks>U = B/(8π²); U* = β/(2π²).</remarks>
sealed class AdpItems
{
    const double UofB = 1 / (8 * Math.PI * Math.PI);

    // What is taken where a file has no displacement parameters: B = 1 Å².
    const double AssumedUiso = UofB;

    // Å²; an atom that moves by 1 Å scatters to no angle that is measured.
    const double LargestUeq = 1;

    static readonly string[] Kinds = ["U", "B", "beta"];
    static readonly string[] Components = ["11", "22", "33", "23", "13", "12"];

    readonly CifFields fields;
    readonly UnitCell cell;
    readonly Dictionary<string, int> rows = [];
    readonly HashSet<string> used = [];
    readonly List<string> assumed = [];
    readonly string kind = "U";
    readonly CifColumn[] columns = [];

    /// <summary>Finds the loop of anisotropic parameters.</summary>
    public AdpItems(CifFields fields, UnitCell cell)
    {
        (this.fields, this.cell) = (fields, cell);
        if (Kinds.FirstOrDefault(k => fields.Block.Column($"_atom_site_aniso_{k}_11") is not null) is not { } present)
            return;
        kind = present;
        var names = new[] { ("label", "the label of a site") }.Concat(
            Components.Select(c => ($"{kind}_{c}", $"the component {c} of {kind}"))
        );
        if (fields.Table("_atom_site_aniso_", [.. names]) is not [var label, .. var tensor])
            return;
        columns = tensor;
        for (var i = 0; i < label.Count; i++)
            if (!rows.TryAdd(label[i].Text, i))
                fields.Found.Expected(label[i], label.Name, "each label once");
    }

    /// <summary>The displacement parameters of a site; noted if they are missing or not positive definite.</summary>
    /// <param name="label">Label of the site.</param>
    /// <param name="position">Where the site stands.</param>
    /// <param name="type">`_atom_site_adp_type`, or null.</param>
    /// <param name="uIso">`_atom_site_U_iso_or_equiv`, or null.</param>
    /// <param name="bIso">`_atom_site_B_iso_or_equiv`, or null.</param>
    public Adp Read(string label, TextPosition position, CifValue? type, CifValue? uIso, CifValue? bIso)
    {
        var declared = type?.Text.ToLowerInvariant();
        var hasTensor = rows.TryGetValue(label, out var row) && columns.Any(c => !c[row].IsAbsent);
        used.Add(label);
        if (declared is "uani" or "bani" && !hasTensor)
            fields.Found.Error(
                position,
                "_atom_site_aniso_label",
                $"found no row for {label}, which is declared {type!.Value.Text}"
            );
        if (hasTensor && declared is not (null or "uani" or "bani"))
            fields.Found.Warning(
                position,
                "_atom_site_adp_type",
                $"{label} is declared {type!.Value.Text} and has anisotropic parameters; these are used"
            );
        if (hasTensor && (uIso ?? bIso) is { } beside)
            CheckBeside(label, beside);
        if (hasTensor)
            return CheckPositive(label, columns[0][row].Position, ReadTensor(row));
        if (uIso is { } u)
            return CheckPositive(label, u.Position, new Adp.Isotropic(fields.Number(u, "_atom_site_U_iso_or_equiv")));
        if (bIso is { } b)
            return CheckPositive(
                label,
                b.Position,
                new Adp.Isotropic(UofB * fields.Number(b, "_atom_site_B_iso_or_equiv"))
            );
        assumed.Add(label);
        return new Adp.Isotropic(AssumedUiso);
    }

    /// <summary>Notes sites without displacement parameters, and displacement parameters without a site.</summary>
    public void Report()
    {
        if (assumed.Count > 0)
            fields.Found.Warning(
                fields.Block.Position,
                "_atom_site_U_iso_or_equiv",
                FormattableString.Invariant(
                    $"the value is missing for {string.Join(", ", assumed)}; U_iso = {AssumedUiso:0.0000} Å² (B = 1 Å²) is taken"
                )
            );
        var lonely = rows.Keys.Where(label => !used.Contains(label)).ToArray();
        if (lonely.Length > 0)
            fields.Found.Warning(
                columns[0][rows[lonely[0]]].Position,
                "_atom_site_aniso_label",
                $"found {string.Join(", ", lonely)}, expected labels of atom sites that are used; left out"
            );
    }

    Adp.Anisotropic ReadTensor(int row)
    {
        double T(int i) => fields.Number(columns[i][row], columns[i].Name);
        var tensor = new SymmetricTensor(T(0), T(1), T(2), T(3), T(4), T(5));
        return new(
            kind switch
            {
                "B" => tensor.Transform(Math.Sqrt(UofB) * Matrix3.Identity),
                "beta" => FromBeta(tensor),
                _ => tensor,
            }
        );
    }

    // U*_ij = β_ij/(2π²) = N_i U_ij N_j with N = a*, b*, c*.
    SymmetricTensor FromBeta(SymmetricTensor beta)
    {
        var n = cell.ReciprocalLengths;
        var root = 1 / (Math.Sqrt(2) * Math.PI);
        return beta.Transform(Matrix3.Diagonal(root / n.X, root / n.Y, root / n.Z));
    }

    void CheckBeside(string label, CifValue equivalent)
    {
        if (CifNumber.TryParse(equivalent.Text, out var number) && number.Value <= 0)
            fields.Found.Warning(
                equivalent.Position,
                "_atom_site_U_iso_or_equiv",
                $"found {DiagnosticList.Show(equivalent.Text)} for {label}, expected a positive number; its anisotropic parameters are used"
            );
    }

    Adp CheckPositive(string label, TextPosition position, Adp adp)
    {
        if (!IsPositiveDefinite(adp.ToCartesian(cell).ToMatrix()))
            fields.Found.Error(
                position,
                adp is Adp.Isotropic ? "_atom_site_U_iso_or_equiv" : columns[0].Name,
                $"the displacement parameters of {label} are not positive definite"
            );
        else if (adp.Equivalent(cell) is var equivalent and > LargestUeq)
            fields.Found.Warning(
                position,
                adp is Adp.Isotropic ? "_atom_site_U_iso_or_equiv" : columns[0].Name,
                FormattableString.Invariant(
                    $"{label} has U_eq = {equivalent:0.00} Å², expected up to {LargestUeq} Å²: is it in another unit?"
                )
            );
        return adp;
    }

    // Sylvester: the leading principal minors are positive.
    static bool IsPositiveDefinite(Matrix3 m) => m.M11 > 0 && m.M11 * m.M22 - m.M12 * m.M21 > 0 && m.Determinant > 0;
}
