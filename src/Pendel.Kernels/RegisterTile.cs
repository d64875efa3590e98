using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

/// <summary>The two factors of a tile product Σ_k a_k b_k and the place of its result.</summary>
/// <remarks>
/// a_k is a column of row vectors at <c>A + k·AStep</c> (imaginary parts <c>AImaginary</c> further), b_k a row of columns:
/// column j at <c>B + k·BStep + j·BColumn</c> (imaginary part <c>BImaginary</c> further). All distances count numbers.
/// The result goes to <c>Tile</c> as [column][part][row vector].
/// </remarks>
internal readonly unsafe struct TileOperands<T>
    where T : unmanaged
{
    public required int Steps { get; init; }
    public required T* A { get; init; }
    public required nint AStep { get; init; }
    public required nint AImaginary { get; init; }
    public required T* B { get; init; }
    public required nint BStep { get; init; }
    public required nint BColumn { get; init; }
    public required nint BImaginary { get; init; }
    public required T* Tile { get; init; }
}

/// <summary>
/// The one matrix product of this assembly: a tile of row vectors × at most four columns that stays in registers while it sums over k.
/// </summary>
/// <remarks>
/// Six slots of row vectors: six rows of real numbers, or three rows of complex numbers (slots 0–2 real parts, 3–5 imaginary parts).
/// With four columns that is 24 accumulators, six vectors of a and one broadcast b: 31 of the 32 registers of AVX-512.
/// </remarks>
internal static unsafe class RegisterTile<TLanes, TVector, T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns of the widest tile.</summary>
    public const int Columns = 4;

    /// <summary>Numbers in the largest result.</summary>
    public static int Capacity => Columns * 6 * TLanes.Count;

    /// <summary>Row vectors of the tallest tile of an algebra.</summary>
    public static int Rows<TAlgebra>()
        where TAlgebra : IAlgebra => TLanes.TileRows / TAlgebra.Parts;

    /// <summary>Sums the product of <paramref name="rows"/> row vectors and <paramref name="columns"/> columns.</summary>
    public static void Multiply<TAlgebra>(int rows, int columns, in TileOperands<T> operands)
        where TAlgebra : IAlgebra
    {
        switch (rows)
        {
            case 1:
                Multiply<TAlgebra, One>(columns, operands);
                break;
            case 2:
                Multiply<TAlgebra, Two>(columns, operands);
                break;
            case 3:
                Multiply<TAlgebra, Three>(columns, operands);
                break;
            case 4:
                Multiply<TAlgebra, Four>(columns, operands);
                break;
            case 5:
                Multiply<TAlgebra, Five>(columns, operands);
                break;
            default:
                Multiply<TAlgebra, Six>(columns, operands);
                break;
        }
    }

    private static void Multiply<TAlgebra, TRows>(int columns, in TileOperands<T> operands)
        where TAlgebra : IAlgebra
        where TRows : ICount
    {
        switch (columns)
        {
            case 1:
                Multiply<TAlgebra, TRows, One>(operands);
                break;
            case 2:
                Multiply<TAlgebra, TRows, Two>(operands);
                break;
            case 3:
                Multiply<TAlgebra, TRows, Three>(operands);
                break;
            default:
                Multiply<TAlgebra, TRows, Four>(operands);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TAlgebra, TRows, TColumns>(in TileOperands<T> operands)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TColumns : ICount
    {
        TVector zero = TLanes.Broadcast(T.Zero);
        TVector x00 = zero,
            x01 = zero,
            x02 = zero,
            x03 = zero,
            x04 = zero,
            x05 = zero;
        TVector x10 = zero,
            x11 = zero,
            x12 = zero,
            x13 = zero,
            x14 = zero,
            x15 = zero;
        TVector x20 = zero,
            x21 = zero,
            x22 = zero,
            x23 = zero,
            x24 = zero,
            x25 = zero;
        TVector x30 = zero,
            x31 = zero,
            x32 = zero,
            x33 = zero,
            x34 = zero,
            x35 = zero;
        T* a = operands.A;
        T* b = operands.B;
        nint aStep = operands.AStep,
            aImaginary = operands.AImaginary;
        nint bStep = operands.BStep,
            bColumn = operands.BColumn,
            bImaginary = operands.BImaginary;
        for (int k = operands.Steps; k > 0; k--)
        {
            TVector u0 = Slot<TAlgebra, TRows>(a, aImaginary, 0);
            TVector u1 = Slot<TAlgebra, TRows>(a, aImaginary, 1);
            TVector u2 = Slot<TAlgebra, TRows>(a, aImaginary, 2);
            TVector u3 = Slot<TAlgebra, TRows>(a, aImaginary, 3);
            TVector u4 = Slot<TAlgebra, TRows>(a, aImaginary, 4);
            TVector u5 = Slot<TAlgebra, TRows>(a, aImaginary, 5);
            Column<TAlgebra, TRows>(
                b,
                bImaginary,
                u0,
                u1,
                u2,
                u3,
                u4,
                u5,
                ref x00,
                ref x01,
                ref x02,
                ref x03,
                ref x04,
                ref x05
            );
            if (TColumns.Value > 1)
            {
                Column<TAlgebra, TRows>(
                    b + bColumn,
                    bImaginary,
                    u0,
                    u1,
                    u2,
                    u3,
                    u4,
                    u5,
                    ref x10,
                    ref x11,
                    ref x12,
                    ref x13,
                    ref x14,
                    ref x15
                );
            }
            if (TColumns.Value > 2)
            {
                Column<TAlgebra, TRows>(
                    b + (2 * bColumn),
                    bImaginary,
                    u0,
                    u1,
                    u2,
                    u3,
                    u4,
                    u5,
                    ref x20,
                    ref x21,
                    ref x22,
                    ref x23,
                    ref x24,
                    ref x25
                );
            }
            if (TColumns.Value > 3)
            {
                Column<TAlgebra, TRows>(
                    b + (3 * bColumn),
                    bImaginary,
                    u0,
                    u1,
                    u2,
                    u3,
                    u4,
                    u5,
                    ref x30,
                    ref x31,
                    ref x32,
                    ref x33,
                    ref x34,
                    ref x35
                );
            }
            a += aStep;
            b += bStep;
        }
        Store<TAlgebra, TRows, TColumns>(operands.Tile, 0, x00, x01, x02, x03, x04, x05);
        Store<TAlgebra, TRows, TColumns>(operands.Tile, 1, x10, x11, x12, x13, x14, x15);
        Store<TAlgebra, TRows, TColumns>(operands.Tile, 2, x20, x21, x22, x23, x24, x25);
        Store<TAlgebra, TRows, TColumns>(operands.Tile, 3, x30, x31, x32, x33, x34, x35);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Holds<TAlgebra, TRows>(int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount => TAlgebra.Parts == 1 ? slot < TRows.Value : slot % 3 < TRows.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Slot<TAlgebra, TRows>(T* a, nint imaginary, int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount
    {
        if (!Holds<TAlgebra, TRows>(slot))
        {
            return default;
        }
        return TAlgebra.Parts == 1 || slot < 3
            ? TLanes.Load(a + (slot * TLanes.Count))
            : TLanes.Load(a + imaginary + ((slot - 3) * TLanes.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TAlgebra, TRows>(
        T* b,
        nint bImaginary,
        TVector u0,
        TVector u1,
        TVector u2,
        TVector u3,
        TVector u4,
        TVector u5,
        ref TVector x0,
        ref TVector x1,
        ref TVector x2,
        ref TVector x3,
        ref TVector x4,
        ref TVector x5
    )
        where TAlgebra : IAlgebra
        where TRows : ICount
    {
        TVector real = TLanes.Broadcast(*b);
        Add<TAlgebra, TRows>(0, u0, real, ref x0);
        Add<TAlgebra, TRows>(1, u1, real, ref x1);
        Add<TAlgebra, TRows>(2, u2, real, ref x2);
        Add<TAlgebra, TRows>(3, u3, real, ref x3);
        Add<TAlgebra, TRows>(4, u4, real, ref x4);
        Add<TAlgebra, TRows>(5, u5, real, ref x5);
        if (TAlgebra.Parts == 2)
        {
            TVector stored = TLanes.Broadcast(b[bImaginary]);
            TVector opposite = TLanes.Negate(stored);
            TVector imaginary = TAlgebra.ConjugatesSecond ? opposite : stored;
            TVector minus = TAlgebra.ConjugatesSecond ? stored : opposite;
            Add<TAlgebra, TRows>(0, u3, minus, ref x0);
            Add<TAlgebra, TRows>(1, u4, minus, ref x1);
            Add<TAlgebra, TRows>(2, u5, minus, ref x2);
            Add<TAlgebra, TRows>(3, u0, imaginary, ref x3);
            Add<TAlgebra, TRows>(4, u1, imaginary, ref x4);
            Add<TAlgebra, TRows>(5, u2, imaginary, ref x5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TAlgebra, TRows>(int slot, TVector u, TVector b, ref TVector x)
        where TAlgebra : IAlgebra
        where TRows : ICount
    {
        if (Holds<TAlgebra, TRows>(slot))
        {
            x = TLanes.MultiplyAdd(u, b, x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TAlgebra, TRows, TColumns>(
        T* tile,
        int column,
        TVector x0,
        TVector x1,
        TVector x2,
        TVector x3,
        TVector x4,
        TVector x5
    )
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TColumns : ICount
    {
        if (column < TColumns.Value)
        {
            T* to = tile + (column * TAlgebra.Parts * TRows.Value * TLanes.Count);
            Store<TAlgebra, TRows>(to, 0, x0);
            Store<TAlgebra, TRows>(to, 1, x1);
            Store<TAlgebra, TRows>(to, 2, x2);
            Store<TAlgebra, TRows>(to, 3, x3);
            Store<TAlgebra, TRows>(to, 4, x4);
            Store<TAlgebra, TRows>(to, 5, x5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TAlgebra, TRows>(T* to, int slot, TVector x)
        where TAlgebra : IAlgebra
        where TRows : ICount
    {
        if (Holds<TAlgebra, TRows>(slot))
        {
            int place = TAlgebra.Parts == 1 || slot < 3 ? slot : slot - 3 + TRows.Value;
            TLanes.Store(to + (place * TLanes.Count), x);
        }
    }
}
