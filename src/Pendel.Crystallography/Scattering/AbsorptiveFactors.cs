namespace Pendel.Crystallography;

/// <summary>
/// Absorptive scattering factor f′(s, B) of an element by thermal diffuse scattering, Å: f → f + i f′, with the same prefactor
/// γ/(πΩ) and the same Debye–Waller factor.
/// </summary>
/// <remarks>
/// f′ = (c/v) max(0, Σ a exp(−|b| s²) + c) at 13 tabulated B from 0.1 to 4 Å², and between them the monotone cubic of Fritsch and
/// Butland in B (doi 10.1137/0905021), so that f′ and its slope are continuous.
/// Source: Thomas, Cleverley &amp; Beanland (2024), Acta Cryst. A80; the Einstein model of Bird &amp; King (1990),
/// doi 10.1107/S0108767389011906. Measured against the integral with Lobato's f_e: 0.3 % at s = 0 for every B; against another
/// parametrisation of it 0.75 % up to s = 0.4 Å⁻¹, 1.3 % at 0.6, and a few per cent beyond, where f′ is small.
/// </remarks>
public sealed class AbsorptiveFactor
{
    readonly ImmutableArray<(double B, double[] Amplitudes, double[] Widths, double Constant)> rows;
    readonly double beta;

    internal AbsorptiveFactor(
        Element element,
        ImmutableArray<(double B, double[] Amplitudes, double[] Widths, double Constant)> rows,
        double beta
    )
    {
        Element = element;
        (this.rows, this.beta) = (rows, beta);
    }

    /// <summary>The element.</summary>
    public Element Element { get; }

    /// <summary>f′(s, B), Å, without the Debye–Waller factor.</summary>
    /// <param name="s">sin θ/λ = g/2, Å⁻¹.</param>
    /// <param name="isotropicB">B = 8π²U_eq, Å², in [0.1, 4].</param>
    /// <exception cref="ArgumentException">B lies outside the table.</exception>
    public double Evaluate(double s, double isotropicB)
    {
        if (!(isotropicB >= rows[0].B && isotropicB <= rows[^1].B))
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"B = {isotropicB:0.####} Å² of {Element.Symbol} lies outside the table of absorptive factors, {rows[0].B} to {rows[^1].B} Å²"
                )
            );
        var i = 0;
        while (i < rows.Length - 2 && isotropicB > rows[i + 1].B)
            i++;
        var width = Width(i);
        var t = (isotropicB - rows[i].B) / width;
        var value =
            (1 + 2 * t) * (1 - t) * (1 - t) * At(i, s)
            + t * (1 - t) * (1 - t) * width * Slope(i, s)
            + t * t * (3 - 2 * t) * At(i + 1, s)
            - t * t * (1 - t) * width * Slope(i + 1, s);
        return value / beta;
    }

    double At(int i, double s) =>
        Math.Max(0, ScatteringForms.Gaussians(rows[i].Amplitudes, rows[i].Widths, s) + rows[i].Constant);

    // ∂f′/∂B at a tabulated B: a weighted harmonic mean of the slopes beside it, 0 where they differ in sign; at the ends that
    // of the parabola through three values, limited so that f′ stays monotone.
    double Slope(int i, double s)
    {
        var last = rows.Length - 1;
        if (i == 0 || i == last)
            return i == 0 ? EndSlope(0, 1, s) : EndSlope(last - 1, last - 2, s);
        var (left, right) = (Secant(i - 1, s), Secant(i, s));
        if (left * right <= 0)
            return 0;
        var (u, v) = (2 * Width(i) + Width(i - 1), Width(i) + 2 * Width(i - 1));
        return (u + v) / (u / left + v / right);
    }

    double EndSlope(int outer, int inner, double s)
    {
        var secant = Secant(outer, s);
        var slope = secant + Width(outer) * (secant - Secant(inner, s)) / (Width(outer) + Width(inner));
        return slope * secant <= 0 ? 0 : Math.Sign(secant) * Math.Min(Math.Abs(slope), 3 * Math.Abs(secant));
    }

    double Secant(int i, double s) => (At(i + 1, s) - At(i, s)) / Width(i);

    double Width(int i) => rows[i + 1].B - rows[i].B;
}

/// <summary>Looks up absorptive scattering factors, for Z = 1 … 103.</summary>
public static class AbsorptiveFactors
{
    static readonly Lazy<ILookup<int, ImmutableDictionary<string, string>>> table = new(() =>
        EmbeddedTable.Read("thomas-absorptive.csv").ToLookup(row => int.Parse(row["Z"], CultureInfo.InvariantCulture))
    );

    /// <summary>The absorptive factor of an element.</summary>
    /// <param name="element">The element; f′ does not depend on the charge.</param>
    /// <param name="optics">The beam, whose c/v scales f′.</param>
    /// <exception cref="ArgumentException">The table lacks the element.</exception>
    public static AbsorptiveFactor For(Element element, ElectronOptics optics)
    {
        if (!table.Value.Contains(element.AtomicNumber))
            throw new ArgumentException($"the table of absorptive factors has no entry for {element.Symbol}");
        var rows = table
            .Value[element.AtomicNumber]
            .Select(row =>
            {
                double Number(string name) => double.Parse(row[name], CultureInfo.InvariantCulture);
                double[] Four(char letter) => [.. Enumerable.Range(1, 4).Select(i => Number($"{letter}{i}"))];
                return (Number("B_iso"), Four('a'), Array.ConvertAll(Four('b'), Math.Abs), Number("c"));
            });
        return new(element, [.. rows], optics.Beta);
    }
}
