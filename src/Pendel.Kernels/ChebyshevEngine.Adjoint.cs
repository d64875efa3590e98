using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

// Λ_k = w L_k obeys Λ_k = w c̄_k ψ̄ + 2 w x† w⁻¹ Λ_{k+1} − Λ_{k+2}, the forward recurrence with U† in the place of U and a* in
// that of a; and the cotangents are Ū = (1/r)(Λ_1 φ_0† + 2 Σ_{k≥1} Λ_{k+1} φ_k†), d̄ = Re diag(w⁻¹ Ū), tilt by tilt.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>Columns of the inner dimension (orders × tilts) summed in one go: as many as the nearest cache holds of one panel.</summary>
    private const int InnerColumns = 64;

    private readonly Scratch<T> sources = new();
    private readonly Scratch<T> adjoints = new();
    private readonly Scratch<T> diagonalSum = new();
    private readonly Scratch<T> potentialSum = new();
    private readonly Scratch<double> rowSum = new();
    private int ordersPerBlock;

    private T* EvenSource => sources.Pointer;

    private T* OddSource => sources.Pointer + vector;

    /// <summary>Λ_k, kept for the block of k and the block above it.</summary>
    private T* Lambda(int k) =>
        adjoints.Pointer + (((k / ordersPerBlock % 2 * ordersPerBlock) + (k % ordersPerBlock)) * vector);

    /// <inheritdoc/>
    public override double Adjoint(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    )
    {
        bool same =
            arc.Beams == beams && arc.Tilts == tilts && arc.IsHermitian == hermitian && arc.IsReal == (parts == 1);
        if (!forwardKept || !same)
        {
            throw new InvalidOperationException("Adjoint needs a Forward of the same arc just before it.");
        }
        return arc.IsReal
            ? Adjoint<RealAlgebra, RealAlgebra>(
                arc,
                intensityCotangent,
                potentialCotangentRe,
                potentialCotangentIm,
                diagonalCotangent
            )
            : Adjoint<ComplexAlgebra, ComplexConjugateAlgebra>(
                arc,
                intensityCotangent,
                potentialCotangentRe,
                potentialCotangentIm,
                diagonalCotangent
            );
    }

    private double Adjoint<TAlgebra, TOuter>(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    )
        where TAlgebra : IAlgebra
        where TOuter : IAlgebra
    {
        ordersPerBlock = Math.Max(2, InnerColumns / tilts);
        adjoints.ReserveZeros(2 * ordersPerBlock * vector);
        diagonalSum.ReserveZeros(tilts * plane);
        potentialSum.ReserveZeros(beams * parts * plane);
        if (many > 0)
        {
            ManySources<TAlgebra>(arc, intensityCotangent);
        }
        else
        {
            Sources<TAlgebra>(arc, intensityCotangent);
        }
        SetFirst(Phi(0), 0.5);
        for (int k = highest; k >= 1; k--)
        {
            Retreat<TAlgebra>(k);
            if (k % ordersPerBlock == 0 || k == 1)
            {
                AddOuterProducts<TOuter>(
                    k,
                    Math.Min(highest, (k / ordersPerBlock * ordersPerBlock) + ordersPerBlock - 1)
                );
            }
        }
        double along = Diagonal(arc, diagonalCotangent) + Potential(arc, potentialCotangentRe, potentialCotangentIm);
        return forwardThickness > 0 ? along / forwardThickness : AtEntrance(arc, intensityCotangent);
    }

    /// <summary>w ψ̄ for even orders and ∓i w ψ̄ for odd ones (real parts alone where U is real).</summary>
    private void Sources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        sources.ReserveZeros(2 * vector);
        double transmission = Transmission(arc, forwardThickness);
        double sign = forwardOpposite ? -1 : 1;
        for (int s = 0; s < tilts; s++)
        {
            double scale = 2 * transmission * transmission * arc.Weight[s * beams];
            for (int g = 0; g < beams; g++)
            {
                (double re, double im) = Amplitude<TAlgebra>(s, g, forwardOpposite);
                double factor = scale * intensityCotangent[(s * beams) + g];
                nint at = (s * column) + g;
                EvenSource[at] = T.CreateTruncating(factor * re);
                OddSource[at] = T.CreateTruncating(sign * factor * im);
                if (TAlgebra.Parts == 2)
                {
                    EvenSource[at + plane] = T.CreateTruncating(factor * im);
                    OddSource[at + plane] = T.CreateTruncating(-sign * factor * re);
                }
            }
        }
    }

    /// <summary>Λ_k from Λ_{k+1} and Λ_{k+2}, and its product with φ_{k−1} for the diagonal.</summary>
    private void Retreat<TAlgebra>(int k)
        where TAlgebra : IAlgebra
    {
        T* above = k == highest ? ZeroVector(k + 1) : Lambda(k + 1);
        T* twoAbove = k >= highest - 1 ? ZeroVector(k + 2) : Lambda(k + 2);
        (hermitian ? packed : packedAdjoint).Multiply<TAlgebra, Gradient<TAlgebra>>(
            above,
            plane,
            column,
            tiltBlocks,
            new Gradient<TAlgebra>(
                Step<TAlgebra>(above, twoAbove, Lambda(k), -1),
                many > 0 ? ManySource(k)
                    : k % 2 == 0 ? EvenSource
                    : OddSource,
                many > 0 ? T.One : T.CreateTruncating(coefficients.Pointer[k]),
                Phi(k - 1),
                diagonalSum.Pointer
            )
        );
    }

    private T* ZeroVector(int k)
    {
        T* place = Lambda(k);
        new Span<T>(place, checked((int)vector)).Clear();
        return place;
    }

    /// <summary>Adds Σ_k φ_{k−1} Λ_k† (φ_0 halved) over the orders of one block and all tilts: the conjugate of Ū, row by row.</summary>
    private void AddOuterProducts<TOuter>(int first, int last)
        where TOuter : IAlgebra
    {
        Blocks rowBlocks = packed.Panels;
        Blocks columns = new(beams, RegisterTile<TLanes, TVector, T>.Columns);
        for (int p = 0; p < rowBlocks.Count; p++)
        {
            int rows = rowBlocks.Size(p);
            nint h = rowBlocks.Start(p) * TLanes.Count;
            for (int b = 0; b < columns.Count; b++)
            {
                int g = columns.Start(b);
                RegisterTile<TLanes, TVector, T>.Multiply<TOuter>(
                    rows,
                    columns.Size(b),
                    new TileOperands<T>
                    {
                        Steps = (last - first + 1) * tilts,
                        A = Phi(first - 1) + h,
                        AStep = column,
                        AImaginary = plane,
                        B = Lambda(first) + g,
                        BStep = column,
                        BColumn = 1,
                        BImaginary = plane,
                        Tile = tile.Pointer,
                    }
                );
                AddTile(rows, columns.Size(b), potentialSum.Pointer + (g * parts * plane) + h);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddTile(int rows, int columns, T* to)
    {
        T* from = tile.Pointer;
        for (int c = 0; c < columns * parts; c++, to += plane)
        {
            for (int i = 0; i < rows; i++, from += TLanes.Count)
            {
                T* place = to + (i * TLanes.Count);
                TLanes.Store(place, TLanes.Add(TLanes.Load(place), TLanes.Load(from)));
            }
        }
    }

    /// <summary>Writes d̄ and returns Σ d̄ (d − a), its part of t t̄.</summary>
    private double Diagonal(in ArcMatrix arc, Span<double> cotangent)
    {
        double along = 0;
        for (int s = 0; s < tilts; s++)
        {
            for (int g = 0; g < beams; g++)
            {
                int at = (s * beams) + g;
                double sum = double.CreateTruncating(diagonalSum.Pointer[(s * plane) + g]);
                cotangent[at] = 2 / spectrum.Radius * sum / arc.Weight[at];
                along += cotangent[at] * (arc.Diagonal[at] - spectrum.Centre);
            }
        }
        return along;
    }

    /// <summary>Adds Ū to the caller's and returns Re Σ Ū* U, its part of t t̄: intensities depend on t, U and d by tU and td only.</summary>
    private double Potential(in ArcMatrix arc, Span<double> cotangentRe, Span<double> cotangentIm)
    {
        double scale = 2 / spectrum.Radius;
        double along = 0;
        double* row = rowSum.Reserve(plane);
        for (int g = 0; g < beams; g++)
        {
            int start = g * beams;
            T* from = potentialSum.Pointer + (g * parts * plane);
            Widen(from, row);
            along += Doubles.AddScaled(
                scale,
                row,
                arc.PotentialRe.Slice(start, beams),
                cotangentRe.Slice(start, beams)
            );
            if (parts == 2)
            {
                Widen(from + plane, row);
                along += Doubles.AddScaled(
                    -scale,
                    row,
                    arc.PotentialIm.Slice(start, beams),
                    cotangentIm.Slice(start, beams)
                );
            }
        }
        return along;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Widen(T* from, double* to)
    {
        for (nint i = 0; i < plane; i += TLanes.Count)
        {
            TLanes.StoreDoubles(to + i, TLanes.Load(from + i));
        }
    }

    /// <summary>dL/dt at t = 0: only the absorption of the incident beam acts.</summary>
    private static double AtEntrance(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
    {
        double sum = 0;
        for (int s = 0; !arc.IsReal && s < arc.Tilts; s++)
        {
            sum += intensityCotangent[s * arc.Beams] * arc.Weight[s * arc.Beams] * arc.PotentialIm[0];
        }
        return -2 * Math.PI / arc.NormalWaveNumber * sum;
    }
}
