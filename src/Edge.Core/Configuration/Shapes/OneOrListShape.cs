using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A list, in place of which a single item may stand.</summary>
/// <param name="item">The items' shape.</param>
/// <param name="plural">What several of them are called.</param>
/// <param name="itemsMax">Most items.</param>
internal sealed class OneOrListShape<T>(Shape<T> item, string plural, int itemsMax) : Shape<List<Located<T>>>
{
    private readonly ListShape<T> _list = new(item, plural, 1, itemsMax);

    /// <inheritdoc/>
    public override string Noun => $"{item.Noun} or {_list.Noun}";

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<List<Located<T>>> value)
    {
        if (node is ListNode) return _list.TryRead(node, binder, out value);
        value = new Located<List<Located<T>>>([], node.Place);
        if (!item.TryRead(node, binder, out var only)) return false;
        value.Value.Add(only);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) =>
        new() { ["anyOf"] = new JsonArray(item.ToSchema(definitions), _list.ToSchema(definitions)) };

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => item.DefaultNode(text, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => item.DefaultJson(text);
}
