using System.Globalization;

namespace Pendel.IO;

/// <summary>A CIF number: value and, if given, standard uncertainty: "1.234(5)" = 1.234 ± 0.005.</summary>
/// <param name="Value">The value; finite.</param>
/// <param name="Su">The standard uncertainty in the unit of the value, or null.</param>
/// <remarks>Source: Hall, Allen &amp; Brown (1991), doi 10.1107/S010876739101067X; International Tables G, 2.2.</remarks>
public readonly record struct CifNumber(double Value, double? Su)
{
    /// <summary>Reads [±] digits [. digits] [e [±] digits] [(digits)], at least one digit before the exponent.</summary>
    /// <param name="text">The value's text, without quotes.</param>
    /// <param name="number">The number; default if the text is none.</param>
    /// <returns>False for any other text, "?" and "." included, and for what a double cannot hold.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out CifNumber number)
    {
        number = default;
        var end = MantissaEnd(text, out var decimals);
        if (end < 0)
            return false;
        var exponent = 0;
        if (end < text.Length && text[end] is 'e' or 'E')
        {
            var digits = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
            var stop = DigitsEnd(text, digits);
            if (stop == digits || stop - digits > 4)
                return false;
            exponent = int.Parse(text[(end + 1)..stop], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            end = stop;
        }
        if (!double.TryParse(text[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return false;
        double? su = null;
        if (end < text.Length)
        {
            if (!TryParseUncertainty(text[end..], exponent - decimals, out var read))
                return false;
            su = read;
        }
        if (!double.IsFinite(value) || !double.IsFinite(su ?? 0))
            return false;
        number = new(value, su);
        return true;
    }

    /// <summary>The number with its s.u. in units of the last digit, two digits of it from 10 to 19, one from 2 to 9.</summary>
    /// <exception cref="ArgumentException">Value or s.u. is not finite, or the s.u. is negative.</exception>
    public override string ToString() => ToString(0);

    /// <summary>The same with more digits of value and s.u. where these make the decimals asked for.</summary>
    /// <param name="leastDecimals">Least digits after the point of a number with an s.u., up to 15.</param>
    /// <exception cref="ArgumentException">Value or s.u. is not finite, or the s.u. is negative.</exception>
    public string ToString(int leastDecimals)
    {
        if (!double.IsFinite(Value) || Su is { } s && !(s >= 0 && double.IsFinite(s)))
            throw new ArgumentException("a CIF number and its standard uncertainty are finite");
        if (Su is not > 0)
            return Format(Value, 10);
        var decimals = -(int)Math.Floor(Math.Log10(Su.Value));
        if (Su.Value * Math.Pow(10, decimals) < 1.95)
            decimals++;
        decimals = Math.Clamp(decimals, leastDecimals, 15);
        var digits = Math.Max(1, Math.Round(Su.Value * Math.Pow(10, decimals)));
        var value = Value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        if (value.TrimStart('-').All(c => c is '0' or '.'))
            value = value.TrimStart('-');
        return string.Create(CultureInfo.InvariantCulture, $"{value}({digits:0})");
    }

    /// <summary>A plain decimal without exponent and trailing zeros.</summary>
    /// <param name="value">The value.</param>
    /// <param name="decimals">Most digits after the point, up to 15.</param>
    public static string Format(double value, int decimals)
    {
        var text = value.ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    static int MantissaEnd(ReadOnlySpan<char> text, out int decimals)
    {
        decimals = 0;
        var start = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        var end = DigitsEnd(text, start);
        var digits = end - start;
        if (end < text.Length && text[end] == '.')
        {
            var last = DigitsEnd(text, end + 1);
            decimals = last - end - 1;
            end = last;
        }
        return digits + decimals > 0 ? end : -1;
    }

    static int DigitsEnd(ReadOnlySpan<char> text, int start)
    {
        while (start < text.Length && char.IsAsciiDigit(text[start]))
            start++;
        return start;
    }

    static bool TryParseUncertainty(ReadOnlySpan<char> text, int lastDigit, out double su)
    {
        su = 0;
        if (text.Length < 3 || text[0] != '(' || DigitsEnd(text, 1) != text.Length - 1 || text[^1] != ')')
            return false;
        // one decimal literal, so that 5 in the last of three decimals is the double 0.005
        var literal = string.Create(CultureInfo.InvariantCulture, $"{text[1..^1]}e{lastDigit}");
        return double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out su);
    }
}
