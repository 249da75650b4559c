using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Configuration.Reading;

/// <summary>
/// The files that one loading reads: each once, relative paths taken from the configuration's own folder, all of them
/// remembered so that they can be watched. Used by one thread.
/// </summary>
internal sealed class ConfigurationFiles
{
    /// <summary>Most files that a configuration may refer to.</summary>
    public const int FilesMax = 10_000;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IConfigurationSource _source;
    private readonly string _folder;
    private readonly Dictionary<(string Path, int BytesMax), TextFile> _read = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _paths = [];

    /// <summary>Prepares to read what a configuration refers to.</summary>
    /// <param name="source">Reads.</param>
    /// <param name="configurationPath">Absolute path of the configuration itself.</param>
    public ConfigurationFiles(IConfigurationSource source, string configurationPath)
    {
        _source = source;
        _folder = Path.GetDirectoryName(configurationPath) ?? configurationPath;
        _paths.Add(configurationPath);
    }

    /// <summary>Absolute paths of the configuration and of every file that was asked for, in that order.</summary>
    public ImmutableArray<string> Paths => [.. _paths];

    /// <summary>The absolute path that the configuration means by a path.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, _folder);

    /// <summary>Reads a file as UTF-8 text.</summary>
    /// <param name="path">As the configuration says it.</param>
    /// <param name="bytesMax">Most bytes it may have.</param>
    public TextFile Read(string path, int bytesMax)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return TextFile.Failed("has no name");
        var absolute = Resolve(path);
        if (_read.TryGetValue((absolute, bytesMax), out var known)) return known;
        if (_read.Count >= FilesMax) return TextFile.Failed($"is one file more than the {FilesMax} that may be referred to");
        Remember(absolute);
        return _read[(absolute, bytesMax)] = ToText(_source.ReadFile(absolute, bytesMax), bytesMax);
    }

    /// <summary>Reads a file that may be large as it is, and keeps nothing of it.</summary>
    /// <param name="path">As the configuration says it.</param>
    /// <param name="bytesMax">Most bytes it may have.</param>
    public BinaryFile ReadBytes(string path, int bytesMax)
    {
        var absolute = Resolve(path);
        Remember(absolute);
        var content = _source.ReadFile(absolute, bytesMax);
        return new BinaryFile(content.Bytes, Problem(content.Outcome, bytesMax));
    }

    /// <summary>Makes text of what was read, or the end of a sentence that begins with the file's name.</summary>
    public static TextFile ToText(FileContent content, int bytesMax)
    {
        if (Problem(content.Outcome, bytesMax) is { } problem) return TextFile.Failed(problem);
        try
        {
            var bytes = content.Bytes.Span;
            if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
            return new TextFile(Utf8.GetString(bytes), null);
        }
        catch (DecoderFallbackException)
        {
            return TextFile.Failed("is not UTF-8 text");
        }
    }

    private void Remember(string absolute)
    {
        if (_known.Add(absolute)) _paths.Add(absolute);
    }

    private static string? Problem(FileOutcome outcome, int bytesMax) => outcome switch
    {
        FileOutcome.Read => null,
        FileOutcome.NotFound => "does not exist",
        FileOutcome.IsDirectory => "is a directory",
        FileOutcome.Denied => "may not be read by this user; look at its permissions",
        FileOutcome.TooLarge => $"is larger than {Rules.Sizes.Format(bytesMax)}",
        _ => "cannot be read",
    };
}

/// <summary>A file's bytes, or what is the matter with it.</summary>
/// <param name="Bytes">The content; empty where there is a problem.</param>
/// <param name="Problem">The end of a sentence that begins with the file's name, or null.</param>
internal readonly record struct BinaryFile(ReadOnlyMemory<byte> Bytes, string? Problem);

/// <summary>A file's text, or what is the matter with it.</summary>
/// <param name="Text">The text; empty where there is a problem.</param>
/// <param name="Problem">The end of a sentence that begins with the file's name, or null.</param>
internal readonly record struct TextFile(string Text, string? Problem)
{
    /// <summary>No text, and why.</summary>
    public static TextFile Failed(string problem) => new("", problem);
}
