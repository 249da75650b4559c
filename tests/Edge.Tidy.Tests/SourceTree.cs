using System.Text;

namespace Edge.Tidy.Tests;

/// <summary>The text files of the repository, found without git: the working tree, less what .gitignore names.</summary>
public static class SourceTree
{
    private const string Marker = "Edge.sln";
    private static readonly Lazy<SourceFile[]> All = new(static () => [.. Read(new DirectoryInfo(FindRoot()))]);
    private static readonly Lazy<HashSet<string>> IgnoredFolders = new(ReadIgnoredFolders);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every text file.</summary>
    public static IReadOnlyList<SourceFile> Files => All.Value;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No {Marker} above {AppContext.BaseDirectory}.");
    }

    private static HashSet<string> ReadIgnoredFolders() =>
    [
        ".git",
        .. from line in File.ReadLines(Path.Combine(Root, ".gitignore"))
           where line.EndsWith('/')
           select line.Trim('/'),
    ];

    private static IEnumerable<SourceFile> Read(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(static entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry is DirectoryInfo inner)
            {
                foreach (var file in IgnoredFolders.Value.Contains(inner.Name) ? [] : Read(inner))
                {
                    yield return file;
                }
            }
            else if (entry.Name != ".git")
            {
                var bytes = File.ReadAllBytes(entry.FullName);
                if (!bytes.Contains((byte)0))
                {
                    var path = Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/');
                    yield return new SourceFile(path, Encoding.UTF8.GetString(bytes));
                }
            }
        }
    }
}
