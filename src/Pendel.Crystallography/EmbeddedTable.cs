namespace Pendel.Crystallography;

/// <summary>
/// Reads the tables that are embedded in this assembly: a comment line that names the source, a line of column names, then
/// comma-separated rows. A field may be quoted, but holds no comma.
/// </summary>
static class EmbeddedTable
{
    /// <summary>The rows of a table, column name → field.</summary>
    public static ImmutableArray<ImmutableDictionary<string, string>> Read(string name)
    {
        using var stream =
            typeof(EmbeddedTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the table {name} is not embedded");
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#');
        var fields = lines.Select(line => line.Split(',').Select(Unquote).ToArray()).ToList();
        return
        [
            .. fields
                .Skip(1)
                .Select(row => fields[0].Zip(row).ToImmutableDictionary(pair => pair.First, pair => pair.Second)),
        ];
    }

    static string Unquote(string field) => field.StartsWith('"') ? field[1..^1].Replace("\"\"", "\"") : field;
}
