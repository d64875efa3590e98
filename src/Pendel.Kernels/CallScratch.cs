using System.Numerics;

namespace Pendel.Kernels;

/// <summary>What a call of the propagator needs only until it returns, so that all propagators of a thread may share it.</summary>
internal sealed class CallScratch<TLanes, TVector, T>
    where TLanes : ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public SpectralBound<TLanes, TVector, T> Bound { get; } = new();

    /// <summary>φ_k* of a block of orders, for the gradient.</summary>
    public PackedMatrix<TLanes, TVector, T> Outer { get; } = new();

    /// <summary>Tiles of the gradient.</summary>
    public Scratch<T> PotentialSum { get; } = new();

    public Scratch<T> DiagonalSum { get; } = new();
    public Scratch<T> Sources { get; } = new();
    public Scratch<T> Adjoints { get; } = new();

    /// <summary>Sources of each thickness of a distribution.</summary>
    public Scratch<T> ManySources { get; } = new();

    public Scratch<double> RowSum { get; } = new();

    /// <summary>z of each thickness.</summary>
    public Scratch<double> Arguments { get; } = new();

    /// <summary>Orders that the thicknesses of a tile need, of one parity.</summary>
    public Scratch<int> TermsOfTile { get; } = new();

    public Scratch<double> ExactCoefficients { get; } = new();

    /// <summary>What the orders beyond each may add, relative to it and the one before; with absorption.</summary>
    public Scratch<double> Tails { get; } = new();

    /// <summary>The coefficients of a call without an adjoint; of one with it, their derivatives.</summary>
    public Scratch<T> Coefficients { get; } = new();

    /// <summary>Scored rows of the φ_k of even and of odd orders, for a scan of thicknesses.</summary>
    public PackedMatrix<TLanes, TVector, T> EvenRows { get; } = new();

    public PackedMatrix<TLanes, TVector, T> OddRows { get; } = new();
    public Scratch<T> ScoredRow { get; } = new();
    public Scratch<T> EvenSums { get; } = new();
    public Scratch<T> OddSums { get; } = new();
    public Scratch<double> ScoredEven { get; } = new();
    public Scratch<double> ScoredOdd { get; } = new();
    public Scratch<double> ScoredFactors { get; } = new();
    public Scratch<double> ScoredSums { get; } = new();
    public Scratch<double> Amplitudes { get; } = new();
}
