namespace Pendel.Crystallography;

/// <summary>Electron scattering factor f_e(s) of an atom or ion, Å, for the rest mass of the electron.</summary>
public sealed class ScatteringFactor
{
    readonly Func<double, double> form;

    internal ScatteringFactor(
        ScatteringFactorTable table,
        Element element,
        int charge,
        double largestS,
        Func<double, double> form
    )
    {
        (Table, Element, Charge, LargestS) = (table, element, charge, largestS);
        this.form = form;
    }

    /// <summary>The table it comes from.</summary>
    public ScatteringFactorTable Table { get; }

    /// <summary>The element.</summary>
    public Element Element { get; }

    /// <summary>Charge in units of e; f_e holds the Coulomb term charge/(8π²a₀s²).</summary>
    public int Charge { get; }

    /// <summary>The largest s that the parametrisation was made for, Å⁻¹; beyond it, f_e is an extrapolation.</summary>
    public double LargestS { get; }

    /// <summary>f_e(s), Å.</summary>
    /// <param name="s">sin θ/λ = g/2, Å⁻¹.</param>
    /// <exception cref="ArgumentException">The atom is charged and s is 0, where its Coulomb term is infinite.</exception>
    public double Evaluate(double s)
    {
        if (Charge != 0 && s == 0)
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"the scattering factor of {Element.Symbol} with charge {Charge:+0;-0} is infinite at s = 0"
                )
            );
        return form(s);
    }
}

/// <summary>The functions of s that the tables parametrise.</summary>
static class ScatteringForms
{
    /// <summary>Σ a (2 + b g²)/(1 + b g²)², g = 2s. Source: Lobato &amp; Van Dyck (2014).</summary>
    public static double Lobato(double[] a, double[] b, double s)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var x = 4 * b[i] * s * s;
            sum += a[i] * (2 + x) / ((1 + x) * (1 + x));
        }
        return sum;
    }

    /// <summary>Σ a/(g² + b) + Σ c exp(−d g²), g = 2s. Source: Kirkland (2010).</summary>
    public static double Kirkland(double[] a, double[] b, double[] c, double[] d, double s)
    {
        var sum = Gaussians(c, d, 2 * s);
        for (var i = 0; i < a.Length; i++)
            sum += a[i] / (4 * s * s + b[i]);
        return sum;
    }

    /// <summary>Σ a exp(−b s²). Source: Doyle &amp; Turner (1968); Peng et al. (1996).</summary>
    public static double Gaussians(double[] a, double[] b, double s)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * Math.Exp(-b[i] * s * s);
        return sum;
    }

    /// <summary>Σ a (1 − exp(−b s²))/s². Source: Weickenmeier &amp; Kohl (1991).</summary>
    public static double WeickenmeierKohl(double[] a, double[] b, double s)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var x = b[i] * s * s;
            // (1 − e⁻ˣ)/x, by its series where the difference loses digits
            sum += a[i] * b[i] * (x < 1e-3 ? 1 - x / 2 + x * x / 6 - x * x * x / 24 : (1 - Math.Exp(-x)) / x);
        }
        return sum;
    }
}
