using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
internal abstract partial class ChebyshevEngine
{
    /// <summary>As <see cref="Propagator.Forward"/>; returns a bound of the amplitudes' errors.</summary>
    public abstract double Forward(
        in ArcMatrix arc,
        double thickness,
        bool oppositeHand,
        Span<double> intensities,
        bool valueOnly = false
    );

    /// <summary>As <see cref="Propagator.Adjoint"/>.</summary>
    public abstract double Adjoint(
        in ArcMatrix arc,
        ReadOnlySpan<double> intensityCotangent,
        Span<double> potentialCotangentRe,
        Span<double> potentialCotangentIm,
        Span<double> diagonalCotangent
    );

    /// <summary>As <see cref="Propagator.AtThicknesses"/>; returns that bound for the largest thickness.</summary>
    public abstract double AtThicknesses(
        in ArcMatrix arc,
        ReadOnlySpan<double> thicknesses,
        ReadOnlySpan<int> beams,
        ReadOnlySpan<double> tiltWeights,
        Span<double> result
    );

    /// <summary>As <see cref="Propagator.StoredBytes"/>.</summary>
    public long StoredBytes { get; set; } = long.MaxValue;

    /// <summary>Terms of the last propagation, beyond the first.</summary>
    public abstract int Terms { get; }

    /// <summary>Computes the φ_k of the last forward pass again, with their sums.</summary>
    public abstract void RepeatForward();

    /// <summary>Computes the Λ_k of the last adjoint again, with the gradient's sums.</summary>
    public abstract void RepeatAdjoint();

    /// <summary>An engine of the wanted width, whether or not the machine has it in hardware, that shares the scratch of a call.</summary>
    public static ChebyshevEngine Create<T>(LaneWidth width, ChebyshevEngine? sharing = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        (width == LaneWidth.Widest ? Widest : width) switch
        {
            LaneWidth.Bits512 => new ChebyshevEngine<Lanes512<T>, Vector512<T>, T>(sharing),
            LaneWidth.Bits256 => new ChebyshevEngine<Lanes256<T>, Vector256<T>, T>(sharing),
            LaneWidth.Bits128 => new ChebyshevEngine<Lanes128<T>, Vector128<T>, T>(sharing),
            _ => new ChebyshevEngine<LanesScalar<T>, T, T>(sharing),
        };

    /// <summary>The widest registers of the machine.</summary>
    /// <remarks>
    /// <c>Vector512.IsHardwareAccelerated</c> is false on machines that have AVX-512 and lower their clock for it (Skylake-X, Cascade
    /// Lake, Cooper Lake), since a few wide instructions do not pay there. These kernels consist of them.
    /// </remarks>
    public static LaneWidth Widest =>
        Avx512F.IsSupported ? LaneWidth.Bits512
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
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>(ChebyshevEngine? sharing) : ChebyshevEngine
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CallScratch<TLanes, TVector, T> call =
        (sharing as ChebyshevEngine<TLanes, TVector, T>)?.call ?? new();
    private readonly PackedMatrix<TLanes, TVector, T> packed = new();
    private readonly PackedMatrix<TLanes, TVector, T> packedAdjoint = new();
    private readonly Scratch<T> perTilt = new();
    private readonly Scratch<T> sums = new();

    /// <summary>i^{−(k mod 2)} c_k, [order][thickness].</summary>
    private readonly Scratch<T> ownCoefficients = new();

    private int beams;
    private int tilts;
    private int parts;
    private bool hermitian;
    private Blocks tiltBlocks;
    private nint plane;
    private nint column;
    private nint vector;
    private Spectrum spectrum;
    private int highest;

    /// <summary>Distance of the orders of the coefficients.</summary>
    private int stride;

    /// <summary>Coefficients below it are 0.</summary>
    private const double LeastCoefficient = 1e-17;

    /// <summary>The same with absorption, where the φ_k grow; within the range of float32.</summary>
    private const double LeastOfGrowing = 1e-30;

    private static double Tolerance => typeof(T) == typeof(float) ? 1e-8 : 1e-17;

    /// <summary>2 Im a/r.</summary>
    private double Absorption => 2 * spectrum.Absorption / spectrum.Radius;

    /// <summary>The coefficients; those of a call without an adjoint are shared.</summary>
    private T* Coefficients => (valueOnly ? call.Coefficients : ownCoefficients).Pointer;

    private T* ScaledWeight => perTilt.Pointer;

    private T* ScaledDiagonal => perTilt.Pointer + (tilts * plane);

    /// <summary>Sets the shapes, packs the matrix and scales the diagonals for propagations up to a thickness.</summary>
    private void Prepare<TAlgebra>(in ArcMatrix arc, double thickness, string name)
        where TAlgebra : IAlgebra
    {
        (beams, tilts, parts, hermitian) = (arc.Beams, arc.Tilts, TAlgebra.Parts, arc.IsHermitian);
        int line = Scratch<T>.Line / sizeof(T);
        plane = (nint)new Blocks(beams, line).Count * line;
        column = plane * parts;
        column += column / line % 2 == 0 ? line : 0;
        vector = column * tilts;
        tiltBlocks = new Blocks(tilts, RegisterTile<TLanes, TVector, T>.Columns);
        PackAndBound<TAlgebra>(arc);
        double z = Argument(arc, thickness);
        if (!(z <= ChebyshevCoefficients.LargestArgument))
        {
            throw new ArgumentException($"is {thickness} Å: {z} radians of phase are too many", name);
        }
        highest = ChebyshevCoefficients.HighestOrder(z, spectrum.LogGrowth, Tolerance);
        ReserveOrders(thickness, name);
        ScaleTilts(arc);
    }

    private double Argument(in ArcMatrix arc, double thickness) =>
        Math.PI * thickness * spectrum.Radius / arc.NormalWaveNumber;

    /// <summary>The coefficients of all thicknesses.</summary>
    private void FillCoefficients(in ArcMatrix arc, ReadOnlySpan<double> thicknesses)
    {
        stride = new Blocks(thicknesses.Length, ChebyshevCoefficients.Lanes).Count * ChebyshevCoefficients.Lanes;
        Span<double> arguments = new(call.Arguments.Reserve(thicknesses.Length), thicknesses.Length);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            arguments[t] = Argument(arc, thicknesses[t]);
        }
        int all = checked((highest + 1) * stride);
        double* from = call.ExactCoefficients.Reserve(all + TLanes.Count);
        ChebyshevCoefficients.Fill(arguments, stride, hermitian ? LeastCoefficient : LeastOfGrowing, new(from, all));
        T* to = (valueOnly ? call.Coefficients : ownCoefficients).Reserve(all + TLanes.Count);
        for (int i = 0; i < all; i += TLanes.Count)
        {
            TLanes.Store(to + i, TLanes.LoadDoubles(from + i));
        }
        if (!hermitian)
        {
            FillTails(arc, thicknesses);
        }
    }

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

    private void PackAndBound<TAlgebra>(in ArcMatrix arc)
        where TAlgebra : IAlgebra
    {
        packed.Pack<TAlgebra>(arc, adjoint: false);
        if (!hermitian)
        {
            packedAdjoint.Pack<TAlgebra>(arc, adjoint: true);
        }
        spectrum = call.Bound.Of(arc, packed, hermitian ? null : packedAdjoint);
        if (!double.IsFinite(spectrum.Radius + spectrum.HalfHeight))
        {
            Require.Finite(arc.PotentialRe, "potentialRe");
            Require.Finite(arc.PotentialIm, "potentialIm");
            throw new ArgumentException("has elements that are too large for the precision", "potentialRe");
        }
    }
}
