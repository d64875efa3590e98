using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pendel.Kernels;

/// <summary>The two factors of a tile product Σ_k a_k b_k and the place of its result.</summary>
/// <remarks>
/// a_k is a column of row vectors, packed as [k][part][row vector]; b_k a row of columns: column j at <c>B + k·BStep + j·BColumn</c>
/// (imaginary part <c>BImaginary</c> further). All distances count numbers. The sum begins with the tile at <c>Start</c> and is
/// left in the tile at <c>Tile</c>, which may be the same; a tile is [column][part][row vector].
/// </remarks>
internal readonly unsafe struct TileOperands<T>
    where T : unmanaged
{
    public required int Steps { get; init; }
    public required T* A { get; init; }
    public required T* B { get; init; }
    public required nint BStep { get; init; }
    public required nint BColumn { get; init; }
    public required nint BImaginary { get; init; }
    public required T* Start { get; init; }
    public required T* Tile { get; init; }
}

/// <summary>
/// The one matrix product of this assembly: a tile of row vectors × at most four columns that stays in registers while it sums over k.
/// </summary>
/// <remarks>
/// Six slots of row vectors: six rows of real numbers, or three rows of complex numbers (slots 0–2 real parts, 3–5 imaginary parts).
/// With four columns that is 24 accumulators, six vectors of a and one broadcast b: 31 of the 32 registers of AVX-512.
/// The last complex row may be mixed, where at most half a vector of rows is left: its a is [Re a | Im a] and [−Im a | Re a], and
/// one accumulator [Re | Im] serves it.
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

    /// <summary>The product of <paramref name="rows"/> row vectors, the last of which may be mixed, and <paramref name="columns"/> columns.</summary>
    public static delegate* <in TileOperands<T>, void> Product<TAlgebra>(int rows, bool mixed, int columns)
        where TAlgebra : IAlgebra =>
        rows switch
        {
            1 => Product<TAlgebra, One>(mixed, columns),
            2 => Product<TAlgebra, Two>(mixed, columns),
            3 => Product<TAlgebra, Three>(mixed, columns),
            4 => Product<TAlgebra, Four>(mixed, columns),
            5 => Product<TAlgebra, Five>(mixed, columns),
            _ => Product<TAlgebra, Six>(mixed, columns),
        };

    private static delegate* <in TileOperands<T>, void> Product<TAlgebra, TRows>(bool mixed, int columns)
        where TAlgebra : IAlgebra
        where TRows : ICount =>
        mixed ? Product<TAlgebra, TRows, One>(columns) : Product<TAlgebra, TRows, None>(columns);

    private static delegate* <in TileOperands<T>, void> Product<TAlgebra, TRows, TMixed>(int columns)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount =>
        columns switch
        {
            1 => &Multiply<TAlgebra, TRows, TMixed, One>,
            2 => &Multiply<TAlgebra, TRows, TMixed, Two>,
            3 => &Multiply<TAlgebra, TRows, TMixed, Three>,
            _ => &Multiply<TAlgebra, TRows, TMixed, Four>,
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TAlgebra, TRows, TMixed, TColumns>(in TileOperands<T> operands)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount
        where TColumns : ICount
    {
        T* start = operands.Start;
        TVector x00 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 0),
            x01 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 1),
            x02 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 2),
            x03 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 3),
            x04 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 4),
            x05 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 0, 5);
        TVector x10 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 0),
            x11 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 1),
            x12 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 2),
            x13 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 3),
            x14 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 4),
            x15 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 1, 5);
        TVector x20 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 0),
            x21 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 1),
            x22 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 2),
            x23 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 3),
            x24 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 4),
            x25 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 2, 5);
        TVector x30 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 0),
            x31 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 1),
            x32 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 2),
            x33 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 3),
            x34 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 4),
            x35 = Begin<TAlgebra, TRows, TMixed, TColumns>(start, 3, 5);
        T* a = operands.A;
        T* b = operands.B;
        nint bStep = operands.BStep,
            bColumn = operands.BColumn,
            bImaginary = operands.BImaginary;
        for (int k = operands.Steps; k > 0; k--)
        {
            TVector u0 = Factor<TAlgebra, TRows>(a, 0);
            TVector u1 = Factor<TAlgebra, TRows>(a, 1);
            TVector u2 = Factor<TAlgebra, TRows>(a, 2);
            TVector u3 = Factor<TAlgebra, TRows>(a, 3);
            TVector u4 = Factor<TAlgebra, TRows>(a, 4);
            TVector u5 = Factor<TAlgebra, TRows>(a, 5);
            Column<TAlgebra, TRows, TMixed>(
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
                Column<TAlgebra, TRows, TMixed>(
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
                Column<TAlgebra, TRows, TMixed>(
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
                Column<TAlgebra, TRows, TMixed>(
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
            a += TAlgebra.Parts * TRows.Value * TLanes.Count;
            b += bStep;
        }
        Store<TAlgebra, TRows, TMixed, TColumns>(operands.Tile, 0, x00, x01, x02, x03, x04, x05);
        Store<TAlgebra, TRows, TMixed, TColumns>(operands.Tile, 1, x10, x11, x12, x13, x14, x15);
        Store<TAlgebra, TRows, TMixed, TColumns>(operands.Tile, 2, x20, x21, x22, x23, x24, x25);
        Store<TAlgebra, TRows, TMixed, TColumns>(operands.Tile, 3, x30, x31, x32, x33, x34, x35);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMixed<TRows, TMixed>(int slot)
        where TRows : ICount
        where TMixed : ICount => TMixed.Value == 1 && slot == TRows.Value - 1;

    /// <summary>Whether a slot has vectors of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Loads<TAlgebra, TRows>(int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount => TAlgebra.Parts == 1 ? slot < TRows.Value : slot % 3 < TRows.Value;

    /// <summary>Whether a slot has accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Holds<TAlgebra, TRows, TMixed>(int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount => Loads<TAlgebra, TRows>(slot) && !(slot >= 3 && IsMixed<TRows, TMixed>(slot - 3));

    /// <summary>Where a slot lies, in vectors, in a column of a and of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Place<TAlgebra, TRows>(int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount => TAlgebra.Parts == 1 || slot < 3 ? slot : slot - 3 + TRows.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Factor<TAlgebra, TRows>(T* a, int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount =>
        Loads<TAlgebra, TRows>(slot) ? TLanes.Load(a + (Place<TAlgebra, TRows>(slot) * TLanes.Count)) : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Begin<TAlgebra, TRows, TMixed, TColumns>(T* tile, int column, int slot)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount
        where TColumns : ICount =>
        column < TColumns.Value && Holds<TAlgebra, TRows, TMixed>(slot)
            ? TLanes.Load(
                tile + (((column * TAlgebra.Parts * TRows.Value) + Place<TAlgebra, TRows>(slot)) * TLanes.Count)
            )
            : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TAlgebra, TRows, TMixed>(
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
        where TMixed : ICount
    {
        TVector real = TLanes.Broadcast(*b);
        Add<TAlgebra, TRows, TMixed>(0, u0, real, ref x0);
        Add<TAlgebra, TRows, TMixed>(1, u1, real, ref x1);
        Add<TAlgebra, TRows, TMixed>(2, u2, real, ref x2);
        Add<TAlgebra, TRows, TMixed>(3, u3, real, ref x3);
        Add<TAlgebra, TRows, TMixed>(4, u4, real, ref x4);
        Add<TAlgebra, TRows, TMixed>(5, u5, real, ref x5);
        if (TAlgebra.Parts == 2)
        {
            TVector imaginary = TLanes.Broadcast(b[bImaginary]);
            Cross<TAlgebra, TRows, TMixed>(0, u0, u3, imaginary, ref x0, ref x3);
            Cross<TAlgebra, TRows, TMixed>(1, u1, u4, imaginary, ref x1, ref x4);
            Cross<TAlgebra, TRows, TMixed>(2, u2, u5, imaginary, ref x2, ref x5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TAlgebra, TRows, TMixed>(int slot, TVector u, TVector b, ref TVector x)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount
    {
        if (Holds<TAlgebra, TRows, TMixed>(slot))
        {
            x = TLanes.MultiplyAdd(u, b, x);
        }
    }

    /// <summary>What the imaginary part of b adds to a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Cross<TAlgebra, TRows, TMixed>(
        int row,
        TVector uRe,
        TVector uIm,
        TVector imaginary,
        ref TVector re,
        ref TVector im
    )
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount
    {
        if (IsMixed<TRows, TMixed>(row))
        {
            re = TLanes.MultiplyAdd(uIm, imaginary, re);
        }
        else if (row < TRows.Value)
        {
            re = TLanes.SubtractProduct(uIm, imaginary, re);
            im = TLanes.MultiplyAdd(uRe, imaginary, im);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TAlgebra, TRows, TMixed, TColumns>(
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
        where TMixed : ICount
        where TColumns : ICount
    {
        if (column < TColumns.Value)
        {
            T* to = tile + (column * TAlgebra.Parts * TRows.Value * TLanes.Count);
            Store<TAlgebra, TRows, TMixed>(to, 0, x0);
            Store<TAlgebra, TRows, TMixed>(to, 1, x1);
            Store<TAlgebra, TRows, TMixed>(to, 2, x2);
            Store<TAlgebra, TRows, TMixed>(to, 3, x3);
            Store<TAlgebra, TRows, TMixed>(to, 4, x4);
            Store<TAlgebra, TRows, TMixed>(to, 5, x5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TAlgebra, TRows, TMixed>(T* to, int slot, TVector x)
        where TAlgebra : IAlgebra
        where TRows : ICount
        where TMixed : ICount
    {
        if (Holds<TAlgebra, TRows, TMixed>(slot))
        {
            TLanes.Store(to + (Place<TAlgebra, TRows>(slot) * TLanes.Count), x);
            if (TAlgebra.Parts == 2 && IsMixed<TRows, TMixed>(slot))
            {
                TLanes.Store(to + (Place<TAlgebra, TRows>(slot + 3) * TLanes.Count), TLanes.SwapHalves(x));
            }
        }
    }
}
