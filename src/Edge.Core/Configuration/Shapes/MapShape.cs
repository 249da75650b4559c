using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>A mapping whose keys the file chooses, with values of one shape.</summary>
/// <param name="key">The keys' shape.</param>
/// <param name="item">The values' shape.</param>
/// <param name="noun">What the whole is called, with its article.</param>
/// <param name="entriesMin">Fewest entries.</param>
/// <param name="entriesMax">Most entries.</param>
/// <param name="comparer">Tells which keys are the same.</param>
internal sealed class MapShape<T>(
    ScalarShape<string> key, Shape<T> item, string noun, int entriesMin, int entriesMax, StringComparer comparer)
    : Shape<List<Named<T>>>
{
    /// <inheritdoc/>
    public override string Noun => noun;

    /// <inheritdoc/>
    public override IObjectShape? Object => item.Object;

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<List<Named<T>>> value)
    {
        if (node is not MapNode map) return Refuse(node, binder, "", out value);
        var entries = new List<Named<T>>();
        value = new Located<List<Named<T>>>(entries, node.Place);
        if (map.Entries.Count < entriesMin)
        {
            binder.Diagnostics.Add(node.Place, $"there is nothing here; write {noun}, at least {entriesMin}");
            return false;
        }

        if (map.Entries.Count > entriesMax)
        {
            binder.Diagnostics.Add(
                map.Entries[entriesMax].Key.Place, $"there are {map.Entries.Count} entries here; there may be {entriesMax}");
            return false;
        }

        var seen = new HashSet<string>(comparer);
        foreach (var (name, child) in map.Entries)
        {
            var hasName = key.TryReadKey(name, binder, out var readName);
            if (!seen.Add(name.Text))
                binder.Diagnostics.Add(name.Place, $"{Show.Quote(name.Text)} is here already in another case; keep one");
            if (item.TryRead(child, binder, out var read) && hasName) entries.Add(new Named<T>(readName, read));
        }

        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions)
    {
        var names = key.ToKeySchema();
        names.Remove("type");
        var json = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = names,
            ["additionalProperties"] = item.ToSchema(definitions),
        };
        if (entriesMin > 0) json["minProperties"] = entriesMin;
        json["maxProperties"] = entriesMax;
        return json;
    }

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => new MapNode([], place);

    /// <inheritdoc/>
    public override JsonNode DefaultJson(string text) => new JsonObject();
}
