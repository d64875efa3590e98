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

    /// <summary>sums += scale·factors·(re² + im²).</summary>
    public static void AddSquares(double scale, double* re, double* im, double* factors, Span<double> sums)
    {
        int count = Vector<double>.Count;
        fixed (double* sum = &MemoryMarshal.GetReference(sums))
        {
            int i = 0;
            for (; i <= sums.Length - count; i += count)
            {
                Vector<double> x = Vector.Load(re + i);
                Vector<double> y = Vector.Load(im + i);
                (Vector.Load(sum + i) + (Vector.Load(factors + i) * scale * ((x * x) + (y * y)))).Store(sum + i);
            }
            for (; i < sums.Length; i++)
            {
                sum[i] += factors[i] * scale * ((re[i] * re[i]) + (im[i] * im[i]));
            }
        }
    }

    /// <summary>to = a + sign·b.</summary>
    public static void Sum(double* a, double sign, double* b, double* to, int length)
    {
        Vector<double> factor = new(sign);
        int i = 0;
        for (; i <= length - Vector<double>.Count; i += Vector<double>.Count)
        {
            (Vector.Load(a + i) + (factor * Vector.Load(b + i))).Store(to + i);
        }
        for (; i < length; i++)
        {
            to[i] = a[i] + (sign * b[i]);
        }
    }
}
