using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Pendel.IO;

/// <summary>Whole files in one go; every failure is a DataException that names the path.</summary>
static class TextFile
{
    static readonly SearchValues<char> Controls = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(i => (char)i).Where(c => !"\t\n\r\v\f".Contains(c)),
    ]);

    /// <summary>The text of a file, UTF-8.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DataException">The file is missing, a directory or unreadable.</exception>
    public static string Read(string path) => Encoding.UTF8.GetString(ReadBytes(path));

    /// <summary>A text without byte-order mark, every line end as LF.</summary>
    /// <param name="content">What the file holds.</param>
    /// <param name="path">The name under which diagnostics speak of it.</param>
    /// <exception cref="DataException">It is empty or not text.</exception>
    public static string Normalise(string content, string path)
    {
        var text = content.TrimStart('\uFEFF').Replace("\r\n", "\n").Replace('\r', '\n');
        if (string.IsNullOrWhiteSpace(text))
            throw new DataException(path, "the file is empty");
        var place = text.AsSpan().IndexOfAny(Controls);
        if (place < 0)
            return text;
        var before = text.AsSpan(0, place);
        var position = new TextPosition(before.Count('\n') + 1, place - before.LastIndexOf('\n'));
        var found = FormattableString.Invariant(
            $"found the byte 0x{(int)text[place]:X2}, expected text: a binary file"
        );
        throw new DataException([new(Severity.Error, path, position, null, found)]);
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DataException">The file is missing, a directory or unreadable.</exception>
    public static byte[] ReadBytes(string path)
    {
        if (Directory.Exists(path))
            throw new DataException(path, "found a directory, expected a file");
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException(path, "there is no such file");
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            throw new DataException(path, $"the file cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether an exception is the file system's, or says that a path is malformed.</summary>
    public static bool IsFileFailure(Exception e) =>
        e
            is IOException
                or UnauthorizedAccessException
                or System.Security.SecurityException
                or ArgumentException
                or NotSupportedException;
}

/// <summary>The fingerprint of an input file for the run record.</summary>
public static class FileHash
{
    /// <summary>SHA-256 of a file's bytes, 64 lower-case hexadecimal digits.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="DataException">The file is missing, a directory or unreadable.</exception>
    public static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(TextFile.ReadBytes(path)));
}
