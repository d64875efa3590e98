using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pendel.Kernels;

/// <summary>What is done with a tile of a product while it is in the nearest cache.</summary>
internal unsafe interface ITileEpilogue<T>
    where T : unmanaged
{
    /// <summary>Consumes a tile, [column][part][row vector], of <paramref name="rows"/> row vectors from row <paramref name="row"/> on.</summary>
    void Finish(T* tile, int row, int rows, int column, int columns);
}

/// <summary>A matrix as panels of row vectors, [panel][column][part][row], padded with zeros, ready for the register tile.</summary>
/// <remarks>
/// Where at most half a vector of complex rows is left over, the last row vector is mixed, as the register tile has it: padding is
/// then to a multiple of half a vector.
/// </remarks>
internal sealed unsafe class PackedMatrix<TLanes, TVector, T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns of a product that are summed panel by panel before the next are begun: a cache line of floats.</summary>
    private const int ColumnGroup = 4;

    private readonly Scratch<T> values = new();
    private readonly Scratch<T> tile = new();
    private int rows;
    private int columns;
    private int parts;
    private bool mixed;

    /// <summary>The product of a panel with columns 1 … 4: of the taller panels, of the others, and of the mixed one.</summary>
    private readonly delegate* <in TileOperands<T>, void>[] products = new delegate* <in TileOperands<T>, void>[
        3 * RegisterTile<TLanes, TVector, T>.Columns
    ];

    /// <summary>The row vectors, cut into panels as tall as the register tile.</summary>
    public Blocks Panels { get; private set; }

    private T* Zeros => tile.Pointer + RegisterTile<TLanes, TVector, T>.Capacity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T* Panel(int p) => values.Pointer + ((nint)columns * parts * Panels.Start(p) * TLanes.Count);

    private bool IsMixed(int p) => mixed && p == Panels.Count - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private delegate* <in TileOperands<T>, void> Product(int p, int width)
    {
        int kind =
            IsMixed(p) ? 2
            : Panels.Size(p) == Panels.Size(0) ? 0
            : 1;
        return products[(kind * RegisterTile<TLanes, TVector, T>.Columns) + width - 1];
    }

    /// <summary>Packs U, or U†.</summary>
    public void Pack<TAlgebra>(in ArcMatrix arc, bool adjoint)
        where TAlgebra : IAlgebra
    {
        Shape<TAlgebra>(arc.Beams, arc.Beams);
        for (int p = 0; p < Panels.Count; p++)
        {
            int first = Panels.Start(p) * TLanes.Count;
            int height = Panels.Size(p) * TLanes.Count;
            int count = Math.Min(height, rows - first);
            T* to = Panel(p);
            for (int h = 0; h < columns; h++, to += parts * height)
            {
                if (adjoint || arc.IsHermitian)
                {
                    CopyRow(arc.PotentialRe.Slice((h * columns) + first, count), 1, to, height);
                    if (parts == 2)
                    {
                        CopyRow(arc.PotentialIm.Slice((h * columns) + first, count), -1, to + height, height);
                    }
                }
                else
                {
                    CopyColumn(arc.PotentialRe[((first * columns) + h)..], count, to, height);
                    if (parts == 2)
                    {
                        CopyColumn(arc.PotentialIm[((first * columns) + h)..], count, to + height, height);
                    }
                }
            }
        }
        Mix();
    }

    /// <summary>Packs the conjugates of columns that lie <paramref name="step"/> apart, imaginary parts <paramref name="plane"/> further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackConjugate<TAlgebra>(T* vectors, nint step, nint plane, int rows, int columns)
        where TAlgebra : IAlgebra
    {
        Shape<TAlgebra>(rows, columns);
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p) * TLanes.Count;
            T* from = vectors + (Panels.Start(p) * TLanes.Count);
            T* to = Panel(p);
            for (int k = 0; k < columns; k++, from += step, to += TAlgebra.Parts * height)
            {
                for (int i = 0; i < height; i += TLanes.Count)
                {
                    TLanes.Store(to + i, TLanes.Load(from + i));
                    if (TAlgebra.Parts == 2)
                    {
                        TLanes.Store(to + height + i, TLanes.Negate(TLanes.Load(from + plane + i)));
                    }
                }
            }
        }
        Mix();
    }

    /// <summary>Sets a column of a real matrix, padded with finite numbers to whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SetColumn(int column, T* from)
    {
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p) * TLanes.Count;
            T* to = Panel(p) + ((nint)column * height);
            for (int i = 0; i < height; i += TLanes.Count, from += TLanes.Count)
            {
                TLanes.Store(to + i, TLanes.Load(from));
            }
        }
    }

    /// <summary>Packs |a|, or |a + sign·b|/2, as real numbers; the diagonal is 0.</summary>
    public void PackAbsolute(PackedMatrix<TLanes, TVector, T> a, PackedMatrix<TLanes, TVector, T>? b, int sign)
    {
        (rows, columns, parts, mixed, Panels) = (a.rows, a.columns, 1, false, a.Panels);
        Reserve<RealAlgebra>();
        TVector weight = TLanes.Broadcast(T.CreateTruncating(b is null ? 0 : sign));
        TVector scale = TLanes.Broadcast(T.CreateTruncating(b is null ? 1 : 0.5));
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p) * TLanes.Count;
            Absolute(a, (b ?? a).Panel(p), p, weight, scale, Panel(p));
            int first = Panels.Start(p) * TLanes.Count;
            for (int g = first; g < Math.Min(first + height, rows); g++)
            {
                Panel(p)[((nint)g * height) + g - first] = T.Zero;
            }
        }
    }

    /// <summary>Multiplies the matrix into columns of vectors and hands each tile of the product to the epilogue.</summary>
    /// <param name="vectors">Columns, <paramref name="column"/> apart, imaginary parts <paramref name="plane"/> further.</param>
    /// <param name="plane">Distance of the parts of a column.</param>
    /// <param name="column">Distance of the columns.</param>
    /// <param name="blocks">The columns, cut into blocks as wide as the register tile.</param>
    /// <param name="epilogue">Consumes the product; by reference, because a copy would wait for its fields to leave the store queue.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Multiply<TEpilogue>(T* vectors, nint plane, nint column, Blocks blocks, ref TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue<T>
    {
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p);
            int row = Panels.Start(p) * TLanes.Count;
            T* panel = Panel(p);
            var wide = Product(p, blocks.Size(0));
            var narrow = Product(p, blocks.Size(blocks.Count - 1));
            for (int b = 0, start = 0; b < blocks.Count; b++)
            {
                int width = blocks.Size(b);
                TileOperands<T> operands = new()
                {
                    Steps = columns,
                    A = panel,
                    B = vectors + (start * column),
                    BStep = 1,
                    BColumn = column,
                    BImaginary = plane,
                    Start = Zeros,
                    Tile = tile.Pointer,
                };
                (width == blocks.Size(0) ? wide : narrow)(operands);
                epilogue.Finish(tile.Pointer, row, height, start, width);
                start += width;
            }
        }
    }

    /// <summary>Adds the product with a matrix whose rows lie <paramref name="step"/> apart to tiles.</summary>
    /// <param name="vectors">The second factor's first row, imaginary parts <paramref name="plane"/> further.</param>
    /// <param name="step">Distance of its rows, one for each column of this matrix.</param>
    /// <param name="plane">Distance of its parts.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="sums">Tiles of the product, <see cref="TilesLength"/> numbers, for <see cref="ReadColumn"/>.</param>
    /// <param name="rowsOfTile">For each tile's columns how many of its rows are not all 0; all of them if it is left out.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddProduct(
        T* vectors,
        nint step,
        nint plane,
        int width,
        T* sums,
        ReadOnlySpan<int> rowsOfTile = default
    )
    {
        for (int group = 0; group < width; group += ColumnGroup * RegisterTile<TLanes, TVector, T>.Columns)
        {
            int end = Math.Min(group + (ColumnGroup * RegisterTile<TLanes, TVector, T>.Columns), width);
            for (int p = 0; p < Panels.Count; p++)
            {
                for (int g = group; g < end; g += RegisterTile<TLanes, TVector, T>.Columns)
                {
                    T* place = Tile(sums, width, p, g);
                    int steps = rowsOfTile.IsEmpty ? columns : rowsOfTile[g / RegisterTile<TLanes, TVector, T>.Columns];
                    TileOperands<T> operands = new()
                    {
                        Steps = steps,
                        A = Panel(p),
                        B = vectors + g,
                        BStep = step,
                        BColumn = 1,
                        BImaginary = plane,
                        Start = place,
                        Tile = place,
                    };
                    Product(p, Math.Min(RegisterTile<TLanes, TVector, T>.Columns, end - g))(operands);
                }
            }
        }
    }

    /// <summary>Numbers in the tiles of a product with that many columns.</summary>
    public long TilesLength(int width) => (long)width * parts * Panels.Length * TLanes.Count;

    /// <summary>Reads a part of a column of a product from its tiles; what follows the rows is undefined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadColumn(T* sums, int width, int column, int part, double* to)
    {
        int within = column % RegisterTile<TLanes, TVector, T>.Columns;
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p) * TLanes.Count;
            T* from = Tile(sums, width, p, column - within) + (((within * parts) + part) * height);
            for (int i = 0; i < height; i += TLanes.Count, to += TLanes.Count)
            {
                TLanes.StoreDoubles(to, TLanes.Load(from + i));
            }
        }
    }

    private T* Tile(T* sums, int width, int p, int column) =>
        sums
        + (((nint)width * parts * Panels.Start(p) * TLanes.Count))
        + ((nint)column * parts * Panels.Size(p) * TLanes.Count);

    /// <summary>Makes room for a matrix, and cuts its rows into panels.</summary>
    public void Shape<TAlgebra>(int height, int width)
        where TAlgebra : IAlgebra
    {
        (rows, columns, parts) = (height, width, TAlgebra.Parts);
        int left = rows % TLanes.Count;
        mixed = parts == 2 && left > 0 && 2 * left <= TLanes.Count;
        Panels = new Blocks(new Blocks(rows, TLanes.Count).Count, RegisterTile<TLanes, TVector, T>.Rows<TAlgebra>());
        Reserve<TAlgebra>();
    }

    private void Reserve<TAlgebra>()
        where TAlgebra : IAlgebra
    {
        int last = Panels.Size(Panels.Count - 1);
        for (int width = 1; width <= RegisterTile<TLanes, TVector, T>.Columns; width++)
        {
            int place = width - 1;
            products[place] = RegisterTile<TLanes, TVector, T>.Product<TAlgebra>(Panels.Size(0), false, width);
            place += RegisterTile<TLanes, TVector, T>.Columns;
            products[place] = RegisterTile<TLanes, TVector, T>.Product<TAlgebra>(last, false, width);
            place += RegisterTile<TLanes, TVector, T>.Columns;
            products[place] = RegisterTile<TLanes, TVector, T>.Product<TAlgebra>(last, mixed, width);
        }
        tile.ReserveZeros(2 * RegisterTile<TLanes, TVector, T>.Capacity);
        values.Reserve((long)columns * parts * Panels.Length * TLanes.Count);
    }

    /// <summary>Makes the last row vector a mixed one, if it is to be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mix()
    {
        if (mixed)
        {
            int height = Panels.Size(Panels.Count - 1) * TLanes.Count;
            T* at = Panel(Panels.Count - 1) + height - TLanes.Count;
            for (int k = 0; k < columns; k++, at += 2 * height)
            {
                TVector re = TLanes.Load(at);
                TVector im = TLanes.Load(at + height);
                TLanes.Store(at, TLanes.Add(re, TLanes.SwapHalves(im)));
                TLanes.Store(at + height, TLanes.Add(TLanes.Negate(im), TLanes.SwapHalves(re)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRow(ReadOnlySpan<double> row, int sign, T* to, int height)
    {
        TVector factor = TLanes.Broadcast(T.CreateTruncating(sign));
        TVector zero = TLanes.Broadcast(T.Zero);
        fixed (double* from = &MemoryMarshal.GetReference(row))
        {
            int i = 0;
            for (; i <= row.Length - TLanes.Count; i += TLanes.Count)
            {
                TLanes.Store(to + i, TLanes.MultiplyAdd(factor, TLanes.LoadDoubles(from + i), zero));
            }
            for (; i < row.Length; i++)
            {
                to[i] = T.CreateTruncating(sign * from[i]);
            }
            for (; i < height; i++)
            {
                to[i] = T.Zero;
            }
        }
    }

    private void CopyColumn(ReadOnlySpan<double> from, int count, T* to, int height)
    {
        for (int i = 0; i < height; i++)
        {
            to[i] = i < count ? T.CreateTruncating(from[i * columns]) : T.Zero;
        }
    }

    /// <summary>|a|, or |a + weight·b|·scale, of one panel; a mixed row vector has the same absolute values in both halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Absolute(
        PackedMatrix<TLanes, TVector, T> matrix,
        T* b,
        int p,
        TVector weight,
        TVector scale,
        T* to
    )
    {
        TVector zero = TLanes.Broadcast(T.Zero);
        T* a = matrix.Panel(p);
        int height = matrix.Panels.Size(p) * TLanes.Count;
        for (int h = 0; h < matrix.columns; h++)
        {
            for (int i = 0; i < height; i += TLanes.Count)
            {
                TVector re = TLanes.MultiplyAdd(weight, TLanes.Load(b + i), TLanes.Load(a + i));
                TVector squares = TLanes.MultiplyAdd(re, re, zero);
                if (matrix.IsMixed(p) && i == height - TLanes.Count)
                {
                    squares = TLanes.Add(squares, TLanes.SwapHalves(squares));
                }
                else if (matrix.parts == 2)
                {
                    TVector im = TLanes.MultiplyAdd(weight, TLanes.Load(b + height + i), TLanes.Load(a + height + i));
                    squares = TLanes.MultiplyAdd(im, im, squares);
                }
                TLanes.Store(to + i, TLanes.MultiplyAdd(scale, TLanes.Sqrt(squares), zero));
            }
            a += matrix.parts * height;
            b += matrix.parts * height;
            to += height;
        }
    }
}
