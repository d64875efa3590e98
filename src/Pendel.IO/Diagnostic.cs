namespace Pendel.IO;

/// <summary>Whether a finding stops the reading.</summary>
public enum Severity
{
    /// <summary>Odd but usable.</summary>
    Warning,

    /// <summary>Wrong: the file is refused.</summary>
    Error,
}

/// <summary>A place in a text, counted from 1; the default (0, 0) stands for the file as a whole.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Character in the line, from 1.</param>
public readonly record struct TextPosition(int Line, int Column);

/// <summary>One finding about a file, readable alone.</summary>
/// <param name="Severity">Warning or error.</param>
/// <param name="File">The path as the caller gave it.</param>
/// <param name="Position">Where it was found; default if it concerns the whole file.</param>
/// <param name="Item">Data name concerned, or null.</param>
/// <param name="Message">What was found and what was expected.</param>
public sealed record Diagnostic(Severity Severity, string File, TextPosition Position, string? Item, string Message)
{
    /// <summary>`file:line:column item: message`, without the parts that are absent.</summary>
    public override string ToString()
    {
        var place = Position.Line > 0 ? FormattableString.Invariant($":{Position.Line}:{Position.Column}") : "";
        var item = Item is null ? "" : " " + Item;
        return $"{File}{place}{item}: {Message}";
    }
}

/// <summary>What a file holds, with the warnings that came up while it was read.</summary>
/// <typeparam name="T">The record read.</typeparam>
/// <param name="Value">The record.</param>
/// <param name="Warnings">Findings of severity warning, in the order of their discovery.</param>
public sealed record Loaded<T>(T Value, ImmutableArray<Diagnostic> Warnings);
