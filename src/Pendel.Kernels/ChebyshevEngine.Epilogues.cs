using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

// What is done with each tile of the product Uφ or U†Λ: the step of the recurrence, and what goes with it.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
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

    /// <summary>Λ_k = factor·source + 2x†Λ_{k+1} − Λ_{k+2} stored, and Re Λ_k φ_{k−1}* added to the diagonal's sum.</summary>
    private readonly struct Gradient<TAlgebra>(
        Recurrence<TLanes, TVector, T, TAlgebra> step,
        T* source,
        T factor,
        T* phi,
        T* diagonal
    ) : ITileEpilogue<T>
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
                    nint place = ((tilt + j) * step.Column) + at;
                    step.Step(TLanes.Load(tile), im, tilt + j, at, out TVector re, out im);
                    re = TLanes.MultiplyAdd(c, TLanes.Load(source + place), re);
                    T* sum = diagonal + ((tilt + j) * step.Plane) + at;
                    TVector product = TLanes.MultiplyAdd(re, TLanes.Load(phi + place), TLanes.Load(sum));
                    if (TAlgebra.Parts == 2)
                    {
                        im = TLanes.MultiplyAdd(c, TLanes.Load(source + place + step.Plane), im);
                        product = TLanes.MultiplyAdd(im, TLanes.Load(phi + place + step.Plane), product);
                    }
                    step.Store(re, im, tilt + j, at);
                    TLanes.Store(sum, product);
                }
                tile += (TAlgebra.Parts - 1) * rows * TLanes.Count;
            }
        }
    }
}
