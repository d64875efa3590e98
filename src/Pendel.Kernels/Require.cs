namespace Pendel.Kernels;

/// <summary>Refusals, thrown before any work: an ArgumentException that names the argument and both shapes.</summary>
internal static class Require
{
    public static void Positive(int value, string name)
    {
        if (value < 1)
        {
            throw new ArgumentException($"is {value}, not at least 1", name);
        }
    }

    public static void Length(int found, long expected, string name)
    {
        if (found != expected)
        {
            throw new ArgumentException($"has {found} values, expected {expected}", name);
        }
    }

    public static void Finite(ReadOnlySpan<double> values, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                throw new ArgumentException($"is {values[i]} at place {i}, not finite", name);
            }
        }
    }

    public static void FinitePositive(ReadOnlySpan<double> values, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] > 0) || !double.IsFinite(values[i]))
            {
                throw new ArgumentException($"is {values[i]} at place {i}, not positive and finite", name);
            }
        }
    }

    public static void Thickness(double value, string name)
    {
        if (!(value >= 0) || !double.IsFinite(value))
        {
            throw new ArgumentException($"is {value} Å, not finite and at least 0", name);
        }
    }

    public static void Thicknesses(ReadOnlySpan<double> values, string name)
    {
        foreach (double value in values)
        {
            Thickness(value, name);
        }
    }

    /// <summary>Each index in [0, count).</summary>
    public static void Indices(ReadOnlySpan<int> index, int count, string name)
    {
        for (int i = 0; i < index.Length; i++)
        {
            if ((uint)index[i] >= (uint)count)
            {
                throw new ArgumentException($"is {index[i]} at place {i}, outside 0 … {count - 1}", name);
            }
        }
    }
}
