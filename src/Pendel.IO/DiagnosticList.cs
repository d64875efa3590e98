namespace Pendel.IO;

/// <summary>Collects what is found about one file, so that all of it is reported at once.</summary>
/// <param name="file">The path as the caller gave it.</param>
sealed class DiagnosticList(string file)
{
    const int MostErrors = 100;
    readonly List<Diagnostic> all = [];
    int errors;

    /// <summary>The path as the caller gave it.</summary>
    public string File => file;

    /// <summary>Whether an error has been noted.</summary>
    public bool HasErrors => errors > 0;

    /// <summary>Everything found so far.</summary>
    public ImmutableArray<Diagnostic> ToImmutable() => [.. all];

    public void Warning(TextPosition position, string? item, string message) =>
        all.Add(new(Severity.Warning, file, position, item, message));

    /// <summary>Notes an error; the hundredth ends the reading.</summary>
    public void Error(TextPosition position, string? item, string message)
    {
        all.Add(new(Severity.Error, file, position, item, message));
        if (++errors == MostErrors)
            ThrowIfErrors();
    }

    /// <summary>Notes that a value is not what its item asks for.</summary>
    public void Expected(CifValue value, string item, string expected) =>
        Error(value.Position, item, $"found {Show(value.Text)}, expected {expected}");

    /// <exception cref="DataException">An error has been noted.</exception>
    public void ThrowIfErrors()
    {
        if (errors > 0)
            throw new DataException(ToImmutable());
    }

    /// <summary>A value in double quotes, on one line and not longer than it can be read.</summary>
    public static string Show(string text)
    {
        const int longest = 40;
        var line = new string([.. text.Take(longest).Select(c => char.IsControl(c) ? ' ' : c)]);
        return text.Length > longest ? $"\"{line}…\"" : $"\"{line}\"";
    }
}
