using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pendel.Kernels;

/// <summary>Memory that grows and never shrinks, does not move, and starts on a cache line.</summary>
internal sealed unsafe class Scratch<T>
    where T : unmanaged
{
    /// <summary>Bytes of a cache line (and of the widest register).</summary>
    public const int Line = 64;

    private T[] array = [];

    /// <summary>The first number; valid until the next <see cref="Reserve"/>.</summary>
    public T* Pointer { get; private set; }

    /// <summary>Makes room for <paramref name="length"/> numbers; the contents are undefined afterwards.</summary>
    public T* Reserve(long length)
    {
        long needed = length + (Line / sizeof(T));
        if (needed > array.Length)
        {
            array = GC.AllocateUninitializedArray<T>(checked((int)needed), pinned: true);
            nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
            Pointer = (T*)((start + Line - 1) / Line * Line);
        }
        return Pointer;
    }

    /// <summary>Makes room for <paramref name="length"/> zeros.</summary>
    public T* ReserveZeros(long length)
    {
        T* pointer = Reserve(length);
        new Span<T>(pointer, checked((int)length)).Clear();
        return pointer;
    }
}

/// <summary>Cuts a length into the fewest blocks of at most a given size, as even as possible: the longer ones come first.</summary>
internal readonly struct Blocks
{
    private readonly int size;
    private readonly int longer;

    /// <summary>Cuts <paramref name="length"/> > 0 into blocks of at most <paramref name="widest"/>.</summary>
    public Blocks(int length, int widest)
    {
        Length = length;
        Count = (length + widest - 1) / widest;
        (size, longer) = Math.DivRem(length, Count);
    }

    /// <summary>What is cut.</summary>
    public int Length { get; }

    /// <summary>How many blocks.</summary>
    public int Count { get; }

    /// <summary>Where a block begins; <c>Start(Count)</c> is the length.</summary>
    public int Start(int block) => (block * size) + Math.Min(block, longer);

    /// <summary>How long a block is.</summary>
    public int Size(int block) => block < longer ? size + 1 : size;
}
