using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

/// <summary>One step of the recurrence next = 2x·current − previous, with x = (diag(w)U + diag(d) − a)/r.</summary>
internal readonly unsafe struct Recurrence<TLanes, TVector, T, TAlgebra>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TAlgebra : IAlgebra
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

    /// <summary>The next values of one row vector of one tilt, from its product Uφ; not stored yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(TVector productRe, TVector productIm, int tilt, nint beam, out TVector re, out TVector im)
    {
        nint at = (tilt * Column) + beam;
        TVector weight = TLanes.Load(Weight + (tilt * Plane) + beam);
        TVector diagonal = TLanes.Load(Diagonal + (tilt * Plane) + beam);
        TVector currentRe = TLanes.Load(Current + at);
        re = TLanes.MultiplyAdd(diagonal, currentRe, TLanes.Negate(TLanes.Load(Previous + at)));
        re = TLanes.MultiplyAdd(weight, productRe, re);
        im = default;
        if (TAlgebra.Parts == 2)
        {
            TVector currentIm = TLanes.Load(Current + at + Plane);
            im = TLanes.MultiplyAdd(diagonal, currentIm, TLanes.Negate(TLanes.Load(Previous + at + Plane)));
            im = TLanes.MultiplyAdd(weight, productIm, im);
            TVector absorption = TLanes.Broadcast(Absorption);
            re = TLanes.MultiplyAdd(absorption, currentIm, re);
            im = TLanes.MultiplyAdd(TLanes.Negate(absorption), currentRe, im);
        }
    }

    /// <summary>Stores the next values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(TVector re, TVector im, int tilt, nint beam)
    {
        T* next = Next + (tilt * Column) + beam;
        TLanes.Store(next, re);
        if (TAlgebra.Parts == 2)
        {
            TLanes.Store(next + Plane, im);
        }
    }
}
