namespace Pendel.Kernels;

// The φ_k do not depend on the thickness: the scored rows of all φ_k are multiplied by the coefficients of all thicknesses.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private readonly Scratch<T> scoredRows = new();
    private readonly Scratch<T> thicknessCoefficients = new();
    private readonly Scratch<T> scoredSums = new();

    /// <inheritdoc/>
    public override double AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    )
    {
        forwardKept = false;
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
        double error = Propagate<TAlgebra>(arc, largest, nameof(thicknesses));
        int width = new Blocks(parts * tilts * scored.Length, TLanes.Count).Count * TLanes.Count;
        GatherScored(scored, width);
        Coefficients(arc, thicknesses);
        scoredSums.Reserve(2L * thicknesses.Length * width);
        SumOrders(0, thicknesses.Length, width);
        SumOrders(1, thicknesses.Length, width);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            AddIntensities<TAlgebra>(
                arc,
                scored,
                tiltWeights,
                transmission * transmission,
                scoredSums.Pointer + ((nint)t * width),
                (nint)thicknesses.Length * width,
                result.Slice(t * scored.Length, scored.Length)
            );
        }
        return error;
    }

    /// <summary>Scored rows as [order][part][tilt][scored], padded with zeros.</summary>
    private void GatherScored(ReadOnlySpan<int> scored, int width)
    {
        T* to = scoredRows.ReserveZeros((highest + 1) * (long)width);
        for (int k = 0; k <= highest; k++)
        {
            T* row = to + ((nint)k * width);
            for (int part = 0; part < parts; part++)
            {
                for (int s = 0; s < tilts; s++)
                {
                    T* from = Phi(k) + (s * column) + (part * plane);
                    for (int i = 0; i < scored.Length; i++)
                    {
                        *row++ = from[scored[i]];
                    }
                }
            }
        }
    }

    private void Coefficients(in ArcMatrix arc, ReadOnlySpan<double> thicknesses)
    {
        T* to = thicknessCoefficients.Reserve((long)thicknesses.Length * (highest + 1));
        Span<double> own = new(coefficients.Pointer, highest + 1);
        foreach (double thickness in thicknesses)
        {
            ChebyshevCoefficients.Fill(Argument(arc, thickness), own);
            foreach (double value in own)
            {
                *to++ = T.CreateTruncating(value);
            }
        }
    }

    /// <summary>Σ c_k φ_k over the even or the odd orders: a real product of scored rows and thicknesses.</summary>
    private void SumOrders(int parity, int thicknesses, int width)
    {
        Blocks rowBlocks = new(width / TLanes.Count, RegisterTile<TLanes, TVector, T>.Rows<RealAlgebra>());
        Blocks columns = new(thicknesses, RegisterTile<TLanes, TVector, T>.Columns);
        T* sum = scoredSums.Pointer + ((nint)parity * thicknesses * width);
        for (int p = 0; p < rowBlocks.Count; p++)
        {
            int start = rowBlocks.Start(p) * TLanes.Count;
            int height = rowBlocks.Size(p) * TLanes.Count;
            for (int b = 0; b < columns.Count; b++)
            {
                int t = columns.Start(b);
                RegisterTile<TLanes, TVector, T>.Multiply<RealAlgebra>(
                    rowBlocks.Size(p),
                    columns.Size(b),
                    new TileOperands<T>
                    {
                        Steps = (highest + 2 - parity) / 2,
                        A = scoredRows.Pointer + (parity * width) + start,
                        AStep = 2 * width,
                        AImaginary = 0,
                        B = thicknessCoefficients.Pointer + ((nint)t * (highest + 1)) + parity,
                        BStep = 2,
                        BColumn = highest + 1,
                        BImaginary = 0,
                        Tile = tile.Pointer,
                    }
                );
                for (int c = 0; c < columns.Size(b); c++)
                {
                    new Span<T>(tile.Pointer + (c * height), height).CopyTo(
                        new Span<T>(sum + ((nint)(t + c) * width) + start, height)
                    );
                }
            }
        }
    }

    private void AddIntensities<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<int> scored,
        ReadOnlySpan<double> tiltWeights,
        double transmission,
        T* even,
        nint toOdd,
        Span<double> result
    )
        where TAlgebra : IAlgebra
    {
        int toImaginary = tilts * scored.Length;
        for (int s = 0; s < tilts; s++)
        {
            double scale = transmission * tiltWeights[s] * arc.Weight[s * beams];
            for (int i = 0; i < scored.Length; i++, even++)
            {
                double re = double.CreateTruncating(even[0]);
                double im = double.CreateTruncating(even[toOdd]);
                if (TAlgebra.Parts == 2)
                {
                    re -= double.CreateTruncating(even[toOdd + toImaginary]);
                    im += double.CreateTruncating(even[toImaginary]);
                }
                result[i] += scale * ((re * re) + (im * im)) / arc.Weight[(s * beams) + scored[i]];
            }
        }
    }
}
