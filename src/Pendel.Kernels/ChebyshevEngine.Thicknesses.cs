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
        (forwardKept, scanning, many) = (false, true, 0);
        double largest = Largest(thicknesses);
        return arc.IsReal
            ? AtThicknesses<RealAlgebra>(arc, largest, thicknesses, scored, tiltWeights, result)
            : AtThicknesses<ComplexAlgebra>(arc, largest, thicknesses, scored, tiltWeights, result);
    }

    private double AtThicknesses<TAlgebra>(
        in ArcMatrix arc,
        double largest,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    )
        where TAlgebra : IAlgebra
    {
        double error = Propagate<TAlgebra>(arc, largest, nameof(thicknesses), scored);
        SumScored(arc, thicknesses, call.ThicknessCoefficients);
        FillFactors(arc, scored, tiltWeights);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            ReadAmplitudes(t, thicknesses.Length, tilts * scored.Length);
            double transmission = Transmission(arc, thicknesses[t]);
            AddIntensities(transmission * transmission, result.Slice(t * scored.Length, scored.Length));
        }
        return error;
    }

    /// <summary>Σ_even c_k φ_k and Σ_odd c_k φ_k / i of the scored rows at all thicknesses, with their coefficients.</summary>
    private void SumScored(in ArcMatrix arc, ReadOnlySpan<double> thicknesses, Scratch<T> factors)
    {
        FillCoefficients(arc, thicknesses, factors);
        SumOrders(call.EvenRows, 0, thicknesses.Length, factors.Pointer, call.EvenSums);
        SumOrders(call.OddRows, 1, thicknesses.Length, factors.Pointer, call.OddSums);
    }

    /// <summary>Re and Im of E + iO at one thickness, [tilt][scored], into <c>ScoredEven</c> and <c>ScoredOdd</c>.</summary>
    private void ReadAmplitudes(int thickness, int thicknesses, int all)
    {
        double* even = call.ScoredEven.Reserve((parts * all) + TLanes.Count);
        double* odd = call.ScoredOdd.Reserve((parts * all) + TLanes.Count);
        call.EvenRows.ReadColumn(call.EvenSums.Pointer, thicknesses, thickness, 0, even);
        call.OddRows.ReadColumn(call.OddSums.Pointer, thicknesses, thickness, 0, odd);
        if (parts == 2)
        {
            Doubles.Add(even, -1, odd + all, all);
            Doubles.Add(odd, 1, even + all, all);
        }
    }

    /// <summary>Shapes the rows [part][tilt][scored] of the orders to come.</summary>
    private void ShapeScored(ReadOnlySpan<int> scored)
    {
        int rows = parts * tilts * scored.Length;
        call.EvenRows.Shape<RealAlgebra>(rows, (highest + 2) / 2);
        call.OddRows.Shape<RealAlgebra>(rows, (highest + 1) / 2);
        call.ScoredRow.Reserve(rows);
        scoredTogether = true;
        for (int i = 1; i < scored.Length; i++)
        {
            scoredTogether &= scored[i] == scored[i - 1] + 1;
        }
    }

    private void GatherScored(int k, ReadOnlySpan<int> scored)
    {
        T* row = call.ScoredRow.Pointer;
        for (int p = 0; p < parts * tilts; p++)
        {
            T* from = Phi(k) + (p % tilts * column) + (p / tilts * plane);
            if (scoredTogether)
            {
                new Span<T>(from + scored[0], scored.Length).CopyTo(new Span<T>(row, scored.Length));
                row += scored.Length;
                continue;
            }
            foreach (int beam in scored)
            {
                *row++ = from[beam];
            }
        }
        (k % 2 == 0 ? call.EvenRows : call.OddRows).SetColumn(k / 2, call.ScoredRow.Pointer);
    }

    /// <summary>Coefficients as [order][thickness].</summary>
    private void FillCoefficients(in ArcMatrix arc, ReadOnlySpan<double> thicknesses, Scratch<T> factors)
    {
        T* to = factors.Reserve((long)thicknesses.Length * (highest + 1));
        Span<double> own = new(coefficients.Pointer, highest + 1);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            ChebyshevCoefficients.Fill(Argument(arc, thicknesses[t]), own);
            for (int k = 0; k <= highest; k++)
            {
                to[((nint)k * thicknesses.Length) + t] = T.CreateTruncating(own[k]);
            }
        }
    }

    /// <summary>Σ c_k φ_k over the even or the odd orders: a real product of scored rows and thicknesses.</summary>
    private static void SumOrders(
        PackedMatrix<TLanes, TVector, T> rows,
        int parity,
        int thicknesses,
        T* factors,
        Scratch<T> sums
    )
    {
        rows.AddProduct(
            factors + (parity * thicknesses),
            2 * thicknesses,
            0,
            thicknesses,
            sums.ReserveZeros(rows.TilesLength(thicknesses))
        );
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

    /// <summary>Adds |E + iO|² of the amplitudes read last, tilt by tilt.</summary>
    private void AddIntensities(double transmission, Span<double> sums)
    {
        int all = tilts * sums.Length;
        for (int at = 0; at < all; at += sums.Length)
        {
            Doubles.AddSquares(
                transmission,
                call.ScoredEven.Pointer + at,
                call.ScoredOdd.Pointer + at,
                call.ScoredFactors.Pointer + at,
                sums
            );
        }
    }
}
