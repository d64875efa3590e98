using System.Globalization;
using Pendel.Diffraction;

namespace Pendel.IO;

/// <summary>The free text of a `.cif_pets` file: lines `key: value`, with or without a heading before the key.</summary>
sealed class PetsDetails
{
    readonly Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
    readonly DiagnosticList found;
    readonly TextPosition position;

    /// <summary>Reads the text wherever the block has it.</summary>
    public PetsDetails(CifFields fields)
    {
        (found, position) = (fields.Found, fields.Block.Position);
        foreach (var name in new[] { PetsItems.MeasurementDetails, PetsItems.ReductionProcess })
            if (fields.Value(name) is { } text)
            {
                position = text.Position;
                foreach (var line in text.Text.Split('\n'))
                    Add(line.Split(':'));
            }
    }

    /// <summary>How the crystal moved; a warning if the text does not say.</summary>
    public CollectionGeometry Geometry()
    {
        var text = values.GetValueOrDefault(PetsItems.Geometry, "");
        if (text.Contains("precession", StringComparison.OrdinalIgnoreCase))
            return CollectionGeometry.Precession;
        if (text.Contains("rotation", StringComparison.OrdinalIgnoreCase))
            return CollectionGeometry.Rotation;
        found.Warning(
            position,
            PetsItems.Geometry,
            $"found {DiagnosticList.Show(text)}, expected continuous rotation or precession"
        );
        return CollectionGeometry.Unknown;
    }

    /// <summary>The first of these keys that is present, or null; a warning if it is no number.</summary>
    public double? Number(params string[] keys)
    {
        foreach (var key in keys)
            if (values.TryGetValue(key, out var text))
            {
                if (CifNumber.TryParse(text, out var number))
                    return number.Value;
                Refuse(key, text, "a number");
            }
        return null;
    }

    /// <summary>A count, or null if it is absent; a warning and null if it is no integer.</summary>
    public int? Count(string key)
    {
        if (!values.TryGetValue(key, out var text))
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        Refuse(key, text, "a count");
        return null;
    }

    void Refuse(string key, string text, string expected) =>
        found.Warning(position, key, $"found {DiagnosticList.Show(text)}, expected {expected}; it is left out");

    void Add(string[] parts)
    {
        if (parts.Length >= 2)
            values.TryAdd(parts[^2].Trim(), parts[^1].Trim());
    }
}
