using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>The description of a key of an object.</summary>
/// <param name="name">As it is written.</param>
/// <param name="doc">What it does, beginning with a capital and ending with a full stop.</param>
/// <param name="isRequired">True: the key must be there.</param>
/// <param name="defaultText">What is read where the key is not there; null: nothing.</param>
internal abstract class Key(string name, string doc, bool isRequired, string? defaultText)
{
    /// <summary>As it is written.</summary>
    public string Name => name;

    /// <summary>What it does.</summary>
    public string Doc => doc;

    /// <summary>True: there is no default, and the key must be there.</summary>
    public bool IsRequired => isRequired;

    /// <summary>What is read where the key is not there, as text; null: nothing.</summary>
    public string? Default => defaultText;

    /// <summary>What may stand under it.</summary>
    public abstract Shape Shape { get; }

    /// <summary>Reads a node into options of the key's type; where it cannot, tells why and leaves them alone.</summary>
    public abstract void Read(object options, Node node, Binder binder);

    /// <summary>The first sentence of what it does, for the middle of a message.</summary>
    public string Sentence
    {
        get
        {
            var end = doc.IndexOf(". ", StringComparison.Ordinal);
            var first = end < 0 ? doc.TrimEnd('.') : doc[..end];
            return first.Length > 1 && char.IsLower(first[1]) ? char.ToLowerInvariant(first[0]) + first[1..] : first;
        }
    }

    /// <summary>The JSON Schema of what stands under it.</summary>
    public JsonObject Describe(SchemaDefinitions definitions)
    {
        var json = Shape.ToSchema(definitions);
        json["description"] = doc;
        if (Default is not null) json["default"] = Shape.DefaultJson(Default);
        return json;
    }
}

/// <summary>A key of options of one type.</summary>
internal abstract class Key<TOptions>(string name, string doc, bool isRequired, string? defaultText)
    : Key(name, doc, isRequired, defaultText);

/// <summary>A key with a shape and the place in the options where its value goes.</summary>
internal sealed class Key<TOptions, TValue>(
    string name, Shape<TValue> shape, Action<TOptions, Located<TValue>> set, string doc,
    bool isRequired = false, string? defaultText = null)
    : Key<TOptions>(name, doc, isRequired, defaultText)
{
    /// <inheritdoc/>
    public override Shape Shape => shape;

    /// <inheritdoc/>
    public override void Read(object options, Node node, Binder binder)
    {
        if (shape.TryRead(node, binder, out var value)) set((TOptions)options, value);
    }
}
