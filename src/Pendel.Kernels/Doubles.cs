using System.Numerics;
using System.Runtime.InteropServices;

namespace Pendel.Kernels;

/// <summary>Loops over doubles at the border of the kernels.</summary>
internal static unsafe class Doubles
{
    /// <summary>sums += scale·values, returning scale·Σ values·factors.</summary>
    public static double AddScaled(double scale, double* values, ReadOnlySpan<double> factors, Span<double> sums)
    {
        int count = Vector<double>.Count;
        Vector<double> dot = Vector<double>.Zero;
        double rest = 0;
        fixed (double* factor = &MemoryMarshal.GetReference(factors))
        fixed (double* sum = &MemoryMarshal.GetReference(sums))
        {
            int i = 0;
            for (; i <= sums.Length - count; i += count)
            {
                Vector<double> value = Vector.Load(values + i);
                (Vector.Load(sum + i) + (value * scale)).Store(sum + i);
                dot += value * Vector.Load(factor + i);
            }
            for (; i < sums.Length; i++)
            {
                sum[i] += scale * values[i];
                rest += values[i] * factor[i];
            }
        }
        return scale * (Vector.Sum(dot) + rest);
    }
}
