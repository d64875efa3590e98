namespace Pendel.IO;

/// <summary>What a token is.</summary>
enum CifTokenKind
{
    /// <summary>A data name.</summary>
    Name,

    /// <summary>A value, delimiters removed.</summary>
    Value,

    /// <summary>`data_`; the text is the block code.</summary>
    Data,

    /// <summary>`loop_`.</summary>
    Loop,

    /// <summary>`save_…`, `stop_` or `global_`, which a CIF data file does not hold.</summary>
    Reserved,

    /// <summary>A quoted string or text field without its end.</summary>
    Unterminated,

    /// <summary>The end of the text.</summary>
    End,
}

/// <summary>A token and the place of its first character.</summary>
readonly record struct CifToken(CifTokenKind Kind, CifValue Value)
{
    public string Text => Value.Text;
    public TextPosition Position => Value.Position;
}

/// <summary>Cuts the text of a CIF 1.1 file into tokens. Source: International Tables G, 2.2.7.</summary>
/// <param name="text">The text; lines end with LF.</param>
sealed class CifLexer(string text)
{
    int place;
    int line = 1;
    int lineStart;

    /// <summary>Goes back to the line after the given one.</summary>
    /// <param name="number">Number of a line that was already passed, from 1.</param>
    public void RestartAfterLine(int number)
    {
        (place, line, lineStart) = (0, 1, 0);
        while (line <= number)
            NextLine();
    }

    /// <summary>The next token.</summary>
    public CifToken Next()
    {
        SkipBlanksAndComments();
        var position = new TextPosition(line, place - lineStart + 1);
        if (place >= text.Length)
            return Token(CifTokenKind.End, "", CifQuoting.Bare, position);
        return text[place] switch
        {
            ';' when place == lineStart => TextField(position),
            '\'' or '"' => Quoted(position),
            _ => Bare(position),
        };
    }

    static CifToken Token(CifTokenKind kind, string value, CifQuoting quoting, TextPosition position) =>
        new(kind, new(value, quoting, position));

    void SkipBlanksAndComments()
    {
        while (place < text.Length)
            if (text[place] == '\n')
                NextLine();
            else if (text[place] == '#')
                place = LineEnd();
            else if (IsBlank(text[place]))
                place++;
            else
                return;
    }

    CifToken TextField(TextPosition position)
    {
        var start = place + 1;
        for (NextLine(); place < text.Length; NextLine())
            if (text[place] == ';')
            {
                var value = text[start..(place - 1)];
                place++;
                return Token(CifTokenKind.Value, value, CifQuoting.TextField, position);
            }
        return Token(CifTokenKind.Unterminated, ";", CifQuoting.TextField, position);
    }

    CifToken Quoted(TextPosition position)
    {
        var end = LineEnd();
        for (var i = place + 1; i < end; i++)
            if (text[i] == text[place] && (i + 1 == end || IsBlank(text[i + 1])))
            {
                var value = text[(place + 1)..i];
                place = i + 1;
                return Token(CifTokenKind.Value, value, CifQuoting.Quoted, position);
            }
        return Token(CifTokenKind.Unterminated, text[place..end], CifQuoting.Quoted, position);
    }

    CifToken Bare(TextPosition position)
    {
        var start = place;
        while (place < text.Length && !IsBlank(text[place]))
            place++;
        var word = text[start..place];
        return word[0] == '_' ? Token(CifTokenKind.Name, word, CifQuoting.Bare, position)
            : Starts(word, "data_") ? Token(CifTokenKind.Data, word[5..], CifQuoting.Bare, position)
            : Is(word, "loop_") ? Token(CifTokenKind.Loop, word, CifQuoting.Bare, position)
            : Starts(word, "save_") || Is(word, "stop_") || Is(word, "global_")
                ? Token(CifTokenKind.Reserved, word, CifQuoting.Bare, position)
            : Token(CifTokenKind.Value, word, CifQuoting.Bare, position);
    }

    void NextLine()
    {
        place = Math.Min(LineEnd() + 1, text.Length);
        lineStart = place;
        line++;
    }

    int LineEnd()
    {
        var length = text.AsSpan(place).IndexOf('\n');
        return length < 0 ? text.Length : place + length;
    }

    static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\v' or '\f';

    static bool Starts(string word, string prefix) => word.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    static bool Is(string word, string reserved) => word.Equals(reserved, StringComparison.OrdinalIgnoreCase);
}
