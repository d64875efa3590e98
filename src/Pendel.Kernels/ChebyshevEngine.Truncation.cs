namespace Pendel.Kernels;

// Absorption lets φ_k grow, at most as ρ^k. That bound alone would keep a third more orders than are needed, so the orders end where
// two neighbours, as they have come out, and the bound from there on leave less than the tolerance:
// φ_{k+m} = U_m(x) φ_k − U_{m−1}(x) φ_{k−1} with |U_m(x)| ≤ (m + 1) ρ^m.
internal sealed unsafe partial class ChebyshevEngine<TLanes, TVector, T>
{
    /// <summary>Largest element of the last φ_k that was looked at.</summary>
    private double lastElement;

    /// <summary>
    /// The most of e^{−πta/K_n} Σ_{m ≥ 1} |c_{k+m}(t)| (m + 1) ρ^m over the thicknesses, for each order k.
    /// </summary>
    private void FillTails(in ArcMatrix arc, ReadOnlySpan<double> thicknesses)
    {
        double* tail = call.Tails.ReserveZeros(highest + 1);
        double growth = Math.Exp(spectrum.LogGrowth);
        for (int t = 0; t < thicknesses.Length; t++)
        {
            double transmission = Transmission(arc, thicknesses[t]);
            (double sum, double weighted) = (0, 0);
            for (int k = highest; k >= 0; k--)
            {
                tail[k] = Math.Max(tail[k], transmission * (sum + weighted));
                double own = Math.Abs(call.ExactCoefficients.Pointer[(k * stride) + t]);
                (sum, weighted) = (growth * (own + sum), growth * (own + sum + weighted));
            }
        }
    }

    /// <summary>Ends the orders with the first of a run whose tail is negligible; returns the largest |c_k φ_k| of the run.</summary>
    private double Truncate(int first, int end)
    {
        double growth = 0;
        for (int k = first; k < end; k++)
        {
            double before = k == 0 ? 0 : lastElement;
            lastElement = LargestElement(Phi(k));
            double coefficient = call.ExactCoefficients.Pointer[(k * stride) + largest];
            growth = Math.Max(growth, lastElement * Math.Abs(coefficient));
            if (k >= ChebyshevCoefficients.FewestOrders && (before + lastElement) * call.Tails.Pointer[k] <= Tolerance)
            {
                highest = k;
                break;
            }
        }
        return growth;
    }

    private double LargestElement(T* values)
    {
        TVector largest = TLanes.Broadcast(T.Zero);
        int rows = packed.Panels.Length * TLanes.Count;
        for (int p = 0; p < tilts * parts; p++)
        {
            T* from = values + (p / parts * column) + (p % parts * plane);
            for (int g = 0; g < rows; g += TLanes.Count)
            {
                TVector value = TLanes.Load(from + g);
                largest = TLanes.Max(largest, TLanes.Max(value, TLanes.Negate(value)));
            }
        }
        return double.CreateTruncating(Reduce<TLanes, TVector, T>.Largest(largest));
    }
}
