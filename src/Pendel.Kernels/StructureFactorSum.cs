namespace Pendel.Kernels;

/// <summary>
/// Structure factors F_h = Σ_n o_n f_n(h) T_n(h) exp(−2πi h·x_n) over all atoms n of the cell, and their adjoint.
/// </summary>
/// <remarks>
/// T = exp(−2π²(U¹¹h² + U²²k² + U³³l² + 2U²³kl + 2U¹³hl + 2U¹²hk)) with the dimensionless U* of the reciprocal axes.
/// The caller expands the symmetry; f is given per species and reflection. Sums run in the order of the atoms (value) and of the
/// reflections (adjoint).
/// </remarks>
public static class StructureFactorSum
{
    /// <summary>The structure factors of a list of reflections.</summary>
    /// <param name="hkl">H·3 Miller indices.</param>
    /// <param name="positions">n·3 fractional coordinates, –.</param>
    /// <param name="adps">n·6 components of U*: 11, 22, 33, 23, 13, 12, –.</param>
    /// <param name="occupancies">n values, –.</param>
    /// <param name="species">n indices into the species.</param>
    /// <param name="scatteringFactors">f of species p and reflection i at p·H + i, Å.</param>
    /// <param name="re">H values Re F, Å; overwritten.</param>
    /// <param name="im">H values Im F, Å; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit, an index is out of range or a value not finite.</exception>
    public static void Value(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        Span<double> re,
        Span<double> im
    )
    {
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, re.Length, im.Length);
        re.Clear();
        im.Clear();
        for (int n = 0; n < occupancies.Length; n++)
        {
            Atom atom = new(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6));
            ReadOnlySpan<double> f = scatteringFactors.Slice(species[n] * re.Length, re.Length);
            for (int i = 0; i < re.Length; i++)
            {
                (double cos, double sin) = atom.Wave(hkl.Slice(3 * i, 3), occupancies[n] * f[i]);
                re[i] += cos;
                im[i] += sin;
            }
        }
    }

    /// <summary>Pulls cotangents of the structure factors back to positions, ADPs and occupancies.</summary>
    /// <param name="hkl">H·3 Miller indices.</param>
    /// <param name="positions">n·3 fractional coordinates, –.</param>
    /// <param name="adps">n·6 components of U*, –.</param>
    /// <param name="occupancies">n values, –.</param>
    /// <param name="species">n indices into the species.</param>
    /// <param name="scatteringFactors">f of species p and reflection i at p·H + i, Å.</param>
    /// <param name="cotangentRe">∂L/∂Re F, H.</param>
    /// <param name="cotangentIm">∂L/∂Im F, H.</param>
    /// <param name="positionCotangent">∂L/∂x, n·3; overwritten.</param>
    /// <param name="adpCotangent">∂L/∂U*, n·6; overwritten. An element off the diagonal stands for both, hence its factor 2.</param>
    /// <param name="occupancyCotangent">∂L/∂o, n; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit, an index is out of range or a value not finite.</exception>
    public static void Adjoint(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        ReadOnlySpan<double> cotangentRe,
        ReadOnlySpan<double> cotangentIm,
        Span<double> positionCotangent,
        Span<double> adpCotangent,
        Span<double> occupancyCotangent
    )
    {
        int count = cotangentRe.Length;
        Check(hkl, positions, adps, occupancies, species, scatteringFactors, count, cotangentIm.Length);
        Require.Length(positionCotangent.Length, positions.Length, nameof(positionCotangent));
        Require.Length(adpCotangent.Length, adps.Length, nameof(adpCotangent));
        Require.Length(occupancyCotangent.Length, occupancies.Length, nameof(occupancyCotangent));
        for (int n = 0; n < occupancies.Length; n++)
        {
            Atom atom = new(positions.Slice(3 * n, 3), adps.Slice(6 * n, 6));
            Moments moments = default;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<int> index = hkl.Slice(3 * i, 3);
                (double cos, double sin) = atom.Wave(index, scatteringFactors[(species[n] * count) + i]);
                double along = (cotangentRe[i] * cos) + (cotangentIm[i] * sin);
                double across = (cotangentRe[i] * sin) - (cotangentIm[i] * cos);
                moments.Add(index, along, across);
            }
            occupancyCotangent[n] = moments.Sum;
            moments.Write(occupancies[n], positionCotangent.Slice(3 * n, 3), adpCotangent.Slice(6 * n, 6));
        }
    }

    private static void Check(
        ReadOnlySpan<int> hkl,
        ReadOnlySpan<double> positions,
        ReadOnlySpan<double> adps,
        ReadOnlySpan<double> occupancies,
        ReadOnlySpan<int> species,
        ReadOnlySpan<double> scatteringFactors,
        int re,
        int im
    )
    {
        Require.Length(hkl.Length, 3L * re, nameof(hkl));
        Require.Length(im, re, nameof(im));
        Require.Length(positions.Length, 3L * occupancies.Length, nameof(positions));
        Require.Length(adps.Length, 6L * occupancies.Length, nameof(adps));
        Require.Length(species.Length, occupancies.Length, nameof(species));
        if (re > 0)
        {
            Require.Indices(species, scatteringFactors.Length / re, nameof(species));
        }
        Require.Finite(positions, nameof(positions));
        Require.Finite(adps, nameof(adps));
        Require.Finite(occupancies, nameof(occupancies));
        Require.Finite(scatteringFactors, nameof(scatteringFactors));
    }

    /// <summary>An atom's wave f T exp(−2πi h·x).</summary>
    private readonly ref struct Atom(ReadOnlySpan<double> position, ReadOnlySpan<double> adp)
    {
        private readonly ReadOnlySpan<double> x = position;
        private readonly ReadOnlySpan<double> u = adp;

        public (double Re, double Im) Wave(ReadOnlySpan<int> index, double amplitude)
        {
            double h = index[0];
            double k = index[1];
            double l = index[2];
            double turns = (h * x[0]) + (k * x[1]) + (l * x[2]);
            double squares = (u[0] * h * h) + (u[1] * k * k) + (u[2] * l * l);
            double products = (u[3] * k * l) + (u[4] * h * l) + (u[5] * h * k);
            double damped = amplitude * Math.Exp(-2 * Math.PI * Math.PI * (squares + (2 * products)));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * (turns - Math.Round(turns)));
            return (damped * cos, -damped * sin);
        }
    }

    /// <summary>Sums over the reflections of F̄·∂F, of an atom of occupancy 1.</summary>
    private struct Moments
    {
        private double x,
            y,
            z,
            hh,
            kk,
            ll,
            kl,
            hl,
            hk;

        public double Sum { get; private set; }

        public void Add(ReadOnlySpan<int> index, double along, double across)
        {
            double h = index[0];
            double k = index[1];
            double l = index[2];
            Sum += along;
            x += h * across;
            y += k * across;
            z += l * across;
            hh += h * h * along;
            kk += k * k * along;
            ll += l * l * along;
            kl += k * l * along;
            hl += h * l * along;
            hk += h * k * along;
        }

        public readonly void Write(double occupancy, Span<double> position, Span<double> adp)
        {
            double turn = 2 * Math.PI * occupancy;
            double square = -2 * Math.PI * Math.PI * occupancy;
            (position[0], position[1], position[2]) = (turn * x, turn * y, turn * z);
            (adp[0], adp[1], adp[2]) = (square * hh, square * kk, square * ll);
            (adp[3], adp[4], adp[5]) = (2 * square * kl, 2 * square * hl, 2 * square * hk);
        }
    }
}
