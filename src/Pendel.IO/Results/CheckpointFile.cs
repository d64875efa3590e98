namespace Pendel.IO;

/// <summary>
/// The checkpoint of a run in the folder of its results. A new one takes the place of the former by a rename, so a complete one
/// is there at any time, whatever ends the process.
/// </summary>
public static class CheckpointFile
{
    /// <summary>File name without folder.</summary>
    public const string Name = "checkpoint.json";

    const string Partial = Name + ".partial";

    /// <summary>Where the checkpoint of a folder is.</summary>
    /// <param name="folder">The folder of the results.</param>
    public static string PathIn(string folder) => Path.Combine(folder, Name);

    /// <summary>Whether a folder has a checkpoint.</summary>
    /// <param name="folder">The folder of the results; it need not exist.</param>
    public static bool IsIn(string folder) => File.Exists(PathIn(folder));

    /// <summary>Whether a folder has nothing but a checkpoint or what a failure left of writing one.</summary>
    /// <param name="folder">The folder of the results; false if it does not exist or cannot be listed.</param>
    public static bool IsAloneIn(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).All(path => Path.GetFileName(path) is Name or Partial);
        }
        catch (Exception e) when (TextFile.IsFileFailure(e))
        {
            return false;
        }
    }

    /// <summary>The text of the checkpoint of a folder.</summary>
    /// <param name="folder">The folder of the results.</param>
    /// <exception cref="DataException">There is none, or it cannot be read.</exception>
    public static string Read(string folder) => TextFile.Read(PathIn(folder));

    /// <summary>Writes the checkpoint of a folder.</summary>
    /// <param name="folder">The folder of the results; made if it does not exist.</param>
    /// <param name="text">The text, written as UTF-8 without mark.</param>
    /// <exception cref="DataException">The writing fails; the former checkpoint is as it was.</exception>
    public static void Write(string folder, string text) =>
        Guard(
            folder,
            () =>
            {
                Directory.CreateDirectory(folder);
                var partial = Path.Combine(folder, Partial);
                try
                {
                    WriteThrough(partial, text);
                }
                catch
                {
                    // on a full disk it would take the room of the results
                    File.Delete(partial);
                    throw;
                }
                File.Move(partial, PathIn(folder), overwrite: true);
            }
        );

    /// <summary>Removes the checkpoint of a folder, if there is one.</summary>
    /// <param name="folder">The folder of the results; it need not exist.</param>
    /// <exception cref="DataException">It cannot be removed.</exception>
    public static void Remove(string folder) =>
        Guard(
            folder,
            () =>
            {
                if (!Directory.Exists(folder))
                    return;
                File.Delete(Path.Combine(folder, Partial));
                File.Delete(PathIn(folder));
            }
        );

    static void WriteThrough(string path, string text)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    static void Guard(string folder, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (TextFile.IsFileFailure(e))
        {
            throw new DataException(PathIn(folder), e.Message);
        }
    }
}
