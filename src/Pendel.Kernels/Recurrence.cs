using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

/// <summary>
/// One step of the recurrence next = 2x·current − previous (+ factor·source), with x = (diag(w)U + diag(d) − a)/r, from tiles of U·current.
/// </summary>
/// <typeparam name="TLanes">Arithmetic.</typeparam>
/// <typeparam name="TVector">Register.</typeparam>
/// <typeparam name="T">Number.</typeparam>
/// <typeparam name="TAlgebra">Real or complex.</typeparam>
/// <typeparam name="TSources">One, if there is a source; else none.</typeparam>
internal readonly unsafe struct Recurrence<TLanes, TVector, T, TAlgebra, TSources> : ITileEpilogue<T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TAlgebra : IAlgebra
    where TSources : ICount
{
    /// <summary>2w/r, [tilt][beam].</summary>
    public required T* Weight { get; init; }

    /// <summary>2(d − Re a)/r, [tilt][beam].</summary>
    public required T* Diagonal { get; init; }

    /// <summary>2 Im a/r; its negative for x†.</summary>
    public required T Absorption { get; init; }

    /// <summary>Distance of the parts of a vector, and of the tilts of <see cref="Weight"/> and <see cref="Diagonal"/>.</summary>
    public required nint Plane { get; init; }

    /// <summary>Distance of the tilts of a vector.</summary>
    public required nint Column { get; init; }

    public required T* Current { get; init; }
    public required T* Previous { get; init; }
    public required T* Next { get; init; }
    public T* Source { get; init; }
    public T Factor { get; init; }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Finish(T* tile, int beam, int rows, int tilt, int columns)
    {
        TVector absorption = TLanes.Broadcast(Absorption);
        TVector factor = TLanes.Broadcast(Factor);
        nint plane = Plane;
        nint column = Column;
        nint height = rows * TLanes.Count;
        nint at = (tilt * column) + beam;
        T* weight = Weight + (tilt * plane) + beam;
        T* diagonal = Diagonal + (tilt * plane) + beam;
        T* current = Current + at;
        T* previous = Previous + at;
        T* next = Next + at;
        T* source = Source + at;
        for (; columns > 0; columns--)
        {
            for (nint i = 0; i < height; i += TLanes.Count)
            {
                TVector w = TLanes.Load(weight + i);
                TVector d = TLanes.Load(diagonal + i);
                TVector currentRe = TLanes.Load(current + i);
                TVector re = TLanes.MultiplyAdd(d, currentRe, TLanes.Negate(TLanes.Load(previous + i)));
                re = TLanes.MultiplyAdd(w, TLanes.Load(tile + i), re);
                if (TSources.Value == 1)
                {
                    re = TLanes.MultiplyAdd(factor, TLanes.Load(source + i), re);
                }
                if (TAlgebra.Parts == 2)
                {
                    TVector currentIm = TLanes.Load(current + plane + i);
                    TVector im = TLanes.MultiplyAdd(d, currentIm, TLanes.Negate(TLanes.Load(previous + plane + i)));
                    im = TLanes.MultiplyAdd(w, TLanes.Load(tile + height + i), im);
                    if (TSources.Value == 1)
                    {
                        im = TLanes.MultiplyAdd(factor, TLanes.Load(source + plane + i), im);
                    }
                    re = TLanes.MultiplyAdd(absorption, currentIm, re);
                    im = TLanes.SubtractProduct(absorption, currentRe, im);
                    TLanes.Store(next + plane + i, im);
                }
                TLanes.Store(next + i, re);
            }
            tile += TAlgebra.Parts * height;
            weight += plane;
            diagonal += plane;
            current += column;
            previous += column;
            next += column;
            source += column;
        }
    }
}
