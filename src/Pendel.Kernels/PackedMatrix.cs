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

/// <summary>A square matrix as panels of row vectors, [panel][column][part][row], padded with zeros, ready for the register tile.</summary>
internal sealed unsafe class PackedMatrix<TLanes, TVector, T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Scratch<T> values = new();
    private readonly Scratch<T> tile = new();
    private int size;
    private int parts;

    /// <summary>The row vectors, cut into panels as tall as the register tile.</summary>
    public Blocks Panels { get; private set; }

    private long Length => (long)size * parts * Panels.Length * TLanes.Count;

    private T* Panel(int p) => values.Pointer + ((nint)size * parts * Panels.Start(p) * TLanes.Count);

    /// <summary>Packs U, or U†.</summary>
    public void Pack<TAlgebra>(in ArcMatrix arc, bool adjoint)
        where TAlgebra : IAlgebra
    {
        Shape<TAlgebra>(arc.Beams);
        for (int p = 0; p < Panels.Count; p++)
        {
            int first = Panels.Start(p) * TLanes.Count;
            int height = Panels.Size(p) * TLanes.Count;
            int rows = Math.Min(height, size - first);
            T* to = Panel(p);
            if (adjoint || arc.IsHermitian)
            {
                for (int h = 0; h < size; h++, to += parts * height)
                {
                    CopyRow(arc.PotentialRe.Slice((h * size) + first, rows), 1, to, height);
                    if (parts == 2)
                    {
                        CopyRow(arc.PotentialIm.Slice((h * size) + first, rows), -1, to + height, height);
                    }
                }
            }
            else
            {
                for (int h = 0; h < size; h++, to += parts * height)
                {
                    CopyColumn(arc.PotentialRe[((first * size) + h)..], rows, to, height);
                    if (parts == 2)
                    {
                        CopyColumn(arc.PotentialIm[((first * size) + h)..], rows, to + height, height);
                    }
                }
            }
        }
    }

    /// <summary>Packs |a|, or |a + sign·b|/2, as real numbers; the diagonal is 0.</summary>
    public void PackAbsolute(PackedMatrix<TLanes, TVector, T> a, PackedMatrix<TLanes, TVector, T>? b, int sign)
    {
        (size, parts, Panels) = (a.size, 1, a.Panels);
        values.Reserve(Length);
        tile.Reserve(RegisterTile<TLanes, TVector, T>.Capacity);
        TVector weight = TLanes.Broadcast(T.CreateTruncating(b is null ? 0 : sign));
        TVector scale = TLanes.Broadcast(T.CreateTruncating(b is null ? 1 : 0.5));
        for (int p = 0; p < Panels.Count; p++)
        {
            int height = Panels.Size(p) * TLanes.Count;
            Absolute(a.Panel(p), (b ?? a).Panel(p), weight, scale, height, a.parts, Panel(p));
            int first = Panels.Start(p) * TLanes.Count;
            for (int g = first; g < Math.Min(first + height, size); g++)
            {
                Panel(p)[((nint)g * height) + g - first] = T.Zero;
            }
        }
    }

    /// <summary>Multiplies the matrix into columns of vectors and hands each tile of the product to the epilogue.</summary>
    /// <param name="vectors">Columns, <paramref name="column"/> apart, imaginary parts <paramref name="plane"/> further.</param>
    /// <param name="plane">Distance of the parts of a column.</param>
    /// <param name="column">Distance of the columns.</param>
    /// <param name="columns">The columns, cut into blocks as wide as the register tile.</param>
    /// <param name="epilogue">Consumes the product.</param>
    public void Multiply<TAlgebra, TEpilogue>(T* vectors, nint plane, nint column, Blocks columns, TEpilogue epilogue)
        where TAlgebra : IAlgebra
        where TEpilogue : struct, ITileEpilogue<T>
    {
        for (int p = 0; p < Panels.Count; p++)
        {
            int rows = Panels.Size(p);
            nint height = rows * TLanes.Count;
            for (int b = 0; b < columns.Count; b++)
            {
                int start = columns.Start(b);
                RegisterTile<TLanes, TVector, T>.Multiply<TAlgebra>(
                    rows,
                    columns.Size(b),
                    new TileOperands<T>
                    {
                        Steps = size,
                        A = Panel(p),
                        AStep = parts * height,
                        AImaginary = height,
                        B = vectors + (start * column),
                        BStep = 1,
                        BColumn = column,
                        BImaginary = plane,
                        Tile = tile.Pointer,
                    }
                );
                epilogue.Finish(tile.Pointer, Panels.Start(p) * TLanes.Count, rows, start, columns.Size(b));
            }
        }
    }

    private void Shape<TAlgebra>(int beams)
        where TAlgebra : IAlgebra
    {
        (size, parts) = (beams, TAlgebra.Parts);
        Panels = new Blocks(new Blocks(beams, TLanes.Count).Count, RegisterTile<TLanes, TVector, T>.Rows<TAlgebra>());
        tile.Reserve(RegisterTile<TLanes, TVector, T>.Capacity);
        values.Reserve(Length);
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

    private void CopyColumn(ReadOnlySpan<double> values, int count, T* to, int height)
    {
        for (int i = 0; i < height; i++)
        {
            to[i] = i < count ? T.CreateTruncating(values[i * size]) : T.Zero;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Absolute(T* a, T* b, TVector weight, TVector scale, int height, int parts, T* to)
    {
        TVector zero = TLanes.Broadcast(T.Zero);
        for (int h = 0; h < size; h++)
        {
            for (int i = 0; i < height; i += TLanes.Count)
            {
                TVector re = TLanes.MultiplyAdd(weight, TLanes.Load(b + i), TLanes.Load(a + i));
                TVector squares = TLanes.MultiplyAdd(re, re, zero);
                if (parts == 2)
                {
                    TVector im = TLanes.MultiplyAdd(weight, TLanes.Load(b + height + i), TLanes.Load(a + height + i));
                    squares = TLanes.MultiplyAdd(im, im, squares);
                }
                TLanes.Store(to + i, TLanes.MultiplyAdd(scale, TLanes.Sqrt(squares), zero));
            }
            a += parts * height;
            b += parts * height;
            to += height;
        }
    }
}
