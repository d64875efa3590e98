namespace Pendel.IO;

/// <summary>A text file to be written.</summary>
/// <param name="Name">File name without folder.</param>
/// <param name="Text">Its text, written as UTF-8 without mark.</param>
public readonly record struct ResultFile(string Name, string Text);

/// <summary>
/// Writes the files of a run all or none: complete files are moved into place, and a failure leaves the disk as it was.
/// </summary>
public static class ResultFolder
{
    /// <summary>Checks, before a long run, that results can be written to a folder; leaves no trace.</summary>
    /// <param name="path">The folder; it need not exist.</param>
    /// <param name="force">Whether files in a folder that is not empty may be replaced.</param>
    /// <exception cref="DataException">The path is a file, not empty without force, or not writable.</exception>
    public static void Claim(string path, bool force) =>
        Guard(
            path,
            () =>
            {
                Check(path, force);
                var folder = Path.GetFullPath(path);
                while (!Directory.Exists(folder))
                {
                    folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no such folder");
                    if (File.Exists(folder))
                        throw new IOException($"{folder} is a file");
                }
                Directory.CreateDirectory(Staging(folder));
                Directory.Delete(Staging(folder));
            }
        );

    /// <summary>Writes the files; existing files of other names stay.</summary>
    /// <param name="path">The folder; made if it does not exist, with the folders above it.</param>
    /// <param name="files">The files; their names differ.</param>
    /// <param name="force">Whether files in a folder that is not empty may be replaced.</param>
    /// <exception cref="ArgumentException">A file name is empty, repeated or holds a folder.</exception>
    /// <exception cref="DataException">
    /// The folder is refused as by Claim, or the writing fails: the message names path and reason, the disk is as before.
    /// </exception>
    public static void Write(string path, IReadOnlyCollection<ResultFile> files, bool force)
    {
        CheckNames(files);
        Guard(
            path,
            () =>
            {
                Check(path, force);
                var folder = Path.GetFullPath(path);
                if (Directory.Exists(folder))
                    Replace(folder, files);
                else
                    Create(folder, files);
            }
        );
    }

    static void Check(string path, bool force)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new DataException(path, "found an empty path, expected a folder for the results");
        if (File.Exists(path))
            throw new DataException(path, "found a file, expected a folder for the results");
        if (!force && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            throw new DataException(
                path,
                "the folder is not empty; choose another one, or --force to replace its files"
            );
    }

    static void CheckNames(IReadOnlyCollection<ResultFile> files)
    {
        if (files.Any(f => f.Name is "" or "." or ".." || f.Name != Path.GetFileName(f.Name)))
            throw new ArgumentException("a result file has a name without a folder", nameof(files));
        if (files.DistinctBy(f => f.Name, StringComparer.OrdinalIgnoreCase).Count() != files.Count)
            throw new ArgumentException("two result files have one name", nameof(files));
    }

    // Written beside, then renamed as a whole.
    static void Create(string folder, IReadOnlyCollection<ResultFile> files)
    {
        var parent = Path.GetDirectoryName(folder)!;
        var missing = parent;
        string? made = null;
        for (; !Directory.Exists(missing); missing = Path.GetDirectoryName(missing)!)
            made = missing;
        try
        {
            Directory.CreateDirectory(parent);
            var staging = Staging(parent);
            WithStaging(
                staging,
                () =>
                {
                    WriteAll(staging, files);
                    Directory.Move(staging, folder);
                }
            );
        }
        catch when (made is not null)
        {
            Discard(made);
            throw;
        }
    }

    // Written inside, so on the same disk; each old file is copied before a rename puts the new one in its place.
    static void Replace(string folder, IReadOnlyCollection<ResultFile> files)
    {
        var staging = Staging(folder);
        var old = Path.Combine(staging, "old");
        WithStaging(
            staging,
            () =>
            {
                WriteAll(staging, files);
                Directory.CreateDirectory(old);
                foreach (var file in files.Where(f => File.Exists(Path.Combine(folder, f.Name))))
                    File.Copy(Path.Combine(folder, file.Name), Path.Combine(old, file.Name));
                MoveAll(staging, old, folder, files);
            }
        );
    }

    static void MoveAll(string staging, string old, string folder, IReadOnlyCollection<ResultFile> files)
    {
        var moved = new List<string>();
        try
        {
            foreach (var file in files)
            {
                File.Move(Path.Combine(staging, file.Name), Path.Combine(folder, file.Name), overwrite: true);
                moved.Add(file.Name);
            }
        }
        catch (Exception failure)
        {
            Undo(moved, old, folder, failure);
            throw;
        }
    }

    static void Undo(List<string> moved, string old, string folder, Exception failure)
    {
        try
        {
            foreach (var name in moved)
                if (File.Exists(Path.Combine(old, name)))
                    File.Move(Path.Combine(old, name), Path.Combine(folder, name), overwrite: true);
                else
                    File.Delete(Path.Combine(folder, name));
        }
        catch (Exception e) when (TextFile.IsFileFailure(e))
        {
            var reason = $"the results cannot be written: {failure.Message}";
            throw new DataException(folder, $"{reason}; the former files could not be put back and are kept in {old}");
        }
    }

    static void WriteAll(string folder, IReadOnlyCollection<ResultFile> files)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in files)
        {
            using var stream = new FileStream(Path.Combine(folder, file.Name), FileMode.CreateNew, FileAccess.Write);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(file.Text));
            stream.Flush(flushToDisk: true);
        }
    }

    // A DataException says that the staging folder holds the only copy of former files.
    static void WithStaging(string staging, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not DataException)
        {
            Discard(staging);
            throw;
        }
        Discard(staging);
    }

    static void Discard(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    static string Staging(string folder) =>
        Path.Combine(folder, FormattableString.Invariant($".pendel-partial-{Environment.ProcessId}"));

    static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (TextFile.IsFileFailure(e))
        {
            throw new DataException(path, $"the results cannot be written: {e.Message}");
        }
    }
}
