using System.Numerics;

namespace Pendel.Kernels;

/// <summary>A run of reflections in planes of the caller's scratch: h, k, l, f and two of sums; the last vector is padded with zeros.</summary>
internal readonly ref struct ReflectionBlock
{
    public const int Size = 256;

    private readonly Span<double> planes;

    public ReflectionBlock(ReadOnlySpan<int> hkl, int start, int count, Span<double> scratch)
    {
        Count = count;
        planes = scratch;
        planes[..(4 * Size)].Clear();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<int> index = hkl.Slice(3 * (start + i), 3);
            (planes[i], planes[Size + i], planes[(2 * Size) + i]) = (index[0], index[1], index[2]);
        }
    }

    public int Count { get; }

    /// <summary>Real parts, then imaginary parts.</summary>
    public Span<double> Sums => planes[(4 * Size)..];

    public void Load(ReadOnlySpan<double> factors, int start) =>
        factors.Slice(start, Count).CopyTo(planes[(3 * Size)..]);

    public (Vector<double> H, Vector<double> K, Vector<double> L) Index(int i) =>
        (new(planes[i..]), new(planes[(Size + i)..]), new(planes[((2 * Size) + i)..]));

    public Vector<double> Factor(int i) => new(planes[((3 * Size) + i)..]);
}

/// <summary>An atom's wave f T exp(−2πi h·x).</summary>
internal readonly ref struct AtomWave(ReadOnlySpan<double> position, ReadOnlySpan<double> adp)
{
    private readonly ReadOnlySpan<double> x = position;
    private readonly ReadOnlySpan<double> u = adp;

    public (Vector<double> Re, Vector<double> Im) Wave(
        Vector<double> h,
        Vector<double> k,
        Vector<double> l,
        Vector<double> amplitude
    )
    {
        Vector<double> turns = (x[0] * h) + (x[1] * k) + (x[2] * l);
        Vector<double> squares = (u[0] * h * h) + (u[1] * k * k) + (u[2] * l * l);
        Vector<double> products = (u[3] * k * l) + (u[4] * h * l) + (u[5] * h * k);
        Vector<double> damped = amplitude * Vector.Exp(-2 * Math.PI * Math.PI * (squares + (2 * products)));
        (Vector<double> sin, Vector<double> cos) = Vector.SinCos(2 * Math.PI * (turns - Vector.Round(turns)));
        return (damped * cos, -damped * sin);
    }
}

/// <summary>Sums over the reflections of F̄·∂F, of an atom of occupancy 1.</summary>
internal struct WaveMoments
{
    private Vector<double> sum,
        x,
        y,
        z,
        hh,
        kk,
        ll,
        kl,
        hl,
        hk;

    public readonly double Sum => Vector.Sum(sum);

    public void Add(Vector<double> h, Vector<double> k, Vector<double> l, Vector<double> along, Vector<double> across)
    {
        sum += along;
        x += h * across;
        y += k * across;
        z += l * across;
        hh += h * h * along;
        kk += k * k * along;
        ll += l * l * along;
        kl += k * l * along;
        hl += h * l * along;
        hk += h * k * along;
    }

    public readonly void AddTo(double occupancy, Span<double> position, Span<double> adp)
    {
        double turn = 2 * Math.PI * occupancy;
        double square = -2 * Math.PI * Math.PI * occupancy;
        position[0] += turn * Vector.Sum(x);
        position[1] += turn * Vector.Sum(y);
        position[2] += turn * Vector.Sum(z);
        adp[0] += square * Vector.Sum(hh);
        adp[1] += square * Vector.Sum(kk);
        adp[2] += square * Vector.Sum(ll);
        adp[3] += 2 * square * Vector.Sum(kl);
        adp[4] += 2 * square * Vector.Sum(hl);
        adp[5] += 2 * square * Vector.Sum(hk);
    }
}
