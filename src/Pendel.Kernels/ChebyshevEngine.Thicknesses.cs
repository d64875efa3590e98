namespace Pendel.Kernels;

// The φ_k do not depend on the thickness: the scored rows of all φ_k, packed, are multiplied by the coefficients of all thicknesses.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <inheritdoc/>
    public override double AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    )
    {
        (forwardKept, scanning) = (false, true);
        double largest = 0;
        foreach (double thickness in thicknesses)
        {
            largest = Math.Max(largest, thickness);
        }
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
        int rows = parts * tilts * scored.Length;
        FillCoefficients(arc, thicknesses);
        SumOrders(call.EvenRows, 0, thicknesses.Length, call.EvenSums);
        SumOrders(call.OddRows, 1, thicknesses.Length, call.OddSums);
        double* even = call.ScoredEven.Reserve(rows + TLanes.Count);
        double* odd = call.ScoredOdd.Reserve(rows + TLanes.Count);
        FillFactors(arc, scored, tiltWeights);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            call.EvenRows.ReadColumn(call.EvenSums.Pointer, thicknesses.Length, t, 0, even);
            call.OddRows.ReadColumn(call.OddSums.Pointer, thicknesses.Length, t, 0, odd);
            double transmission = Transmission(arc, thicknesses[t]);
            Span<double> sums = result.Slice(t * scored.Length, scored.Length);
            AddIntensities(transmission * transmission, even, odd, sums);
        }
        return error;
    }

    /// <summary>Shapes the rows [part][tilt][scored] of the orders to come.</summary>
    private void ShapeScored(int scored)
    {
        call.EvenRows.Shape<RealAlgebra>(parts * tilts * scored, (highest + 2) / 2);
        call.OddRows.Shape<RealAlgebra>(parts * tilts * scored, (highest + 1) / 2);
        call.ScoredRow.Reserve(parts * tilts * scored);
    }

    private void GatherScored(int k, ReadOnlySpan<int> scored)
    {
        T* row = call.ScoredRow.Pointer;
        for (int p = 0; p < parts * tilts; p++)
        {
            T* from = Phi(k) + (p % tilts * column) + (p / tilts * plane);
            foreach (int beam in scored)
            {
                *row++ = from[beam];
            }
        }
        (k % 2 == 0 ? call.EvenRows : call.OddRows).SetColumn(k / 2, call.ScoredRow.Pointer);
    }

    /// <summary>Coefficients as [order][thickness].</summary>
    private void FillCoefficients(in ArcMatrix arc, ReadOnlySpan<double> thicknesses)
    {
        T* to = call.ThicknessCoefficients.Reserve((long)thicknesses.Length * (highest + 1));
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
    private void SumOrders(PackedMatrix<TLanes, TVector, T> rows, int parity, int thicknesses, Scratch<T> sums)
    {
        rows.AddProduct(
            call.ThicknessCoefficients.Pointer + (parity * thicknesses),
            2 * thicknesses,
            0,
            thicknesses,
            sums.ReserveZeros(rows.TilesLength(thicknesses))
        );
    }

    /// <summary>Weight of a tilt times w_0/w_g, [tilt][scored].</summary>
    private void FillFactors(in ArcMatrix arc, ReadOnlySpan<int> scored, ReadOnlySpan<double> tiltWeights)
    {
        double* factor = call.ScoredFactors.Reserve(tilts * scored.Length);
        for (int s = 0; s < tilts; s++)
        {
            foreach (int beam in scored)
            {
                *factor++ = tiltWeights[s] * arc.Weight[s * beams] / arc.Weight[(s * beams) + beam];
            }
        }
    }

    /// <summary>Adds |E + iO|², tilt by tilt; E and O are [part][tilt][scored], and are used up.</summary>
    private void AddIntensities(double transmission, double* even, double* odd, Span<double> sums)
    {
        int all = tilts * sums.Length;
        if (parts == 2)
        {
            Doubles.Add(even, -1, odd + all, all);
            Doubles.Add(odd, 1, even + all, all);
        }
        for (int at = 0; at < all; at += sums.Length)
        {
            Doubles.AddSquares(transmission, even + at, odd + at, call.ScoredFactors.Pointer + at, sums);
        }
    }
}
