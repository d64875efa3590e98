using System.Numerics;
using System.Runtime.Intrinsics;

namespace Pendel.Kernels;

/// <summary>Vector widths; <see cref="Widest"/> is what the machine has.</summary>
internal enum LaneWidth
{
    Widest,
    Bits512,
    Bits256,
    Bits128,
    Scalar,
}

/// <summary>The propagator of one number type and vector width, with the scratch of one thread.</summary>
internal abstract class ChebyshevEngine
{
    public abstract void Forward(in ArcMatrix arc, double thickness, bool oppositeHand, Span<double> intensities);

    public abstract double Adjoint(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    );

    public abstract void AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> beams,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    );

    /// <summary>An engine of the wanted width, whether or not the machine has it in hardware.</summary>
    public static ChebyshevEngine Create<T>(LaneWidth width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        (width == LaneWidth.Widest ? Widest : width) switch
        {
            LaneWidth.Bits512 => new ChebyshevEngine<Lanes512<T>, Vector512<T>, T>(),
            LaneWidth.Bits256 => new ChebyshevEngine<Lanes256<T>, Vector256<T>, T>(),
            LaneWidth.Bits128 => new ChebyshevEngine<Lanes128<T>, Vector128<T>, T>(),
            _ => new ChebyshevEngine<LanesScalar<T>, T, T>(),
        };

    private static LaneWidth Widest =>
        Vector512.IsHardwareAccelerated ? LaneWidth.Bits512
        : Vector256.IsHardwareAccelerated ? LaneWidth.Bits256
        : Vector128.IsHardwareAccelerated ? LaneWidth.Bits128
        : LaneWidth.Scalar;
}

/// <summary>The propagator on vectors of beams: shapes, scratch and the packed matrix.</summary>
/// <remarks>
/// The Chebyshev vectors φ_k lie as [k][tilt][part][beam]; rows of beams are padded with zeros to whole cache lines, and a column
/// (one tilt) to an odd number of lines, so that steps from column to column do not fall on the same cache set.
/// Sums of coefficients: E = Σ_even c_k φ_k and O = Σ_odd c_k φ_k / i with real factors, ψ = E + iO.
/// </remarks>
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T> : ChebyshevEngine
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly SpectralBound bound = new();
    private readonly Scratch<T> packed = new();
    private readonly Scratch<T> perTilt = new();
    private readonly Scratch<T> vectors = new();
    private readonly Scratch<T> sums = new();
    private readonly Scratch<T> tile = new();
    private readonly Scratch<double> coefficients = new();

    private int beams;
    private int tilts;
    private int parts;
    private bool hermitian;
    private Blocks panels;
    private Blocks tiltBlocks;
    private nint plane;
    private nint column;
    private nint vector;
    private Spectrum spectrum;
    private int highest;

    private static double Tolerance => typeof(T) == typeof(float) ? 1e-9 : 1e-17;

    private T* Phi(int k) => vectors.Pointer + (k * vector);

    private T* ScaledWeight => perTilt.Pointer;

    private T* ScaledDiagonal => perTilt.Pointer + (tilts * plane);

    /// <summary>Sets the shapes, packs the matrix and scales the diagonals for propagations up to a thickness.</summary>
    private void Prepare<TAlgebra>(in ArcMatrix arc, double thickness)
        where TAlgebra : IAlgebra
    {
        (beams, tilts, parts, hermitian) = (arc.Beams, arc.Tilts, TAlgebra.Parts, arc.IsHermitian);
        int line = Scratch<T>.Line / sizeof(T);
        plane = (nint)new Blocks(beams, line).Count * line;
        column = plane * parts;
        column += column / line % 2 == 0 ? line : 0;
        vector = column * tilts;
        int rowVectors = new Blocks(beams, TLanes.Count).Count;
        panels = new Blocks(rowVectors, RegisterTile<TLanes, TVector, T>.Rows<TAlgebra>());
        tiltBlocks = new Blocks(tilts, RegisterTile<TLanes, TVector, T>.Columns);
        tile.Reserve(RegisterTile<TLanes, TVector, T>.Capacity);
        spectrum = bound.Of(arc);
        double z = Argument(arc, thickness);
        if (!(z <= ChebyshevCoefficients.LargestArgument))
        {
            throw new ArgumentException($"is {thickness} Å: {z} radians of phase are too many", nameof(thickness));
        }
        highest = ChebyshevCoefficients.HighestOrder(z, spectrum.LogGrowth, Tolerance);
        coefficients.Reserve(highest + 1);
        vectors.Reserve((highest + 1) * (long)vector);
        Pack<TAlgebra>(arc, adjoint: false);
        ScaleTilts(arc);
    }

    private double Argument(in ArcMatrix arc, double thickness) =>
        Math.PI * thickness * spectrum.Radius / arc.NormalWaveNumber;

    /// <summary>Amplitude that the mean absorption leaves.</summary>
    private double Transmission(in ArcMatrix arc, double thickness) =>
        Math.Exp(-Math.PI * thickness * spectrum.Absorption / arc.NormalWaveNumber);

    /// <summary>2w/r and 2(d − a)/r of each tilt, padded with zeros.</summary>
    private void ScaleTilts(in ArcMatrix arc)
    {
        perTilt.ReserveZeros(2 * tilts * plane);
        double scale = 2 / spectrum.Radius;
        for (int s = 0; s < tilts; s++)
        {
            ReadOnlySpan<double> weight = arc.Weight.Slice(s * beams, beams);
            ReadOnlySpan<double> diagonal = arc.Diagonal.Slice(s * beams, beams);
            for (int g = 0; g < beams; g++)
            {
                ScaledWeight[(s * plane) + g] = T.CreateTruncating(scale * weight[g]);
                ScaledDiagonal[(s * plane) + g] = T.CreateTruncating(scale * (diagonal[g] - spectrum.Centre));
            }
        }
    }

    /// <summary>Writes U (or U†) as panels of row vectors: [panel][column][part][row], padded with zeros.</summary>
    private void Pack<TAlgebra>(in ArcMatrix arc, bool adjoint)
        where TAlgebra : IAlgebra
    {
        bool byRows = adjoint || hermitian;
        int count = TLanes.Count;
        packed.ReserveZeros((long)beams * parts * panels.Length * count);
        for (int p = 0; p < panels.Count; p++)
        {
            int first = panels.Start(p) * count;
            int height = panels.Size(p) * count;
            int rows = Math.Min(height, beams - first);
            T* to = Panel(p);
            for (int h = 0; h < beams; h++, to += parts * height)
            {
                int from = byRows ? (h * beams) + first : (first * beams) + h;
                int step = byRows ? 1 : beams;
                Copy(arc.PotentialRe, from, step, rows, 1, to);
                if (TAlgebra.Parts == 2)
                {
                    Copy(arc.PotentialIm, from, step, rows, byRows ? -1 : 1, to + height);
                }
            }
        }
    }

    private static void Copy(ReadOnlySpan<double> values, int from, int step, int count, double sign, T* to)
    {
        for (int i = 0; i < count; i++, from += step)
        {
            to[i] = T.CreateTruncating(sign * values[from]);
        }
    }

    private T* Panel(int p) => packed.Pointer + ((nint)beams * parts * panels.Start(p) * TLanes.Count);

    /// <summary>Multiplies the packed matrix into all tilts of a vector and hands each tile to the epilogue.</summary>
    private void Apply<TAlgebra, TEpilogue>(T* current, TEpilogue epilogue)
        where TAlgebra : IAlgebra
        where TEpilogue : struct, ITileEpilogue<T>
    {
        for (int p = 0; p < panels.Count; p++)
        {
            int rows = panels.Size(p);
            nint height = rows * TLanes.Count;
            for (int b = 0; b < tiltBlocks.Count; b++)
            {
                int tilt = tiltBlocks.Start(b);
                int columns = tiltBlocks.Size(b);
                RegisterTile<TLanes, TVector, T>.Multiply<TAlgebra>(
                    rows,
                    columns,
                    new TileOperands<T>
                    {
                        Steps = beams,
                        A = Panel(p),
                        AStep = parts * height,
                        AImaginary = height,
                        B = current + (tilt * column),
                        BStep = 1,
                        BColumn = column,
                        BImaginary = plane,
                        Tile = tile.Pointer,
                    }
                );
                epilogue.Finish(tile.Pointer, panels.Start(p) * TLanes.Count, rows, tilt, columns);
            }
        }
    }
}

/// <summary>What is done with a tile of the product Uφ while it is in the nearest cache.</summary>
internal unsafe interface ITileEpilogue<T>
    where T : unmanaged
{
    /// <summary>Consumes the tile of <paramref name="rows"/> row vectors from beam <paramref name="beam"/> on.</summary>
    void Finish(T* tile, int beam, int rows, int tilt, int columns);
}
