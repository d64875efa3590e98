using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    private bool forwardKept;
    private double forwardThickness;
    private bool forwardOpposite;

    private T* EvenSum => sums.Pointer;

    private T* OddSum => sums.Pointer + vector;

    /// <inheritdoc/>
    public override void Forward(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
    {
        forwardKept = false;
        if (arc.IsReal)
        {
            Forward<RealAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        else
        {
            Forward<ComplexAlgebra>(arc, thickness, oppositeHand, intensities);
        }
        (forwardKept, forwardThickness, forwardOpposite) = (true, thickness, oppositeHand);
    }

    private void Forward<TAlgebra>(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities)
        where TAlgebra : IAlgebra
    {
        Prepare<TAlgebra>(arc, thickness);
        ChebyshevCoefficients.Fill(Argument(arc, thickness), new Span<double>(coefficients.Pointer, highest + 1));
        sums.ReserveZeros(2 * vector);
        Advance<TAlgebra>(arc, accumulate: true);
        double transmission = Transmission(arc, thickness);
        for (int s = 0; s < tilts; s++)
        {
            double scale = transmission * transmission * arc.Weight[s * beams];
            for (int g = 0; g < beams; g++)
            {
                (double re, double im) = Amplitude<TAlgebra>(s, g, oppositeHand);
                intensities[(s * beams) + g] = ((re * re) + (im * im)) * scale / arc.Weight[(s * beams) + g];
            }
        }
    }

    /// <summary>E ± iO: the amplitude Mψ without the phase and the absorption of the spectrum's centre.</summary>
    private (double Re, double Im) Amplitude<TAlgebra>(int tilt, int beam, bool oppositeHand)
        where TAlgebra : IAlgebra
    {
        nint at = (tilt * column) + beam;
        double sign = oppositeHand ? -1 : 1;
        double re = double.CreateTruncating(EvenSum[at]);
        double im = sign * double.CreateTruncating(OddSum[at]);
        if (TAlgebra.Parts == 2)
        {
            re -= sign * double.CreateTruncating(OddSum[at + plane]);
            im += double.CreateTruncating(EvenSum[at + plane]);
        }
        return (re, im);
    }

    /// <summary>Computes all φ_k and, if wanted, adds c_k φ_k to the even or the odd sum.</summary>
    private void Advance<TAlgebra>(in ArcMatrix arc, bool accumulate)
        where TAlgebra : IAlgebra
    {
        FirstVectors<TAlgebra>(arc);
        if (accumulate)
        {
            for (int s = 0; s < tilts; s++)
            {
                EvenSum[s * column] = T.CreateTruncating(coefficients.Pointer[0]);
            }
            T factor = T.CreateTruncating(coefficients.Pointer[1]);
            for (nint i = 0; i < vector; i++)
            {
                OddSum[i] = factor * Phi(1)[i];
            }
        }
        for (int k = 2; k <= highest; k++)
        {
            Recurrence<TLanes, TVector, T, TAlgebra> step = Step<TAlgebra>(Phi(k - 1), Phi(k - 2), Phi(k), 1);
            if (accumulate)
            {
                T factor = T.CreateTruncating(coefficients.Pointer[k]);
                Apply<TAlgebra, Accumulate<TAlgebra>>(
                    Phi(k - 1),
                    new Accumulate<TAlgebra>(step, k % 2 == 0 ? EvenSum : OddSum, factor)
                );
            }
            else
            {
                Apply<TAlgebra, Keep<TAlgebra>>(Phi(k - 1), new Keep<TAlgebra>(step));
            }
        }
    }

    private Recurrence<TLanes, TVector, T, TAlgebra> Step<TAlgebra>(T* current, T* previous, T* next, double side)
        where TAlgebra : IAlgebra =>
        new()
        {
            Weight = ScaledWeight,
            Diagonal = ScaledDiagonal,
            Absorption = T.CreateTruncating(side * 2 * spectrum.Absorption / spectrum.Radius),
            Plane = plane,
            Column = column,
            Current = current,
            Previous = previous,
            Next = next,
        };

    /// <summary>φ_0 = e_0 and φ_1 = x e_0, the first column of x.</summary>
    private void FirstVectors<TAlgebra>(in ArcMatrix arc)
        where TAlgebra : IAlgebra
    {
        new Span<T>(Phi(0), checked((int)(2 * vector))).Clear();
        double scale = 1 / spectrum.Radius;
        for (int s = 0; s < tilts; s++)
        {
            ReadOnlySpan<double> weight = arc.Weight.Slice(s * beams, beams);
            T* first = Phi(1) + (s * column);
            Phi(0)[s * column] = T.One;
            for (int g = 0; g < beams; g++)
            {
                double own = g == 0 ? arc.Diagonal[s * beams] - spectrum.Centre : 0;
                first[g] = T.CreateTruncating(scale * ((weight[g] * arc.PotentialRe[g * beams]) + own));
                if (TAlgebra.Parts == 2)
                {
                    double mean = g == 0 ? spectrum.Absorption : 0;
                    first[g + plane] = T.CreateTruncating(scale * ((weight[g] * arc.PotentialIm[g * beams]) - mean));
                }
            }
        }
    }

    /// <summary>φ_{k+1} stored, nothing else.</summary>
    private readonly struct Keep<TAlgebra>(Recurrence<TLanes, TVector, T, TAlgebra> step) : ITileEpilogue<T>
        where TAlgebra : IAlgebra
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Finish(T* tile, int beam, int rows, int tilt, int columns)
        {
            for (int c = 0; c < columns; c++)
            {
                for (int i = 0; i < rows; i++, tile += TLanes.Count)
                {
                    TVector im = TAlgebra.Parts == 2 ? TLanes.Load(tile + (rows * TLanes.Count)) : default;
                    int at = beam + (i * TLanes.Count);
                    step.Step(TLanes.Load(tile), im, tilt + c, at, out TVector nextRe, out TVector nextIm);
                    step.Store(nextRe, nextIm, tilt + c, at);
                }
                tile += (TAlgebra.Parts - 1) * rows * TLanes.Count;
            }
        }
    }

    /// <summary>φ_{k+1} stored, and factor·φ_{k+1} added to a sum.</summary>
    private readonly struct Accumulate<TAlgebra>(Recurrence<TLanes, TVector, T, TAlgebra> step, T* sum, T factor)
        : ITileEpilogue<T>
        where TAlgebra : IAlgebra
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Finish(T* tile, int beam, int rows, int tilt, int columns)
        {
            TVector c = TLanes.Broadcast(factor);
            for (int j = 0; j < columns; j++)
            {
                for (int i = 0; i < rows; i++, tile += TLanes.Count)
                {
                    TVector im = TAlgebra.Parts == 2 ? TLanes.Load(tile + (rows * TLanes.Count)) : default;
                    nint at = beam + (i * TLanes.Count);
                    step.Step(TLanes.Load(tile), im, tilt + j, at, out TVector nextRe, out TVector nextIm);
                    step.Store(nextRe, nextIm, tilt + j, at);
                    T* to = sum + ((tilt + j) * step.Column) + at;
                    TLanes.Store(to, TLanes.MultiplyAdd(c, nextRe, TLanes.Load(to)));
                    if (TAlgebra.Parts == 2)
                    {
                        to += step.Plane;
                        TLanes.Store(to, TLanes.MultiplyAdd(c, nextIm, TLanes.Load(to)));
                    }
                }
                tile += (TAlgebra.Parts - 1) * rows * TLanes.Count;
            }
        }
    }
}
