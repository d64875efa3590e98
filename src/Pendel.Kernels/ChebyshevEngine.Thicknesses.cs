using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

// The φ_k do not depend on the thickness: the scored rows of all φ_k, packed, are multiplied by the coefficients of all thicknesses.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>Whether the scored beams follow each other, so that they are copied at once.</summary>
    private bool scoredTogether;

    /// <inheritdoc/>
    public override double AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    )
    {
        (forwardKept, slopesKept, valueOnly, many) = (false, false, true, 0);
        return arc.IsReal
            ? AtThicknesses<RealAlgebra>(arc, thicknesses, scored, tiltWeights, result)
            : AtThicknesses<ComplexAlgebra>(arc, thicknesses, scored, tiltWeights, result);
    }

    private double AtThicknesses<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    )
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, thicknesses, nameof(thicknesses), scored);
        SumScored(Coefficients, thicknesses.Length);
        FillFactors(arc, scored, tiltWeights);
        int all = tilts * scored.Length;
        double* re = call.Amplitudes.Reserve((2 * all) + TLanes.Count);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            ReadAmplitudes(t, thicknesses.Length, all, re, re + all);
            double transmission = Transmission(arc, thicknesses[t]);
            Span<double> sums = result.Slice(t * scored.Length, scored.Length);
            for (int at = 0; at < all; at += sums.Length)
            {
                double* factors = call.ScoredFactors.Pointer + at;
                Doubles.AddSquares(transmission * transmission, re + at, re + all + at, factors, sums);
            }
        }
        return error;
    }

    /// <summary>Σ_even c_k φ_k and Σ_odd c_k φ_k / i of the scored rows at all thicknesses.</summary>
    private void SumScored(T* coefficients, int thicknesses)
    {
        SumOrders(call.EvenRows, coefficients, thicknesses, call.EvenSums);
        SumOrders(call.OddRows, coefficients + stride, thicknesses, call.OddSums, parity: 1);
    }

    /// <summary>Re and Im of E + iO at one thickness, [tilt][scored]; what follows them is undefined.</summary>
    private void ReadAmplitudes(int thickness, int thicknesses, int all, double* re, double* im)
    {
        if (parts == 1)
        {
            call.EvenRows.ReadColumn(call.EvenSums.Pointer, thicknesses, thickness, 0, re);
            call.OddRows.ReadColumn(call.OddSums.Pointer, thicknesses, thickness, 0, im);
            return;
        }
        double* even = call.ScoredEven.Reserve((2 * all) + TLanes.Count);
        double* odd = call.ScoredOdd.Reserve((2 * all) + TLanes.Count);
        call.EvenRows.ReadColumn(call.EvenSums.Pointer, thicknesses, thickness, 0, even);
        call.OddRows.ReadColumn(call.OddSums.Pointer, thicknesses, thickness, 0, odd);
        Doubles.Sum(even, -1, odd + all, re, all);
        Doubles.Sum(odd, 1, even + all, im, all);
    }

    /// <summary>Shapes the rows [part][tilt][scored] of the orders to come.</summary>
    private void ShapeScored(ReadOnlySpan<int> scored)
    {
        int rows = parts * tilts * scored.Length;
        call.EvenRows.Shape<RealAlgebra>(rows, (highest + 2) / 2);
        call.OddRows.Shape<RealAlgebra>(rows, (highest + 1) / 2);
        call.ScoredRow.Reserve(rows + (2 * TLanes.Count));
        scoredTogether = true;
        for (int i = 1; i < scored.Length; i++)
        {
            scoredTogether &= scored[i] == scored[i - 1] + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GatherScored(int k, ReadOnlySpan<int> scored)
    {
        T* row = call.ScoredRow.Pointer;
        for (int part = 0; part < parts; part++)
        {
            T* from = Phi(k) + (part * plane);
            for (int s = 0; s < tilts; s++, from += column, row += scored.Length)
            {
                if (scoredTogether)
                {
                    CopyWhole(from + scored[0], row, scored.Length);
                    continue;
                }
                for (int i = 0; i < scored.Length; i++)
                {
                    row[i] = from[scored[i]];
                }
            }
        }
        TLanes.Store(row, TLanes.Broadcast(T.Zero));
        (k % 2 == 0 ? call.EvenRows : call.OddRows).SetColumn(k / 2, call.ScoredRow.Pointer);
    }

    /// <summary>Copies whole vectors, the last of which reaches beyond the length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyWhole(T* from, T* to, int length)
    {
        for (int i = 0; i < length; i += TLanes.Count)
        {
            TLanes.Store(to + i, TLanes.Load(from + i));
        }
    }

    /// <summary>Σ c_k φ_k over the even or the odd orders: a real product of scored rows and thicknesses.</summary>
    private void SumOrders(
        PackedMatrix<TLanes, TVector, T> rows,
        T* coefficients,
        int thicknesses,
        Scratch<T> sums,
        int parity = 0
    )
    {
        int tiles = new Blocks(thicknesses, RegisterTile<TLanes, TVector, T>.Columns).Count;
        Span<int> terms = new(call.TermsOfTile.Reserve(tiles), tiles);
        for (int tile = 0; tile < tiles; tile++)
        {
            terms[tile] = (OrdersOfTile(tile, thicknesses) + 1 - parity) / 2;
        }
        T* to = sums.ReserveZeros(rows.TilesLength(thicknesses));
        rows.AddProduct(coefficients, 2 * stride, 0, thicknesses, to, terms);
    }

    /// <summary>How many orders the thicknesses of a tile need.</summary>
    private int OrdersOfTile(int tile, int thicknesses)
    {
        int columns = RegisterTile<TLanes, TVector, T>.Columns;
        double z = 0;
        for (int t = tile * columns; t < Math.Min((tile + 1) * columns, thicknesses); t++)
        {
            z = Math.Max(z, call.Arguments.Pointer[t]);
        }
        return Math.Min(ChebyshevCoefficients.HighestOrder(z, spectrum.LogGrowth, Tolerance), highest) + 1;
    }

    /// <summary>Weight of a tilt (1 where none is given) times w_0/w_g, [tilt][scored].</summary>
    private void FillFactors(in ArcMatrix arc, ReadOnlySpan<int> scored, ReadOnlySpan<double> tiltWeights)
    {
        double* factor = call.ScoredFactors.Reserve(tilts * scored.Length);
        for (int s = 0; s < tilts; s++)
        {
            foreach (int beam in scored)
            {
                *factor++ =
                    (tiltWeights.IsEmpty ? 1 : tiltWeights[s]) * arc.Weight[s * beams] / arc.Weight[(s * beams) + beam];
            }
        }
    }
}
