using System.Text.RegularExpressions;

namespace Pendel.Crystallography;

/// <summary>A chemical element.</summary>
/// <param name="Symbol">IUPAC symbol, "Si".</param>
/// <param name="AtomicNumber">Z.</param>
public readonly record struct Element(string Symbol, int AtomicNumber);

/// <summary>The elements from hydrogen to lawrencium, Z = 1 … 103.</summary>
public static partial class Elements
{
    static readonly string[] Symbols = (
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc "
        + "Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb "
        + "Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr"
    ).Split(' ');

    static readonly Dictionary<string, Element> bySymbol = Symbols
        .Select((symbol, i) => new Element(symbol, i + 1))
        .Append(new Element("D", 1))
        .ToDictionary(
            e => e.Symbol,
            e => e with { Symbol = Symbols[e.AtomicNumber - 1] },
            StringComparer.OrdinalIgnoreCase
        );

    /// <summary>Reads the element, and the charge if there is one, from a type symbol or from an atom label.</summary>
    /// <param name="text">
    /// "Si", "SI", "Si4+", "Fe+3", "O1-" or a label: "Si1", "OW1". The longest leading symbol that exists is taken, in any
    /// case, so that a label "CA1" is calcium: a carbon so named needs its type symbol. Deuterium D is read as H, which
    /// scatters electrons alike.
    /// </param>
    /// <param name="element">The element read.</param>
    /// <param name="charge">Formal charge in units of e; 0 when the text ends without a sign.</param>
    /// <returns>False when the text does not begin with the symbol of an element.</returns>
    public static bool TryParse(string text, out Element element, out int charge)
    {
        var match = SymbolAndRest().Match(text.Trim());
        var letters = match.Groups["letters"].Value;
        var rest = match.Groups["rest"].Value;
        charge = Charge(rest);
        if (bySymbol.TryGetValue(letters, out element))
            return true;
        // the second letter belongs to the label: what follows is no charge
        charge = 0;
        return letters.Length == 2 && bySymbol.TryGetValue(letters[..1], out element);
    }

    static int Charge(string rest)
    {
        var match = SignedDigit().Match(rest);
        if (!match.Success)
            return 0;
        var digit = match.Groups["before"].Value + match.Groups["after"].Value;
        var size = digit.Length == 0 ? 1 : int.Parse(digit, CultureInfo.InvariantCulture);
        return match.Groups["sign"].Value == "-" ? -size : size;
    }

    [GeneratedRegex("^(?<letters>[A-Za-z]{0,2})(?<rest>.*)$")]
    private static partial Regex SymbolAndRest();

    [GeneratedRegex("^(?:(?<before>[0-9])(?<sign>[+-])|(?<sign>[+-])(?<after>[0-9]?))$")]
    private static partial Regex SignedDigit();
}
