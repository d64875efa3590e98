namespace Pendel.IO;

/// <summary>How a value is delimited in the text.</summary>
public enum CifQuoting
{
    /// <summary>Not at all: ? and . mean that there is no value.</summary>
    Bare,

    /// <summary>By apostrophes or quotation marks.</summary>
    Quoted,

    /// <summary>By semicolons in the first column.</summary>
    TextField,
}

/// <summary>One value of a CIF.</summary>
/// <param name="Text">The text without delimiters; lines end with LF.</param>
/// <param name="Quoting">How it is delimited.</param>
/// <param name="Position">Where it begins; default for a value that was not read.</param>
public readonly record struct CifValue(string Text, CifQuoting Quoting, TextPosition Position)
{
    /// <summary>? (unknown).</summary>
    public static CifValue Unknown => new("?", CifQuoting.Bare, default);

    /// <summary>. (not applicable).</summary>
    public static CifValue Inapplicable => new(".", CifQuoting.Bare, default);

    /// <summary>A value to be written; quoted as its text demands.</summary>
    /// <param name="text">The text; "?" and "." are meant literally.</param>
    public static CifValue Of(string text) => new(text, CifQuoting.Quoted, default);

    /// <summary>Whether it says that there is no value: a bare ? (unknown) or . (not applicable).</summary>
    public bool IsAbsent => Quoting == CifQuoting.Bare && Text is "?" or ".";
}

/// <summary>An entry of a data block: an item or a loop.</summary>
public abstract record CifEntry
{
    private protected CifEntry() { }
}

/// <summary>A data name with its value.</summary>
/// <param name="Name">Data name, underscore included.</param>
/// <param name="Value">Value.</param>
public sealed record CifItem(string Name, CifValue Value) : CifEntry;

/// <summary>A table: columns by data name.</summary>
/// <param name="Names">Data names of the columns, at least one.</param>
/// <param name="Values">Values row by row; a multiple of the number of columns.</param>
public sealed record CifLoop(ImmutableArray<string> Names, ImmutableArray<CifValue> Values) : CifEntry
{
    /// <summary>Number of rows.</summary>
    public int RowCount => Values.Length / Names.Length;
}

/// <summary>One column of a loop, or an item seen as a column of one row.</summary>
public sealed class CifColumn
{
    readonly ImmutableArray<CifValue> values;
    readonly int first;
    readonly int step;

    internal CifColumn(CifItem item)
        : this(item.Name, [item.Value], 0, 1) { }

    internal CifColumn(CifLoop loop, int column)
        : this(loop.Names[column], loop.Values, column, loop.Names.Length) { }

    CifColumn(string name, ImmutableArray<CifValue> values, int first, int step) =>
        (Name, this.values, this.first, this.step) = (name, values, first, step);

    /// <summary>Data name as written in the file.</summary>
    public string Name { get; }

    /// <summary>Number of rows.</summary>
    public int Count => values.Length / step;

    /// <summary>The value in a row.</summary>
    /// <param name="row">Row, from 0.</param>
    public CifValue this[int row] => values[first + row * step];
}

/// <summary>A data block: entries in file order. Data names are compared without case, "." reads as "_" (DDLm names).</summary>
public sealed class CifBlock
{
    readonly Dictionary<string, CifColumn> columns = [];

    /// <summary>The block with these entries.</summary>
    /// <param name="name">Block code: the text after `data_`.</param>
    /// <param name="entries">Items and loops.</param>
    /// <param name="position">Where it begins in the file.</param>
    /// <exception cref="ArgumentException">A data name occurs twice.</exception>
    public CifBlock(string name, ImmutableArray<CifEntry> entries, TextPosition position = default)
    {
        (Name, Entries, Position) = (name, entries, position);
        foreach (var entry in entries)
            if (entry is CifItem item)
                Add(item.Name, new CifColumn(item));
            else if (entry is CifLoop loop)
                for (var i = 0; i < loop.Names.Length; i++)
                    Add(loop.Names[i], new CifColumn(loop, i));
    }

    /// <summary>Block code.</summary>
    public string Name { get; }

    /// <summary>Items and loops in file order.</summary>
    public ImmutableArray<CifEntry> Entries { get; }

    /// <summary>Where `data_` stands.</summary>
    public TextPosition Position { get; }

    /// <summary>The column of the first of these data names that the block holds, or null.</summary>
    /// <param name="names">Data names, the preferred one first.</param>
    public CifColumn? Column(params string[] names)
    {
        foreach (var name in names)
            if (columns.TryGetValue(Key(name), out var column))
                return column;
        return null;
    }

    /// <summary>The form in which data names are compared.</summary>
    internal static string Key(string name) => name.ToLowerInvariant().Replace('.', '_');

    void Add(string name, CifColumn column)
    {
        if (!columns.TryAdd(Key(name), column))
            throw new ArgumentException($"the data name {name} occurs twice in the block {Name}");
    }
}

/// <summary>A CIF: data blocks in file order.</summary>
/// <param name="Blocks">The blocks.</param>
public sealed record CifDocument(ImmutableArray<CifBlock> Blocks);
