using System.Text.Json.Nodes;

namespace Edge.Core.Configuration.Shapes;

/// <summary>Collects what a JSON Schema refers to by name. Used by one thread.</summary>
internal sealed class SchemaDefinitions
{
    private const string ExpansionName = "expansion";

    private readonly JsonObject _definitions = new()
    {
        [ExpansionName] = new JsonObject
        {
            ["description"] = "A value from an environment variable or a file: ${NAME}, ${NAME:-default}, ${file:path}.",
            ["type"] = "string",
            ["pattern"] = "\\$\\{[^}]+\\}",
        },
    };

    /// <summary>Refers to the way in which any value may be taken from outside.</summary>
    public static JsonObject Expansion() => Reference(ExpansionName);

    /// <summary>Refers to an object, and describes it at the first time.</summary>
    public JsonObject Object(IObjectShape shape)
    {
        if (!_definitions.ContainsKey(shape.Name))
        {
            _definitions[shape.Name] = null;
            _definitions[shape.Name] = shape.Describe(this);
        }

        return Reference(shape.Name);
    }

    /// <summary>Hands over all definitions; to be called once, at the end.</summary>
    public JsonObject TakeAll() => _definitions;

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };
}
