using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>The description of an object, whatever its type.</summary>
internal interface IObjectShape
{
    /// <summary>Its name in the schema and the documentation.</summary>
    public string Name { get; }

    /// <summary>What it is for: one sentence.</summary>
    public string Summary { get; }

    /// <summary>Its keys, in the order in which they are documented.</summary>
    public IReadOnlyList<Key> Keys { get; }

    /// <summary>Its JSON Schema, in full.</summary>
    public JsonObject Describe(SchemaDefinitions definitions);
}

/// <summary>An object with known keys, read into options.</summary>
/// <param name="name">Its name in the schema and the documentation.</param>
/// <param name="noun">What a message calls it, with its article.</param>
/// <param name="summary">What it is for: one sentence.</param>
/// <param name="keys">Its keys. They are kept as keys of anything: a dictionary for each type of options would be a thousand
/// types more in the native binary.</param>
internal sealed class ObjectShape<T>(string name, string noun, string summary, params Key<T>[] keys)
    : Shape<T>, IObjectShape
    where T : class, new()
{
    private readonly Key[] _keys = keys;
    private readonly Dictionary<string, Key> _byName = ByName(keys);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Summary => summary;

    /// <inheritdoc/>
    public override string Noun => noun;

    /// <inheritdoc/>
    public IReadOnlyList<Key> Keys => _keys;

    /// <inheritdoc/>
    public override IObjectShape Object => this;

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<T> value)
    {
        if (node is not MapNode map) return Refuse(node, binder, Fix(), out value);
        var options = new T();
        value = new Located<T>(options, node.Place);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (keyNode, child) in map.Entries)
        {
            if (_byName.TryGetValue(keyNode.Text, out var key))
            {
                seen.Add(key.Name);
                key.Read(options, child, binder);
            }
            else
            {
                var suggestion = binder.Diagnostics.IsFull ? "" : Nearest.Suggest(keyNode.Text, _byName.Keys);
                binder.Diagnostics.Add(keyNode.Place, $"unknown key {Show.Quote(keyNode.Text)}; {suggestion}");
            }
        }

        foreach (var key in _keys)
        {
            if (seen.Contains(key.Name)) continue;
            if (key.Default is not null) key.Read(options, key.Shape.DefaultNode(key.Default, node.Place), binder);
            else if (key.IsRequired) binder.Diagnostics.Add(node.Place, $"key '{key.Name}' is missing: {key.Sentence}");
        }

        return true;
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) => definitions.Object(this);

    /// <inheritdoc/>
    public JsonObject Describe(SchemaDefinitions definitions)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var key in _keys)
        {
            properties[key.Name] = key.Describe(definitions);
            if (key.IsRequired) required.Add((JsonNode)JsonValue.Create(key.Name));
        }

        var json = new JsonObject { ["description"] = summary, ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0) json["required"] = required;
        json["additionalProperties"] = false;
        return json;
    }

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => new MapNode([], place);

    /// <inheritdoc/>
    public override JsonNode DefaultJson(string text) => new JsonObject();

    private string Fix() => $"; write keys under it, such as '{_keys[0].Name}: ...'";

    private static Dictionary<string, Key> ByName(Key[] keys)
    {
        var byName = new Dictionary<string, Key>(keys.Length, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            byName.Add(key.Name, key);
        }

        return byName;
    }
}
