using System.Text;
using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Variables and files that exist only in a test.</summary>
internal sealed class FakeSource : IConfigurationSource
{
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, FileContent> Files { get; } = new(StringComparer.Ordinal);

    public int ReadCount { get; private set; }

    public void AddFile(string path, string text) => AddFile(path, Encoding.UTF8.GetBytes(text));

    public void AddFile(string path, byte[] bytes) => Files[path] = new FileContent(FileOutcome.Read, bytes);

    public void AddFailure(string path, FileOutcome outcome) => Files[path] = new FileContent(outcome, default);

    public string? GetVariable(string name) => Variables.GetValueOrDefault(name);

    public FileContent ReadFile(string path, int bytesMax)
    {
        ReadCount++;
        if (!Files.TryGetValue(path, out var content)) return new FileContent(FileOutcome.NotFound, default);
        return content.Bytes.Length > bytesMax ? new FileContent(FileOutcome.TooLarge, default) : content;
    }
}
