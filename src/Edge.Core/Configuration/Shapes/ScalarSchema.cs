using System.Collections.Immutable;
using System.Linq;
using System.Text.Json.Nodes;

namespace Edge.Core.Configuration.Shapes;

/// <summary>The types of single values that JSON knows.</summary>
internal enum ScalarType
{
    /// <summary>Text. YAML lets a number stand for it.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,
}

/// <summary>What a JSON Schema can say of a single value.</summary>
internal sealed record ScalarSchema(ScalarType Type)
{
    /// <summary>Any text at all.</summary>
    public static ScalarSchema AnyText { get; } = new(ScalarType.Text);

    /// <summary>A regular expression (ECMA 262) for text, or null.</summary>
    public string? Pattern { get; init; }

    /// <summary>True where a whole number may stand for the text; its bounds are then those of the number.</summary>
    public bool MayBeNumber { get; init; }

    /// <summary>The only texts there are; empty where there are others.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>The smallest number.</summary>
    public long? Minimum { get; init; }

    /// <summary>The largest number.</summary>
    public long? Maximum { get; init; }

    /// <summary>True where every text fits, one with a reference to a variable included.</summary>
    public bool IsAnyText => Type == ScalarType.Text && Pattern is null && Choices.IsEmpty;

    /// <summary>The schema as JSON.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["type"] = TypeName() };
        if (Pattern is not null) json["pattern"] = Pattern;
        if (!Choices.IsEmpty) json["enum"] = new JsonArray([.. Choices.Select(c => (JsonNode)JsonValue.Create(c))]);
        if (Minimum is { } minimum) json["minimum"] = minimum;
        if (Maximum is { } maximum) json["maximum"] = maximum;
        return json;
    }

    private JsonNode TypeName() => Type switch
    {
        ScalarType.Integer => JsonValue.Create("integer"),
        ScalarType.Number => JsonValue.Create("number"),
        ScalarType.Boolean => JsonValue.Create("boolean"),
        _ when MayBeNumber => new JsonArray("string", "integer"),
        _ => IsAnyText ? new JsonArray("string", "number") : JsonValue.Create("string"),
    };
}
