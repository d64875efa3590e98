namespace Pendel.IO;

/// <summary>Tokens → CifDocument, by the grammar of CIF 1.1; all that is wrong is reported at once.</summary>
public sealed class CifReader
{
    readonly CifLexer lexer;
    readonly DiagnosticList found;
    readonly string? gluedLoops;
    readonly ImmutableArray<CifBlock>.Builder blocks = ImmutableArray.CreateBuilder<CifBlock>();
    readonly ImmutableArray<CifEntry>.Builder entries = ImmutableArray.CreateBuilder<CifEntry>();
    readonly HashSet<string> names = [];
    CifToken block;
    CifToken token;

    CifReader(string text, DiagnosticList found, string? gluedLoops)
    {
        (lexer, this.found, this.gluedLoops) = (new(text), found, gluedLoops);
        token = lexer.Next();
    }

    /// <summary>Reads a CIF 1.1 file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DataException">The file cannot be read, or is no CIF.</exception>
    public static Loaded<CifDocument> Read(string path) => Parse(TextFile.Read(path), path);

    /// <summary>Reads the text of a CIF 1.1 file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The name under which diagnostics speak of it.</param>
    /// <exception cref="DataException">The text is no CIF.</exception>
    public static Loaded<CifDocument> Parse(string text, string path)
    {
        var found = new DiagnosticList(path);
        var document = Parse(text, found, null);
        return new(document, found.ToImmutable());
    }

    /// <summary>Reads the text of a CIF; what is odd is added to the list.</summary>
    /// <param name="text">The text.</param>
    /// <param name="found">Takes the diagnostics.</param>
    /// <param name="gluedLoops">
    /// Start of the data names of loops whose numbers may stand without a blank before a minus sign, or null.
    /// </param>
    internal static CifDocument Parse(string text, DiagnosticList found, string? gluedLoops)
    {
        var document = new CifReader(TextFile.Normalise(text, found.File), found, gluedLoops).ReadDocument();
        found.ThrowIfErrors();
        return document;
    }

    CifDocument ReadDocument()
    {
        while (IsLoneSemicolon)
            SkipLine();
        if (token.Kind != CifTokenKind.Data)
        {
            found.Error(token.Position, null, $"found {Found()}, expected a data block: a line data_NAME");
            return new([]);
        }
        while (token.Kind != CifTokenKind.End)
        {
            block = token;
            Advance();
            while (token.Kind is not (CifTokenKind.Data or CifTokenKind.End))
                ReadEntry();
            CloseBlock();
        }
        return new(blocks.ToImmutable());
    }

    void ReadEntry()
    {
        switch (token.Kind)
        {
            case CifTokenKind.Name:
                ReadItem();
                break;
            case CifTokenKind.Loop:
                ReadLoop();
                break;
            case CifTokenKind.Value:
                ReadStray();
                break;
            case CifTokenKind.Unterminated:
                var end = token.Value.Quoting == CifQuoting.TextField ? "a line that begins with ;" : "a closing quote";
                found.Error(token.Position, null, $"found {Found()}, expected its end: {end}");
                Advance(CifTokenKind.End);
                break;
            default:
                found.Error(token.Position, null, $"found {Found()}, which a data file does not hold");
                Advance();
                break;
        }
    }

    void ReadItem()
    {
        var name = token;
        Advance();
        if (token.Kind != CifTokenKind.Value)
        {
            if (token.Kind != CifTokenKind.Unterminated)
                found.Error(token.Position, name.Text, $"found {Found()}, expected a value");
            return;
        }
        var value = token.Value;
        Advance();
        if (value is { Quoting: CifQuoting.TextField, Text: "" } && token.Kind == CifTokenKind.Value)
            value = ReadTextAfterDoubledSemicolon(value, name.Text);
        CheckNew(name);
        entries.Add(new CifItem(name.Text, value));
    }

    // `;` `;` text `;`: what DIALS writes. Read as CIF the text would be stray values.
    CifValue ReadTextAfterDoubledSemicolon(CifValue empty, string item)
    {
        found.Warning(empty.Position, item, "the text field opens twice; the second semicolon is taken as its start");
        lexer.RestartAfterLine(empty.Position.Line);
        Advance();
        if (token.Kind != CifTokenKind.Value)
            return empty;
        var value = token.Value;
        Advance();
        return value;
    }

    void ReadLoop()
    {
        var columns = ImmutableArray.CreateBuilder<string>();
        var start = token.Position;
        for (Advance(); token.Kind == CifTokenKind.Name; Advance())
        {
            columns.Add(token.Text);
            CheckNew(token);
        }
        if (columns.Count == 0)
        {
            found.Error(start, "loop_", $"found {Found()}, expected data names");
            SkipValues();
            return;
        }
        var glued = gluedLoops is not null && CifBlock.Key(columns[0]).StartsWith(gluedLoops, StringComparison.Ordinal);
        var values = ImmutableArray.CreateBuilder<CifValue>();
        for (; token.Kind == CifTokenKind.Value; Advance())
            if (glued && token.Value.Quoting == CifQuoting.Bare)
                AddGlued(values, token.Value);
            else
                values.Add(token.Value);
        if (values.Count % columns.Count != 0)
            ReportTruncated(columns, values, start);
        else
            entries.Add(new CifLoop(columns.ToImmutable(), values.DrainToImmutable()));
    }

    // Columns of fixed width leave no blank before a long number; a minus sign after a digit begins the next one.
    static void AddGlued(ImmutableArray<CifValue>.Builder values, CifValue value)
    {
        var start = 0;
        for (var i = 1; i < value.Text.Length; i++)
            if (value.Text[i] == '-' && (char.IsAsciiDigit(value.Text[i - 1]) || value.Text[i - 1] == '.'))
            {
                values.Add(Part(value, start, i));
                start = i;
            }
        values.Add(start == 0 ? value : Part(value, start, value.Text.Length));
    }

    static CifValue Part(CifValue value, int start, int end) =>
        value with
        {
            Text = value.Text[start..end],
            Position = value.Position with { Column = value.Position.Column + start },
        };

    // Names the first line that differs, if rows and lines go together; the loop as a whole otherwise.
    void ReportTruncated(
        ImmutableArray<string>.Builder columns,
        ImmutableArray<CifValue>.Builder values,
        TextPosition start
    )
    {
        var lines = values.GroupBy(v => v.Position.Line).ToArray();
        var odd = lines.FirstOrDefault(row => row.Count() != columns.Count);
        if (odd is not null && lines.Count(row => row.Count() == columns.Count) * 2 >= lines.Length)
            found.Error(
                odd.First().Position,
                columns[0],
                $"found a row of {odd.Count()} values, expected {columns.Count}: the loop is truncated or shifted"
            );
        else
            found.Error(
                start,
                columns[0],
                $"found a loop of {values.Count} values, expected a multiple of its {columns.Count} columns"
            );
    }

    bool IsLoneSemicolon =>
        token is { Kind: CifTokenKind.Value, Value.Quoting: CifQuoting.TextField } && token.Text.StartsWith('\n');

    void SkipLine()
    {
        found.Warning(token.Position, null, "a line with a lone semicolon is skipped");
        lexer.RestartAfterLine(token.Position.Line);
        Advance();
    }

    // A lone semicolon where no value belongs is skipped; any other value there is an error, told once for a run.
    void ReadStray()
    {
        if (IsLoneSemicolon)
        {
            SkipLine();
            return;
        }
        found.Error(token.Position, null, $"found {Found()}, expected a data name, loop_ or data_");
        SkipValues();
    }

    void SkipValues()
    {
        while (token.Kind == CifTokenKind.Value)
            Advance();
    }

    void CheckNew(CifToken name)
    {
        if (!names.Add(CifBlock.Key(name.Text)))
            found.Error(name.Position, name.Text, $"found it again in data_{block.Text}, expected each data name once");
    }

    void CloseBlock()
    {
        if (blocks.Any(b => b.Name.Equals(block.Text, StringComparison.OrdinalIgnoreCase)))
            found.Warning(block.Position, "data_" + block.Text, "a block of this name occurs before");
        if (!found.HasErrors)
            blocks.Add(new(block.Text, entries.ToImmutable(), block.Position));
        entries.Clear();
        names.Clear();
    }

    void Advance() => token = lexer.Next();

    void Advance(CifTokenKind kind) => token = token with { Kind = kind };

    string Found() => token.Kind == CifTokenKind.End ? "the end of the file" : DiagnosticList.Show(token.Text);
}
