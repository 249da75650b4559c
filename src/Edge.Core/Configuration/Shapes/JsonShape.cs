using System.Globalization;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>
/// Any value, read as JSON: what stands in quotes is text, and so is a plain word that is neither a number nor one of true, false
/// and null.
/// </summary>
/// <param name="hasPlaceholders">True: braces begin placeholders, so those from variables and files are doubled.</param>
internal sealed class JsonShape(bool hasPlaceholders) : Shape<byte[]>
{
    /// <summary>Most containers in each other.</summary>
    public const int DepthMax = 32;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override string Noun => "any value";

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<byte[]> value)
    {
        value = default;
        if (!TryMake(node, binder, 0, out var json)) return false;
        value = new Located<byte[]>(Serialize(json), node.Place);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) => [];

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => new ScalarNode(text, IsQuoted: false, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => JsonNode.Parse(text);

    private static byte[] Serialize(JsonNode? json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            if (json is null) writer.WriteNullValue();
            else json.WriteTo(writer);
        }

        return stream.ToArray();
    }

    private bool TryMake(Node node, Binder binder, int depth, out JsonNode? json)
    {
        json = null;
        if (depth > DepthMax)
        {
            binder.Diagnostics.Add(node.Place, $"this is nested deeper than {DepthMax} times");
            return false;
        }

        switch (node)
        {
            case ScalarNode scalar:
                return TryMakeScalar(scalar, binder, out json);
            case ListNode list:
                var array = new JsonArray();
                json = array;
                return list.Items.All(item => TryMake(item, binder, depth + 1, out var made) && Add(array, made));
            case MapNode map:
                var members = new JsonObject();
                json = members;
                return map.Entries.All(e => TryMake(e.Value, binder, depth + 1, out var made) && Put(members, e.Key.Text, made));
            default:
                return false;
        }
    }

    private bool TryMakeScalar(ScalarNode scalar, Binder binder, out JsonNode? json)
    {
        json = null;
        if (scalar.IsNull) return true;
        if (!binder.Expander.TryExpand(scalar, hasPlaceholders, out var text)) return false;
        if (scalar.IsQuoted)
        {
            json = JsonValue.Create(text.Value);
            return true;
        }

        json = text.Value switch
        {
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ => NumberOrText(text.Value),
        };
        if (json is not null) return true;
        binder.Diagnostics.Add(scalar.Place, "this number is not written as JSON has it; mend it, or quote it as text");
        return false;
    }

    /// <summary>Null for what YAML takes for a number and JSON does not, of which nobody knows which is meant.</summary>
    private static JsonValue? NumberOrText(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')) return JsonValue.Create(text);
        try
        {
            if (JsonNode.Parse(text) is JsonValue value && value.GetValueKind() == JsonValueKind.Number) return value;
        }
        catch (JsonException)
        {
            // A date, a version, or a number of another spelling.
        }

        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            || text.TrimStart('-', '+').StartsWith("0x", StringComparison.Ordinal)
            || text.TrimStart('-', '+') is ".inf" or ".nan" or ".NaN" or ".Inf";
        return isNumber ? null : JsonValue.Create(text);
    }

    private static bool Add(JsonArray array, JsonNode? item)
    {
        array.Add(item);
        return true;
    }

    private static bool Put(JsonObject members, string name, JsonNode? value)
    {
        members[name] = value;
        return true;
    }
}
