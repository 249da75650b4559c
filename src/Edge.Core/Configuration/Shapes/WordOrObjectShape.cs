using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>An object, or a single word that stands for one.</summary>
/// <param name="word">The word.</param>
/// <param name="full">The object.</param>
/// <param name="of">Makes the object that a word stands for.</param>
internal sealed class WordOrObjectShape<T, TWord>(ScalarShape<TWord> word, ObjectShape<T> full, Func<Located<TWord>, T> of)
    : Shape<T>
    where T : class, new()
{
    /// <inheritdoc/>
    public override string Noun => $"{word.Noun} or {full.Noun}";

    /// <inheritdoc/>
    public override IObjectShape Object => full;

    /// <inheritdoc/>
    public override bool TryRead(Node node, Binder binder, out Located<T> value)
    {
        switch (node)
        {
            case ScalarNode { IsNull: false }:
                var isWord = word.TryRead(node, binder, out var read);
                value = new Located<T>(isWord ? of(read) : new T(), node.Place);
                return isWord;
            case MapNode:
                return full.TryRead(node, binder, out value);
            default:
                return Refuse(node, binder, "", out value);
        }
    }

    /// <inheritdoc/>
    public override JsonObject ToSchema(SchemaDefinitions definitions) =>
        new() { ["anyOf"] = new JsonArray(word.ToSchema(definitions), full.ToSchema(definitions)) };

    /// <inheritdoc/>
    public override Node DefaultNode(string text, Place place) => word.DefaultNode(text, place);

    /// <inheritdoc/>
    public override JsonNode? DefaultJson(string text) => word.DefaultJson(text);
}
