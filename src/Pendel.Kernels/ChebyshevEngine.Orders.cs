using System.Numerics;

namespace Pendel.Kernels;

// The φ_k of consecutive orders are kept in a window. Where all of them would not fit below the ceiling, the window moves up in
// the forward pass, which leaves the two orders before each place of the window, and the adjoint computes them again from there.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>Columns of the inner dimension (orders × tilts) of the gradient's product that are summed in one go, if N is large.</summary>
    private const int InnerColumns = 64;

    /// <summary>Of a smaller N, so that all that is needed stays in the nearest cache.</summary>
    private const int FewInnerColumns = 32;

    private const int FewBeams = 64;
    private const int MostOrdersPerBlock = 16;

    private readonly Scratch<T> vectors = new();
    private readonly Scratch<T> starts = new();

    /// <summary>Orders of the window: a multiple of <see cref="MostOrdersPerBlock"/>.</summary>
    private int ordersKept;

    /// <summary>Orders whose part of the gradient is summed in one product: a power of 2.</summary>
    private int ordersPerBlock;

    private int windowStart;

    /// <summary>Whether the last propagation has no adjoint, so that its orders need not be kept.</summary>
    private bool valueOnly;

    /// <summary>φ_k, or one of the two before the window.</summary>
    private T* Phi(int k) => vectors.Pointer + ((k - windowStart + 2) * vector);

    /// <summary>
    /// Chooses the window: all orders if the ceiling allows, else about √(2·orders), which needs the least memory; where no adjoint
    /// follows no more than a block, which stays in the nearest cache.
    /// </summary>
    private void ReserveOrders(double thickness, string name)
    {
        int most = Math.Min(MostOrdersPerBlock, (beams <= FewBeams ? FewInnerColumns : InnerColumns) / tilts);
        ordersPerBlock = Math.Max(2, 1 << BitOperations.Log2((uint)Math.Max(most, 1)));
        int orders = highest + 1;
        bool all = !valueOnly && (orders + 2) * (double)vector * sizeof(T) <= StoredBytes;
        double wanted =
            all ? orders
            : valueOnly ? 1
            : Math.Sqrt(2.0 * orders);
        ordersKept = (int)Math.Ceiling(wanted / MostOrdersPerBlock) * MostOrdersPerBlock;
        int kept = Math.Min(ordersKept, orders);
        if ((kept + 2) * (double)vector > Array.MaxLength)
        {
            throw new ArgumentException($"is {thickness} Å: {highest} orders do not fit into an array", name);
        }
        vectors.Reserve(((kept + 2) * (long)vector) + TLanes.Count);
        int windows = new Blocks(orders, ordersKept).Count;
        starts.Reserve(2 * (valueOnly ? 1 : windows - 1) * (long)vector);
    }

    /// <summary>Moves the window, in the forward pass.</summary>
    private void Open(int first)
    {
        if (first > 0)
        {
            new Span<T>(Phi(first - 2), checked((int)(2 * vector))).CopyTo(Start(first));
        }
        Reopen(first);
    }

    /// <summary>Sees to it that an order is in the window, after a forward pass.</summary>
    private void Recall<TAlgebra>(int order)
        where TAlgebra : IAlgebra
    {
        int first = order / ordersKept * ordersKept;
        if (first != windowStart)
        {
            Reopen(first);
            Fill<TAlgebra>(first, Math.Min(first + ordersKept, highest + 1));
        }
    }

    private Span<T> Start(int first)
    {
        int window = valueOnly ? 0 : (first / ordersKept) - 1;
        return new(starts.Pointer + (2 * window * vector), checked((int)(2 * vector)));
    }

    /// <summary>Moves the window to where the forward pass had it, and sets the orders before it, or the first.</summary>
    private void Reopen(int first)
    {
        windowStart = first;
        if (first > 0)
        {
            Start(first).CopyTo(new Span<T>(Phi(first - 2), checked((int)(2 * vector))));
            return;
        }
        Clear(Phi(-1));
        Clear(Phi(0));
        SetFirst(Phi(0), 0.5);
    }

    /// <summary>Computes orders of the window; those before them are there.</summary>
    private void Fill<TAlgebra>(int first, int end)
        where TAlgebra : IAlgebra
    {
        for (int k = Math.Max(first, 1); k < end; k++)
        {
            Recurrence<TLanes, TVector, T, TAlgebra, None> step = new()
            {
                Weight = ScaledWeight,
                Diagonal = ScaledDiagonal,
                Absorption = T.CreateTruncating(Absorption),
                Plane = plane,
                Column = column,
                Current = Phi(k - 1),
                Previous = Phi(k - 2),
                Next = Phi(k),
            };
            packed.Multiply(Phi(k - 1), plane, column, tiltBlocks, ref step);
            if (k == 1)
            {
                SetFirst(Phi(0), 1);
            }
        }
    }
}
