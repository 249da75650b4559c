using System.Text.RegularExpressions;
using Edge.Core.Configuration;

namespace Edge.Core.Tests.Configuration;

/// <summary>Every piece of configuration in the documentation is one that loads.</summary>
public sealed partial class DocumentedConfigurationTests
{
    // What a page leaves out because it is about something else.
    private static readonly (string Section, string Text)[] Others =
    [
        ("listeners", "listeners: [{ address: localhost:8080 }]"),
        ("upstreams", "upstreams: { openai: { dialect: openai, targets: [https://api.openai.com] } }"),
        ("routes", "routes: [{ name: all, upstream: openai }]"),
    ];

    public static TheoryData<string, int> Blocks
    {
        get
        {
            var data = new TheoryData<string, int>();
            var pages = Directory.EnumerateFiles(Path.Combine(ConfigurationDocumentTests.Root(), "docs"), "*.md");
            foreach (var page in pages.Append(Path.Combine(ConfigurationDocumentTests.Root(), "README.md")))
            {
                var count = Block().Count(File.ReadAllText(page));
                for (var i = 0; i < count; i++) data.Add(Path.GetRelativePath(ConfigurationDocumentTests.Root(), page), i);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void It_loads(string page, int number)
    {
        var content = File.ReadAllText(Path.Combine(ConfigurationDocumentTests.Root(), page));
        var block = Block().Matches(content)[number].Groups["text"].Value;
        var text = Complete(block);
        var result = ConfigurationLoader.LoadText(text, Samples.Path, Source());
        Assert.True(result.IsValid, $"{string.Join('\n', result.Diagnostics)}\n\n{text}");
    }

    private static string Complete(string block)
    {
        if (block.StartsWith("securityHeaders:", StringComparison.Ordinal))
            block = "defaults:\n" + string.Concat(block.Split('\n').Select(l => $"  {l}\n"));
        foreach (var (section, text) in Others)
        {
            if (!Regex.IsMatch(block, $"^{section}:", RegexOptions.Multiline)) block += $"\n{text}\n";
        }

        return block;
    }

    private static FakeSource Source()
    {
        var source = Samples.Source();
        source.Variables["OPENAI_API_KEY"] = "sk-openai";
        source.Variables["ANTHROPIC_API_KEY"] = "sk-ant";
        source.Variables["AZURE_OPENAI_API_KEY"] = "sk-azure";
        source.Variables["GROQ_API_KEY"] = "sk-groq";
        source.Variables["MOBILE_JWT_SECRET"] = new string('s', 48);
        source.AddFile("/etc/edge/tls.key", Samples.KeyPem);
        source.AddFile("/etc/edge/partner-ca.pem", Samples.CertificatePem);
        source.AddFile("/run/secrets/anthropic", "sk-ant\n");
        var limits = File.ReadAllText(Path.Combine(ConfigurationDocumentTests.Root(), "docs", "limits.md"));
        source.AddFile("/etc/edge/prices.yaml", Prices().Match(limits).Groups["text"].Value);
        return source;
    }

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("^```yml\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Prices();
}
