using System.Text.Json.Nodes;
using CsCheck;

namespace Edge.Core.Tests.Configuration;

/// <summary>What holds for any text at all.</summary>
public sealed class ConfigurationPropertyTests
{
    private const string Marker = "s3cr3tmark";

    private static readonly string[] Tokens =
    [
        " ", "  ", "\n", "\r\n", "\t", ":", ": ", "- ", "-", "?", "? ", "[", "]", "{", "}", ",", "#", "&a", "*a", "!", "!!str",
        "|", ">", "'", "\"", "%", "%YAML 1.2", "@", "`", "---", "...", "\\", "\\u", "\\x0", "\\UFFFFFFFF", "\\ud800", "~", "null",
        "true", "0", "${", "}", "$$", "${A}", "${file:x}", "\0", "\u0085", "\u2028", "\ufeff", "\ud800", "\U0001f600", "<<",
        "listeners", "upstreams", "routes", "name", "address", "targets", "é",
    ];

    private static readonly string[] MarkedValues =
    [
        Marker, "S3CR3TMARK", $"{Marker}!", $"https://{Marker}", $"https://{Marker}/%2f", $"https://u:{Marker}@a.example",
        $"/{Marker}", $"/{Marker}/%2f", $"/{{{Marker}}}/{{{Marker}}}", $"{Marker}:80", $"{{{Marker}}}", $"{Marker}\n",
        $"{Marker} é", $"*.{Marker}", "",
    ];

    [Fact]
    public void No_text_makes_the_loader_throw() =>
        Gen.String.Sample(CheckLoad, iter: 1_000);

    [Fact]
    public void No_sequence_of_yaml_tokens_makes_the_loader_throw() =>
        Gen.OneOf(Tokens).Array[0, 30].Select(string.Concat).Sample(CheckLoad, iter: 8_000);

    [Fact]
    public void No_change_to_a_valid_file_makes_the_loader_throw()
    {
        var change = Gen.Select(Gen.Int[0, Samples.Full.Length], Gen.Int[0, 20], Gen.OneOf(Tokens));
        change.Array[1, 4].Select(changes => changes.Aggregate(Samples.Full, Change)).Sample(CheckLoad, iter: 500);
    }

    [Fact]
    public void No_error_shows_a_value_that_came_from_outside()
    {
        var count = Scalars(NodeJson.Parse(Samples.Full)).Count;
        var way = Gen.OneOf("${MARK}", "${NONE:-MARK}", "${file:mark}", "${MARK}${MARK}", "a${MARK}");
        var places = Gen.Select(Gen.Int[0, count - 1], way).Array[1, 6];
        Gen.Select(places, Gen.OneOf(MarkedValues)).Sample((changes, value) => CheckHidden(changes, value), iter: 500);
    }

    [Fact]
    public void A_value_from_outside_is_hidden_in_every_single_place()
    {
        var count = Scalars(NodeJson.Parse(Samples.Full)).Count;
        for (var i = 0; i < count; i++)
        {
            // Every value comes to every fifth place; the random test above mixes more of them.
            foreach (var value in MarkedValues.Where((_, n) => n % 5 == i % 5)) CheckHidden([(i, "${MARK}")], value);
        }
    }

    private static void CheckHidden((int Place, string Way)[] changes, string value)
    {
        var json = NodeJson.Parse(Samples.Full);
        var scalars = Scalars(json);
        foreach (var (place, way) in changes) scalars[place](way.Replace("-MARK", $"-{value}", StringComparison.Ordinal));
        var source = Samples.Source();
        source.Variables["MARK"] = value;
        source.AddFile("/etc/edge/mark", value);
        var result = Samples.Load(json.ToJsonString(), source);
        Assert.NotEqual(result.IsValid, result.Diagnostics.Length > 0);
        Assert.All(result.Diagnostics, d => Assert.DoesNotContain(Marker, d.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    private static void CheckLoad(string text)
    {
        var result = Samples.Load(text);
        Assert.NotEqual(result.IsValid, result.Diagnostics.Length > 0);
        var lines = text.Split('\n', '\r', '\u0085', '\u2028', '\u2029').Length;
        Assert.All(result.Diagnostics, d =>
        {
            Assert.InRange(d.Line, 1, lines + 1);
            Assert.InRange(d.Column, 1, text.Length + 2);
            Assert.DoesNotContain(d.Message, char.IsControl);
        });
        Assert.Equal(result.Diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column), result.Diagnostics);
    }

    private static string Change(string text, (int At, int Removed, string Inserted) change)
    {
        var at = Math.Min(change.At, text.Length);
        return text.Remove(at, Math.Min(change.Removed, text.Length - at)).Insert(at, change.Inserted);
    }

    /// <summary>A way to replace each single value of a JSON text.</summary>
    private static List<Action<string>> Scalars(JsonNode node)
    {
        var found = new List<Action<string>>();
        Collect(node, found);
        return found;
    }

    private static void Collect(JsonNode node, List<Action<string>> found)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (_, value) in map) Collect(value!, found);
                break;
            case JsonArray list:
                foreach (var value in list) Collect(value!, found);
                break;
            default:
                found.Add(text => node.ReplaceWith(JsonValue.Create(text)));
                break;
        }
    }
}
