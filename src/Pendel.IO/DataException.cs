namespace Pendel.IO;

/// <summary>A file, or a place to write to, is not usable. The one exception of this project.</summary>
/// <param name="diagnostics">Every finding about it, warnings included; at least one error.</param>
public sealed class DataException(ImmutableArray<Diagnostic> diagnostics) : Exception(Describe(diagnostics))
{
    const int Shown = 20;

    /// <summary>Every finding, warnings included.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; } = diagnostics;

    /// <summary>The exception of one error that concerns a path as a whole.</summary>
    /// <param name="path">The path concerned.</param>
    /// <param name="message">What was found and what was expected.</param>
    public DataException(string path, string message)
        : this([new(Severity.Error, path, default, null, message)]) { }

    static string Describe(ImmutableArray<Diagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == Severity.Error).ToArray();
        var lines = errors.Take(Shown).Select(d => d.ToString());
        return string.Join(
            '\n',
            errors.Length > Shown ? lines.Append($"and {errors.Length - Shown} more errors") : lines
        );
    }
}
