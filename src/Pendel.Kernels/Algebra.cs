namespace Pendel.Kernels;

/// <summary>What a product of two numbers is; numbers are split into parts that lie in separate planes.</summary>
internal interface IAlgebra
{
    /// <summary>Parts of a number: 1 (real) or 2 (real and imaginary).</summary>
    static abstract int Parts { get; }
}

/// <summary>a·b of real numbers.</summary>
internal readonly struct RealAlgebra : IAlgebra
{
    public static int Parts => 1;
}

/// <summary>a·b of complex numbers.</summary>
internal readonly struct ComplexAlgebra : IAlgebra
{
    public static int Parts => 2;
}

/// <summary>A number known to the compiler, so that a tile's loops unroll.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

internal readonly struct None : ICount
{
    public static int Value => 0;
}

internal readonly struct One : ICount
{
    public static int Value => 1;
}

internal readonly struct Two : ICount
{
    public static int Value => 2;
}

internal readonly struct Three : ICount
{
    public static int Value => 3;
}

internal readonly struct Four : ICount
{
    public static int Value => 4;
}

internal readonly struct Five : ICount
{
    public static int Value => 5;
}

internal readonly struct Six : ICount
{
    public static int Value => 6;
}
