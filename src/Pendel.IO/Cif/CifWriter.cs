using System.Text;

namespace Pendel.IO;

/// <summary>CifDocument → CIF 1.1 text that reads back as the same document.</summary>
public static class CifWriter
{
    /// <summary>The text, with LF at the line ends.</summary>
    /// <param name="document">The document.</param>
    /// <exception cref="ArgumentException">A name holds a blank, or a text holds what CIF 1.1 cannot say: a line that begins with a semicolon.</exception>
    public static string Write(CifDocument document)
    {
        var text = new StringBuilder();
        foreach (var block in document.Blocks)
        {
            if (text.Length > 0)
                text.Append('\n');
            text.Append("data_").Append(CheckName(block.Name)).Append('\n');
            foreach (var entry in block.Entries)
                if (entry is CifItem item)
                    Write(text, item);
                else if (entry is CifLoop loop)
                    Write(text, loop);
        }
        return text.ToString();
    }

    static void Write(StringBuilder text, CifItem item)
    {
        const int valueColumn = 36;
        var value = Delimit(item.Value);
        text.Append(value[0] == '\n' ? CheckDataName(item.Name) : CheckDataName(item.Name).PadRight(valueColumn - 1));
        text.Append(value[0] == '\n' ? "" : " ").Append(value).Append('\n');
    }

    static void Write(StringBuilder text, CifLoop loop)
    {
        text.Append("\nloop_\n");
        foreach (var name in loop.Names)
            text.Append(CheckDataName(name)).Append('\n');
        var values = loop.Values.Select(Delimit).ToArray();
        var width = new int[loop.Names.Length];
        for (var i = 0; i < values.Length; i++)
            width[i % width.Length] = Math.Max(
                width[i % width.Length],
                values[i].Contains('\n') ? 0 : values[i].Length
            );
        for (var i = 0; i < values.Length; i++)
        {
            var last = i % width.Length == width.Length - 1;
            text.Append(last ? values[i] : values[i].PadRight(width[i % width.Length])).Append(last ? '\n' : ' ');
        }
    }

    // A text field comes with the line end before its first semicolon.
    static string Delimit(CifValue value)
    {
        var text = value.Text;
        if (value.IsAbsent || IsBare(text))
            return text;
        if (text.Contains("\n;") || text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
            throw new ArgumentException(
                "CIF 1.1 cannot hold a text with a line that begins with a semicolon, or a control character: "
                    + DiagnosticList.Show(text)
            );
        if (!text.Contains('\n') && !text.Contains('\''))
            return $"'{text}'";
        if (!text.Contains('\n') && !text.Contains('"'))
            return $"\"{text}\"";
        return $"\n;{text}\n;";
    }

    static bool IsBare(string text) =>
        text.Length > 0
        && text is not ("?" or ".")
        && text.All(c => c is > ' ' and < '\x7f')
        && !"_#$'\"[];".Contains(text[0])
        && !new[] { "data_", "save_", "loop_", "stop_", "global_" }.Any(w =>
            text.StartsWith(w, StringComparison.OrdinalIgnoreCase)
        );

    static string CheckDataName(string name) =>
        name.Length > 1 && name[0] == '_'
            ? CheckName(name)
            : throw new ArgumentException($"{DiagnosticList.Show(name)} is not a data name");

    static string CheckName(string name) =>
        name.All(c => c is > ' ' and < '\x7f')
            ? name
            : throw new ArgumentException($"{DiagnosticList.Show(name)} holds a character that a CIF name cannot have");
}
