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

/// <summary>Cuts a length into the fewest blocks of at most <c>widest</c>, as even as possible.</summary>
internal readonly record struct Blocks(int Length, int Widest)
{
    /// <summary>How many blocks.</summary>
    public int Count => (Length + Widest - 1) / Widest;

    /// <summary>Where a block begins; <c>Start(Count)</c> is the length.</summary>
    public int Start(int block) => (int)((long)block * Length / Count);

    /// <summary>How long a block is.</summary>
    public int Size(int block) => Start(block + 1) - Start(block);
}
