using System.Globalization;
using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>Typed values of a block; what is missing or malformed is noted with its place.</summary>
/// <param name="block">The block.</param>
/// <param name="found">Takes the diagnostics.</param>
sealed class CifFields(CifBlock block, DiagnosticList found)
{
    public CifBlock Block => block;

    public DiagnosticList Found => found;

    /// <summary>The value of an item, or null if it is absent. More than one value is an error.</summary>
    public CifValue? Value(params string[] names)
    {
        if (block.Column(names) is not { Count: > 0 } column)
            return null;
        if (column.Count > 1)
            found.Error(column[1].Position, column.Name, $"found {column.Count} values, expected one");
        return column[0].IsAbsent ? null : column[0];
    }

    /// <summary>The number of an item, its s.u. removed; 0 after an error.</summary>
    /// <param name="name">Data name.</param>
    /// <param name="meaning">What it is, with its unit.</param>
    public double Number(string name, string meaning)
    {
        if (Value(name) is { } value)
            return Number(value, name);
        found.Error(block.Position, name, $"the item is missing, expected {meaning}");
        return 0;
    }

    /// <summary>The number of a value, its s.u. removed; 0 after an error.</summary>
    public double Number(CifValue value, string name)
    {
        if (CifNumber.TryParse(value.Text, out var number))
            return number.Value;
        found.Expected(value, name, "a number");
        return 0;
    }

    /// <summary>The integer of a value; 0 after an error.</summary>
    public int Integer(CifValue value, string name)
    {
        if (int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        found.Expected(value, name, "an integer");
        return 0;
    }

    /// <summary>Columns of one loop that the file must have, in the order of their names; null after an error.</summary>
    /// <param name="prefix">Start of the data names.</param>
    /// <param name="columns">The rest of each name, with what it means.</param>
    public CifColumn[]? Table(string prefix, params (string Name, string Meaning)[] columns)
    {
        var table = new CifColumn[columns.Length];
        var isComplete = true;
        for (var i = 0; i < table.Length; i++)
        {
            var name = prefix + columns[i].Name;
            var column = block.Column(name);
            if (column is null)
                found.Error(block.Position, name, $"the item is missing, expected {columns[i].Meaning}");
            else if (column.Count == 0)
                found.Error(block.Position, name, "found a loop without rows, expected at least one");
            else if (table[0] is { } first && first.Count != column.Count)
                found.Error(column[0].Position, name, $"found it in another loop than {first.Name}");
            else
                table[i] = column;
            isComplete &= table[i] is not null;
        }
        return isComplete ? table : null;
    }

    /// <summary>The unit cell, `_cell_length_*` and `_cell_angle_*`; null after an error.</summary>
    public UnitCell? Cell()
    {
        double Edge(string name) => Within("_cell_length_" + name, $"the cell edge {name}, Å", double.PositiveInfinity);
        double Angle(string name) => Within("_cell_angle_" + name, $"the cell angle {name}, degrees", 180);
        var (a, b, c) = (Edge("a"), Edge("b"), Edge("c"));
        var (alpha, beta, gamma) = (Angle("alpha"), Angle("beta"), Angle("gamma"));
        if (found.HasErrors)
            return null;
        try
        {
            return new(a, b, c, alpha, beta, gamma);
        }
        catch (ArgumentException e)
        {
            found.Error(Value("_cell_angle_alpha")?.Position ?? block.Position, "_cell_angle_alpha", e.Message);
            return null;
        }
    }

    double Within(string name, string meaning, double limit)
    {
        var number = Number(name, meaning);
        if (!found.HasErrors && !(number > 0 && number < limit) && Value(name) is { } value)
            found.Expected(
                value,
                name,
                double.IsInfinity(limit) ? $"{meaning}: positive" : $"{meaning}: between 0 and {limit}"
            );
        return number;
    }
}
