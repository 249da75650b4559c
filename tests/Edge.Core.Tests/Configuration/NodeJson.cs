using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Tests.Configuration;

/// <summary>Configurations as JSON, which tests can take apart and put together again.</summary>
internal static class NodeJson
{
    /// <summary>What a YAML text says, with plain scalars as YAML's core schema types them.</summary>
    public static JsonNode Parse(string yaml)
    {
        var diagnostics = new DiagnosticBag("sample");
        var root = YamlReader.Read(yaml, diagnostics);
        Assert.True(diagnostics.IsEmpty);
        return Convert(root!);
    }

    private static JsonNode Convert(Node node) => node switch
    {
        MapNode map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, (JsonNode?)Convert(e.Value)))),
        ListNode list => new JsonArray([.. list.Items.Select(Convert)]),
        ScalarNode scalar => Convert(scalar),
        _ => throw new ArgumentException("not a node of a valid file"),
    };

    private static JsonValue Convert(ScalarNode scalar)
    {
        if (scalar.IsQuoted) return JsonValue.Create(scalar.Text);
        if (scalar.Text is "true" or "false") return JsonValue.Create(scalar.Text == "true");
        if (long.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return JsonValue.Create(number);
        return scalar.Text.Contains('.', StringComparison.Ordinal)
            && double.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction)
            ? JsonValue.Create(fraction)
            : JsonValue.Create(scalar.Text);
    }
}
