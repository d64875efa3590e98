using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

// Λ_k = w L_k obeys Λ_k = w c̄_k ψ̄ + 2 w x† w⁻¹ Λ_{k+1} − Λ_{k+2}, the forward recurrence with U† in the place of U and a* in
// that of a; and the cotangents are Ū = (1/r)(Λ_1 φ_0† + 2 Σ_{k≥1} Λ_{k+1} φ_k†), d̄ = Re diag(w⁻¹ Ū), tilt by tilt.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private T* EvenSource => call.Sources.Pointer;

    private T* OddSource => call.Sources.Pointer + vector;

    /// <summary>Λ_k with k ≥ 1, kept for the block of order k − 1 and for the block above it.</summary>
    private T* Lambda(int k)
    {
        int order = k - 1;
        int slot = (order / ordersPerBlock % 2 * ordersPerBlock) + (order % ordersPerBlock);
        return call.Adjoints.Pointer + (slot * vector);
    }

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
            ? Adjoint<RealAlgebra>(
                arc,
                intensityCotangent,
                potentialCotangentRe,
                potentialCotangentIm,
                diagonalCotangent
            )
            : Adjoint<ComplexAlgebra>(
                arc,
                intensityCotangent,
                potentialCotangentRe,
                potentialCotangentIm,
                diagonalCotangent
            );
    }

    private double Adjoint<TAlgebra>(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    )
        where TAlgebra : IAlgebra
    {
        if (many > 0)
        {
            ManySources<TAlgebra>(arc, intensityCotangent);
        }
        else
        {
            Sources<TAlgebra>(arc, intensityCotangent);
        }
        Retreat<TAlgebra>();
        double along = Diagonal(arc, diagonalCotangent) + Potential(arc, potentialCotangentRe, potentialCotangentIm);
        return forwardThickness > 0 ? along / forwardThickness : AtEntrance(arc, intensityCotangent);
    }

    /// <inheritdoc/>
    public override void RepeatAdjoint()
    {
        if (parts == 1)
        {
            Retreat<RealAlgebra>();
        }
        else
        {
            Retreat<ComplexAlgebra>();
        }
    }

    /// <summary>Computes all Λ_k and sums the cotangents of the matrix, one block of orders after another.</summary>
    private void Retreat<TAlgebra>()
        where TAlgebra : IAlgebra
    {
        call.Adjoints.Reserve(2 * ordersPerBlock * vector);
        Clear(Lambda(highest + 1));
        Clear(Lambda(highest + 2));
        call.DiagonalSum.ReserveZeros(tilts * plane);
        for (int last = highest - 1; last >= 0; )
        {
            int first = last / ordersPerBlock * ordersPerBlock;
            Recall<TAlgebra>(first);
            if (first == 0)
            {
                SetFirst(Phi(0), 0.5);
            }
            // first of all: it reads the φ_k in the order of memory, from a far cache
            call.Outer.PackConjugate<TAlgebra>(Phi(first), column, plane, beams, (last - first + 1) * tilts);
            for (int k = last + 1; k > first; k--)
            {
                Retreat<TAlgebra>(k);
            }
            AddDiagonals<TAlgebra>(first, last);
            if (last == highest - 1)
            {
                call.PotentialSum.ReserveZeros(call.Outer.TilesLength(beams));
            }
            call.Outer.AddProduct(Lambda(first + 1), column, plane, beams, call.PotentialSum.Pointer);
            last = first - 1;
        }
    }

    /// <summary>w ψ̄ for even orders and ∓i w ψ̄ for odd ones (real parts alone where U is real).</summary>
    private void Sources<TAlgebra>(in ArcMatrix arc, ReadOnlySpan<double> intensityCotangent)
        where TAlgebra : IAlgebra
    {
        call.Sources.ReserveZeros(2 * vector);
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

    /// <summary>Λ_k from the two above it.</summary>
    private void Retreat<TAlgebra>(int k)
        where TAlgebra : IAlgebra
    {
        T* source =
            many > 0 ? ManySource(k)
            : k % 2 == 0 ? EvenSource
            : OddSource;
        T factor = many > 0 ? T.One : Coefficients[k * stride];
        Recurrence<TLanes, TVector, T, TAlgebra, One> step = new()
        {
            Weight = ScaledWeight,
            Diagonal = ScaledDiagonal,
            Absorption = T.CreateTruncating(-Absorption),
            Plane = plane,
            Column = column,
            Current = Lambda(k + 1),
            Previous = Lambda(k + 2),
            Next = Lambda(k),
            Source = source,
            Factor = factor,
        };
        (hermitian ? packed : packedAdjoint).Multiply(Lambda(k + 1), plane, column, tiltBlocks, ref step);
    }

    /// <summary>Adds Re Σ_k Λ_{k+1} φ_k* over a block of orders, the last first, to the sum of the diagonal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddDiagonals<TAlgebra>(int first, int last)
        where TAlgebra : IAlgebra
    {
        nint step = vector;
        nint height = plane;
        nint toLast = (last - first) * step;
        T* lambda = Lambda(first + 1);
        T* phi = Phi(first);
        T* sum = call.DiagonalSum.Pointer;
        for (int s = 0; s < tilts; s++, lambda += column, phi += column, sum += height)
        {
            for (nint g = 0; g < height; g += TLanes.Count)
            {
                TVector total = TLanes.Load(sum + g);
                for (nint at = toLast + g; at >= 0; at -= step)
                {
                    total = TLanes.MultiplyAdd(TLanes.Load(lambda + at), TLanes.Load(phi + at), total);
                    if (TAlgebra.Parts == 2)
                    {
                        TVector im = TLanes.Load(lambda + at + height);
                        total = TLanes.MultiplyAdd(im, TLanes.Load(phi + at + height), total);
                    }
                }
                TLanes.Store(sum + g, total);
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
                double sum = double.CreateTruncating(call.DiagonalSum.Pointer[(s * plane) + g]);
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
        double* row = call.RowSum.Reserve(plane);
        for (int g = 0; g < beams; g++)
        {
            call.Outer.ReadColumn(call.PotentialSum.Pointer, beams, g, 0, row);
            Span<double> sums = cotangentRe.Slice(g * beams, beams);
            along += Doubles.AddScaled(scale, row, arc.PotentialRe.Slice(g * beams, beams), sums);
            if (parts == 2)
            {
                call.Outer.ReadColumn(call.PotentialSum.Pointer, beams, g, 1, row);
                sums = cotangentIm.Slice(g * beams, beams);
                along += Doubles.AddScaled(scale, row, arc.PotentialIm.Slice(g * beams, beams), sums);
            }
        }
        return along;
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
