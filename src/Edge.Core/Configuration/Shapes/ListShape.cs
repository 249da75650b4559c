using System.Linq;
using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A list whose items are all of one shape.</summary>
/// <param name="item">The items' shape.</param>
/// <param name="plural">What several of them are called.</param>
/// <param name="itemsMin">Fewest items.</param>
/// <param name="itemsMax">Most items.</param>
internal sealed class ListShape<T>(Shape<T> item, string plural, int itemsMin, int itemsMax) : Shape<List<Located<T>>>
{
    /// <inheritdoc/>
    public override string Noun => $"a list of {plural}";

    /// <inheritdoc/>
    public override IObjectShape? Object => item.Object;

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<List<Located<T>>> value)
    {
        if (node is not ListNode list) return Refuse(node, binder, Fix(node), out value);
        var items = new List<Located<T>>();
        value = new Located<List<Located<T>>>(items, node.Place);
        if (list.Items.Count < itemsMin)
        {
            binder.Diagnostics.Add(node.Place, $"the list is empty; it needs at least {itemsMin} item");
            return false;
        }

        if (list.Items.Count > itemsMax)
        {
            binder.Diagnostics.Add(
                list.Items[itemsMax].Place, $"the list has {list.Items.Count} items; there may be {itemsMax} {plural}");
            return false;
        }

        foreach (var child in list.Items)
        {
            if (item.TryRead(child, binder, out var read)) items.Add(read);
        }

        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions)
    {
        var json = new JsonObject { ["type"] = "array", ["items"] = item.ToSchema(definitions) };
        if (itemsMin > 0) json["minItems"] = itemsMin;
        json["maxItems"] = itemsMax;
        return json;
    }

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) =>
        new ListNode([.. ItemsOf(text).Select(t => item.DefaultNode(t, place))], place);

    /// <inheritdoc/>
    public override JsonNode DefaultJson(string text) => new JsonArray([.. ItemsOf(text).Select(item.DefaultJson)]);

    /// <summary>The items of a default such as <c>[a, b]</c>.</summary>
    private static string[] ItemsOf(string text) =>
        text.Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries);

    private static string Fix(Node node) => node switch
    {
        ScalarNode scalar when scalar.Text.Length <= Show.QuotedCharsMax
            && scalar.Text.All(c => c is > ' ' and <= '~' and not '$')
            => $"; write [{(scalar.IsQuoted ? $"\"{scalar.Text}\"" : scalar.Text)}]",
        MapNode when typeof(T) != typeof(string) => "; begin each item with '- '",
        _ => "",
    };
}
