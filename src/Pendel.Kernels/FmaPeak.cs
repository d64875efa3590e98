using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pendel.Kernels;

/// <summary>The most multiplications and additions that one core can do: what the kernels are measured against.</summary>
public static class FmaPeak
{
    /// <summary>Operations fit for one timing of about 0.1 ms.</summary>
    private const int Rounds = 10_000;

    private const int Timings = 60;

    /// <summary>Times fused multiply-adds of independent registers of the width that the propagator uses; takes about 10 ms.</summary>
    /// <param name="precision">float32 or float64.</param>
    /// <returns>10⁹ operations a second of the calling thread, a multiply-add counted as two; the best of many short timings.</returns>
    public static double Measure(Precision precision) =>
        precision == Precision.Single ? Measure<float>() : Measure<double>();

    private static double Measure<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        ChebyshevEngine.Widest switch
        {
            LaneWidth.Bits512 => Chains<Lanes512<T>, Vector512<T>, T>.Measure(),
            LaneWidth.Bits256 => Chains<Lanes256<T>, Vector256<T>, T>.Measure(),
            LaneWidth.Bits128 => Chains<Lanes128<T>, Vector128<T>, T>.Measure(),
            _ => Chains<LanesScalar<T>, T, T>.Measure(),
        };

    /// <summary>Twelve chains x ← xa + b: more than latency × ports of any machine, and they fit into 16 registers.</summary>
    private static unsafe class Chains<TLanes, TVector, T>
        where TLanes : ILanes<TVector, T>
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private const int Count = 12;

        public static double Measure()
        {
            T* sink = stackalloc T[TLanes.Count];
            double least = double.PositiveInfinity;
            for (int timing = 0; timing < Timings; timing++)
            {
                long start = Stopwatch.GetTimestamp();
                TLanes.Store(sink, Run());
                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            return 2e-9 * Count * TLanes.Count * Rounds / least;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static TVector Run()
        {
            TVector a = TLanes.Broadcast(T.CreateTruncating(0.5));
            TVector b = TLanes.Broadcast(T.One);
            TVector x0 = a,
                x1 = a,
                x2 = a,
                x3 = a,
                x4 = a,
                x5 = a,
                x6 = a,
                x7 = a,
                x8 = a,
                x9 = a,
                x10 = a,
                x11 = a;
            for (int round = 0; round < Rounds; round++)
            {
                x0 = TLanes.MultiplyAdd(x0, a, b);
                x1 = TLanes.MultiplyAdd(x1, a, b);
                x2 = TLanes.MultiplyAdd(x2, a, b);
                x3 = TLanes.MultiplyAdd(x3, a, b);
                x4 = TLanes.MultiplyAdd(x4, a, b);
                x5 = TLanes.MultiplyAdd(x5, a, b);
                x6 = TLanes.MultiplyAdd(x6, a, b);
                x7 = TLanes.MultiplyAdd(x7, a, b);
                x8 = TLanes.MultiplyAdd(x8, a, b);
                x9 = TLanes.MultiplyAdd(x9, a, b);
                x10 = TLanes.MultiplyAdd(x10, a, b);
                x11 = TLanes.MultiplyAdd(x11, a, b);
            }
            x0 = TLanes.Add(TLanes.Add(x0, x1), TLanes.Add(x2, x3));
            x4 = TLanes.Add(TLanes.Add(x4, x5), TLanes.Add(x6, x7));
            x8 = TLanes.Add(TLanes.Add(x8, x9), TLanes.Add(x10, x11));
            return TLanes.Add(TLanes.Add(x0, x4), x8);
        }
    }
}
