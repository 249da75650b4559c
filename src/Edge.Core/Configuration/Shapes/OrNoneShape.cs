using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A value, or the word <c>none</c>, with which a route does without what the defaults give to all.</summary>
internal sealed class OrNoneShape<T>(Shape<T> inner) : Shape<Optional<T>>
{
    private const string None = "none";

    /// <inheritdoc/>
    public override string Noun => $"{inner.Noun} or {None}";

    /// <inheritdoc/>
    public override IObjectShape? Object => inner.Object;

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<Optional<T>> value)
    {
        value = new Located<Optional<T>>(default, node.Place);
        if (node is ScalarNode scalar)
        {
            if (!binder.Expander.TryExpand(scalar, escapeBraces: false, out var text)) return false;
            if (text.Value == None) return true;
        }

        if (!inner.TryRead(node, binder, out var read)) return false;
        value = new Located<Optional<T>>(new Optional<T>(true, read.Value), read.Place, read.Hidden);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) =>
        new() { ["anyOf"] = new JsonArray(inner.ToSchema(definitions), new JsonObject { ["const"] = None }) };

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) =>
        text == None ? new ScalarNode(None, IsQuoted: false, place) : inner.DefaultNode(text, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => text == None ? JsonValue.Create(None) : inner.DefaultJson(text);
}

/// <summary>A value that the file may expressly do without.</summary>
/// <param name="HasValue">False where it says <c>none</c>.</param>
/// <param name="Value">The value, where there is one.</param>
internal readonly record struct Optional<T>(bool HasValue, T? Value);
