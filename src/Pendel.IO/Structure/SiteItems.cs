using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>The loop of atom sites.</summary>
sealed class SiteItems
{
    const string Prefix = "_atom_site_";

    /// <summary>The data name by which a block with atom sites is known.</summary>
    public const string X = Prefix + "fract_x";

    /// <summary>The data name of the labels.</summary>
    public const string Label = Prefix + "label";

    readonly CifFields fields;
    readonly CifColumn[] table;
    readonly Dictionary<string, CifColumn> optional = [];
    readonly AdpItems adps;
    readonly List<string> fromLabel = [];
    readonly List<string> dummies = [];
    readonly List<string> disordered = [];

    SiteItems(CifFields fields, UnitCell cell, CifColumn[] table)
    {
        (this.fields, this.table, adps) = (fields, table, new(fields, cell));
        Optional("type_symbol");
        Optional("adp_type", "thermal_displace_type");
        Optional("U_iso_or_equiv");
        Optional("B_iso_or_equiv");
        Optional("occupancy");
        Optional("calc_flag");
        Optional("disorder_group");
    }

    /// <summary>The sites in file order; errors are noted, not thrown.</summary>
    public static ImmutableArray<AtomSite> Read(CifFields fields, UnitCell cell)
    {
        var table = fields.Table(
            Prefix,
            ("label", "the label of a site"),
            ("fract_x", "the fractional coordinate x"),
            ("fract_y", "the fractional coordinate y"),
            ("fract_z", "the fractional coordinate z")
        );
        return table is null ? [] : new SiteItems(fields, cell, table).Read();
    }

    ImmutableArray<AtomSite> Read()
    {
        var sites = ImmutableArray.CreateBuilder<AtomSite>();
        var labels = new HashSet<string>();
        for (var row = 0; row < table[0].Count; row++)
        {
            var label = table[0][row];
            if (label.IsAbsent || !labels.Add(label.Text))
                fields.Found.Expected(label, table[0].Name, "a label of its own for each site");
            if (At("calc_flag", row) is { } flag && flag.Text.Equals("dum", StringComparison.OrdinalIgnoreCase))
                dummies.Add(label.Text);
            else
                sites.Add(ReadSite(row, label));
        }
        Report(dummies, "calc_flag", "dummy sites are left out");
        Report(fromLabel, "type_symbol", "the value is missing; the element is taken from the label");
        Report(disordered, "disorder_group", "disorder is ignored; each site counts with its occupancy");
        if (sites.Count == 0)
            fields.Found.Error(table[0][0].Position, table[0].Name, "found no atom site but dummies");
        adps.Report();
        return sites.ToImmutable();
    }

    AtomSite ReadSite(int row, CifValue label)
    {
        double Coordinate(int i) => fields.Number(table[i][row], table[i].Name);
        if (At("disorder_group", row) is not null)
            disordered.Add(label.Text);
        var (element, charge) = ReadElement(row, label);
        var adp = adps.Read(
            label.Text,
            label.Position,
            At("adp_type", row),
            At("U_iso_or_equiv", row),
            At("B_iso_or_equiv", row)
        );
        var position = new Vector3(Coordinate(1), Coordinate(2), Coordinate(3));
        return new(label.Text, element, charge, position, adp, ReadOccupancy(row, label));
    }

    (Element, int) ReadElement(int row, CifValue label)
    {
        if (At("type_symbol", row) is { } type)
        {
            if (Elements.TryParse(type.Text, out var element, out var charge) && IsWhole(type.Text, element))
                return (element, charge);
            fields.Found.Expected(
                type,
                Prefix + "type_symbol",
                $"a chemical element for {label.Text}, like Si or Si4+"
            );
            return default;
        }
        fromLabel.Add(label.Text);
        if (ElementOfLabel(label.Text) is { } guess)
            return (guess, 0);
        fields.Found.Expected(label, Label, "a label that begins with an element, or a type symbol beside it");
        return default;
    }

    // "Si1", "O1w", "OW": two letters if the second is small and they name an element, else the first. "CA1" and "SI1",
    // which may be either, are refused.
    static Element? ElementOfLabel(string label)
    {
        var two = label.Length > 1 && char.IsAsciiLetter(label[1]) ? Parse(label[..2]) : null;
        var one = label.Length > 0 ? Parse(label[..1]) : null;
        if (two is not null && one is not null && char.IsAsciiLetterUpper(label[1]))
            return null;
        return two ?? one;
    }

    static Element? Parse(string symbol) =>
        Elements.TryParse(symbol, out var element, out _) && IsWhole(symbol, element) ? element : null;

    // All the letters belong to the symbol: "Foo" is no fluorine.
    static bool IsWhole(string text, Element element)
    {
        var letters = string.Concat(text.TakeWhile(char.IsAsciiLetter));
        return letters.Equals(element.Symbol, StringComparison.OrdinalIgnoreCase)
            || letters is "D" && element.AtomicNumber == 1;
    }

    double ReadOccupancy(int row, CifValue label)
    {
        if (At("occupancy", row) is not { } value)
            return 1;
        var occupancy = fields.Number(value, Prefix + "occupancy");
        if (occupancy is <= 0 or > 1)
            fields.Found.Warning(
                value.Position,
                Prefix + "occupancy",
                $"found {DiagnosticList.Show(value.Text)} for {label.Text}, expected an occupancy above 0 and up to 1"
            );
        return occupancy;
    }

    void Report(List<string> labels, string item, string message)
    {
        if (labels.Count > 0)
            fields.Found.Warning(
                fields.Block.Column(Prefix + item)?[0].Position ?? table[0][0].Position,
                Prefix + item,
                $"{string.Join(", ", labels)}: {message}"
            );
    }

    void Optional(params string[] names)
    {
        if (fields.Block.Column([.. names.Select(n => Prefix + n)]) is not { } column)
            return;
        if (column.Count == table[0].Count)
            optional[names[0]] = column;
        else
            fields.Found.Error(fields.Block.Position, column.Name, $"found it in another loop than {table[0].Name}");
    }

    CifValue? At(string name, int row) =>
        optional.TryGetValue(name, out var column) && !column[row].IsAbsent ? column[row] : null;
}
