namespace Pendel.Crystallography;

/// <summary>Reads affine maps written as in the International Tables: "x,y,z", "1/2+x, -y, z-0.25", "x-y,x+y,2*z".</summary>
static class AffineText
{
    /// <summary>Reads three comma-separated linear forms in x, y and z.</summary>
    /// <param name="text">The map; blanks and case do not matter.</param>
    /// <param name="linear">Its matrix: row i holds the coefficients of component i.</param>
    /// <param name="translation">Its constant terms.</param>
    /// <param name="error">What is wrong, or empty.</param>
    public static bool TryParse(string text, out Matrix3 linear, out Vector3 translation, out string error)
    {
        (linear, translation, error) = (default, default, "");
        var parts = string.Concat(text.Where(c => !char.IsWhiteSpace(c))).ToLowerInvariant().Split(',');
        if (parts.Length != 3)
        {
            error = $"'{text}' has {parts.Length} comma-separated parts; three are expected";
            return false;
        }
        var rows = new double[3][];
        for (var i = 0; i < 3; i++)
            if (!TryParseForm(parts[i], rows[i] = new double[4]))
            {
                error = $"'{text}': '{parts[i]}' is not a sum of x, y, z and numbers";
                return false;
            }
        var columns = Enumerable.Range(0, 4).Select(j => new Vector3(rows[0][j], rows[1][j], rows[2][j])).ToArray();
        (linear, translation) = (Matrix3.FromColumns(columns[0], columns[1], columns[2]), columns[3]);
        return true;
    }

    // Adds the terms of one form to its coefficients of x, y, z and 1.
    static bool TryParseForm(string form, double[] coefficients)
    {
        var at = 0;
        while (at < form.Length)
        {
            var signed = form[at] is '+' or '-';
            if (!signed && at > 0)
                return false;
            var sign = form[at] == '-' ? -1.0 : 1.0;
            if (signed)
                at++;
            var value = 1.0;
            var isNumber = TryNumber(form, ref at, ref value);
            if (isNumber && at < form.Length && form[at] == '*')
                at++;
            var axis = at < form.Length ? "xyz".IndexOf(form[at]) : -1;
            if (axis >= 0)
                at++;
            else if (!isNumber)
                return false;
            coefficients[axis >= 0 ? axis : 3] += sign * value;
        }
        return form.Length > 0;
    }

    // A decimal number or a fraction of two.
    static bool TryNumber(string form, ref int at, ref double value)
    {
        if (!TryDecimal(form, ref at, out value))
        {
            value = 1;
            return false;
        }
        if (at == form.Length || form[at] != '/')
            return true;
        at++;
        var isFraction = TryDecimal(form, ref at, out var denominator) && denominator != 0;
        value /= denominator;
        return isFraction;
    }

    static bool TryDecimal(string form, ref int at, out double value)
    {
        var start = at;
        while (at < form.Length && (char.IsAsciiDigit(form[at]) || form[at] == '.'))
            at++;
        return double.TryParse(
            form.AsSpan(start, at - start),
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out value
        );
    }
}
