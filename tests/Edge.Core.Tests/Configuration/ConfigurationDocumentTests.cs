using System.Text.RegularExpressions;

namespace Edge.Core.Tests.Configuration;

/// <summary>
/// Keeps docs/configuration.md true. To bring its tables up to date, run the tests with EDGE_WRITE_DOCS=1 in the environment.
/// </summary>
public sealed class ConfigurationDocumentTests
{
    private static readonly string PagePath = Path.Combine(Root(), "docs", "configuration.md");

    [Fact]
    public void The_tables_say_what_the_loader_reads()
    {
        var page = File.ReadAllText(PagePath);
        var updated = ReferenceTables.Update(page);
        if (Environment.GetEnvironmentVariable("EDGE_WRITE_DOCS") == "1") File.WriteAllText(PagePath, updated);
        else Assert.Equal(updated, page);
    }

    [Fact]
    public void Every_object_has_a_heading_that_the_tables_can_link_to()
    {
        var page = File.ReadAllText(PagePath);
        Assert.All(Descriptions.All(), s => Assert.Matches($"(?m)^#+ {Regex.Escape(s.Name)}$", page));
    }

    [Fact]
    public void The_examples_are_valid_configurations()
    {
        var page = File.ReadAllText(PagePath);
        var examples = Regex.Matches(page, "(?s)```yaml\n(.*?)```").Select(m => m.Groups[1].Value).ToList();
        Assert.True(examples.Count >= 2);
        var source = Samples.Source();
        source.Variables["OPENAI_API_KEY"] = "sk-test";
        source.AddFile("/run/secrets/anthropic", "sk-ant\n");
        Assert.All(examples, e => Samples.Plan(e, source));
        Assert.InRange(examples[0].TrimEnd().Split('\n').Length, 1, 10);
    }

    internal static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Edge.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
