using System.Text.Json.Nodes;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Shapes;

/// <summary>
/// What may stand in a place of the file. The reader, the nearest known names, the JSON Schema and the tables of
/// docs/configuration.md are all made from shapes, so that none of them can say something else than the others.
/// Immutable; shared between threads.
/// </summary>
internal abstract class Shape
{
    /// <summary>What belongs here, with its article: <c>a duration from 1ms to 24d</c>.</summary>
    public abstract string Noun { get; }

    /// <summary>The object whose keys are described elsewhere, where this shape is made of one; else null.</summary>
    public virtual IObjectShape? Object => null;

    /// <summary>The JSON Schema (2020-12) of this shape.</summary>
    /// <param name="definitions">Takes what is referred to.</param>
    public abstract JsonObject ToSchema(SchemaDefinitions definitions);

    /// <summary>The node that a default stands for.</summary>
    public abstract Node DefaultNode(string text, Place place);

    /// <summary>A default as JSON.</summary>
    public abstract JsonNode? DefaultJson(string text);
}

/// <summary>A shape whose values are of one type.</summary>
internal abstract class Shape<T> : Shape
{
    /// <summary>Makes a value of a node.</summary>
    /// <returns>False where there is none, which has then been told.</returns>
    public abstract bool TryRead(Node node, Binder binder, out Located<T> value);

    /// <summary>Tells that a node is of the wrong sort.</summary>
    /// <returns>False.</returns>
    protected bool Refuse(Node node, Binder binder, string fix, out Located<T> value)
    {
        value = default;
        switch (node)
        {
            case BrokenNode:
                break;
            case ScalarNode { IsNull: true }:
                binder.Diagnostics.Add(node.Place, $"there is no value here; write {Noun}");
                break;
            default:
                binder.Diagnostics.Add(node.Place, $"this must be {Noun}, not {node.Noun}{fix}");
                break;
        }

        return false;
    }
}
