using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A single value with its own way of being read.</summary>
internal sealed class ScalarShape<T>(string noun, ScalarSchema schema, Func<string, Parsed<T>> parse) : Shape<T>
{
    /// <inheritdoc/>
    public override string Noun => noun;

    /// <summary>True: the value is a secret however it came into the file, so that no message repeats it.</summary>
    public bool IsSecret { get; init; }

    /// <summary>True: braces begin placeholders, so those that come from variables and files are escaped.</summary>
    public bool HasPlaceholders { get; init; }

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<T> value)
    {
        if (node is not ScalarNode scalar || scalar.IsNull) return Refuse(node, binder, "", out value);
        value = default;
        return binder.Expander.TryExpand(scalar, HasPlaceholders, out var text) && TryParse(text, binder, out value);
    }

    /// <summary>Reads a key, in which nothing is expanded.</summary>
    public bool TryReadKey(ScalarNode key, Binder binder, out Located<T> value) =>
        TryParse(new Located<string>(key.Text, key.Place), binder, out value);

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions)
    {
        var own = schema.ToJson();
        if (schema.IsAnyText) return own;
        return new JsonObject { ["anyOf"] = new JsonArray(own, SchemaDefinitions.Expansion()) };
    }

    /// <summary>The schema of a key of this shape.</summary>
    public JsonObject ToKeySchema() => schema.ToJson();

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => new ScalarNode(text, IsQuoted: true, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => schema.Type switch
    {
        ScalarType.Integer => JsonValue.Create(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
        ScalarType.Number => JsonValue.Create(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
        ScalarType.Boolean => JsonValue.Create(text == "true"),
        _ => JsonValue.Create(text),
    };

    private bool TryParse(Located<string> text, Binder binder, out Located<T> value)
    {
        var parsed = parse(text.Value);
        value = new Located<T>(parsed.Value!, text.Place, text.Hidden);
        if (parsed.Problem is not { } problem) return true;
        var hidden = text.Hidden || IsSecret || problem.HidesText;
        var subject = hidden && !text.Hidden ? "the value" : text.Text();
        var fix = hidden || problem.Fix is null ? "" : $"; {problem.Fix}";
        binder.Diagnostics.Add(text.Place, $"{subject} {problem.Says}{fix}");
        return false;
    }
}
