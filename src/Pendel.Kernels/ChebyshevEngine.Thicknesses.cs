namespace Pendel.Kernels;

// The φ_k do not depend on the thickness: the scored rows of all φ_k, packed, are multiplied by the coefficients of all thicknesses.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private readonly PackedMatrix<TLanes, TVector, T> evenRows = new();
    private readonly PackedMatrix<TLanes, TVector, T> oddRows = new();
    private readonly Scratch<T> scoredRow = new();
    private readonly Scratch<T> thicknessCoefficients = new();
    private readonly Scratch<T> evenSums = new();
    private readonly Scratch<T> oddSums = new();
    private readonly Scratch<double> scoredEven = new();
    private readonly Scratch<double> scoredOdd = new();

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
        SumOrders(evenRows, 0, thicknesses.Length, evenSums);
        SumOrders(oddRows, 1, thicknesses.Length, oddSums);
        double* even = scoredEven.Reserve(rows + TLanes.Count);
        double* odd = scoredOdd.Reserve(rows + TLanes.Count);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            evenRows.ReadColumn(evenSums.Pointer, thicknesses.Length, t, 0, even);
            oddRows.ReadColumn(oddSums.Pointer, thicknesses.Length, t, 0, odd);
            double transmission = Transmission(arc, thicknesses[t]);
            AddIntensities<TAlgebra>(
                arc,
                scored,
                tiltWeights,
                transmission * transmission,
                even,
                odd,
                result.Slice(t * scored.Length, scored.Length)
            );
        }
        return error;
    }

    /// <summary>Shapes the rows [part][tilt][scored] of the orders to come.</summary>
    private void ShapeScored(int scored)
    {
        evenRows.Shape<RealAlgebra>(parts * tilts * scored, (highest + 2) / 2);
        oddRows.Shape<RealAlgebra>(parts * tilts * scored, (highest + 1) / 2);
        scoredRow.Reserve(parts * tilts * scored);
    }

    private void GatherScored(int k, ReadOnlySpan<int> scored)
    {
        T* row = scoredRow.Pointer;
        for (int p = 0; p < parts * tilts; p++)
        {
            T* from = Phi(k) + (p % tilts * column) + (p / tilts * plane);
            foreach (int beam in scored)
            {
                *row++ = from[beam];
            }
        }
        (k % 2 == 0 ? evenRows : oddRows).SetColumn(k / 2, scoredRow.Pointer);
    }

    /// <summary>Coefficients as [order][thickness].</summary>
    private void FillCoefficients(in ArcMatrix arc, ReadOnlySpan<double> thicknesses)
    {
        T* to = thicknessCoefficients.Reserve((long)thicknesses.Length * (highest + 1));
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
            thicknessCoefficients.Pointer + (parity * thicknesses),
            2 * thicknesses,
            0,
            thicknesses,
            sums.ReserveZeros(rows.TilesLength(thicknesses))
        );
    }

    private void AddIntensities<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        double transmission,
        double* even,
        double* odd,
        Span<double> result
    )
        where TAlgebra : IAlgebra
    {
        int toImaginary = tilts * scored.Length;
        for (int s = 0; s < tilts; s++)
        {
            double scale = transmission * tiltWeights[s] * arc.Weight[s * beams];
            for (int i = 0; i < scored.Length; i++, even++, odd++)
            {
                double re = even[0];
                double im = odd[0];
                if (TAlgebra.Parts == 2)
                {
                    re -= odd[toImaginary];
                    im += even[toImaginary];
                }
                result[i] += scale * ((re * re) + (im * im)) / arc.Weight[(s * beams) + scored[i]];
            }
        }
    }
}
