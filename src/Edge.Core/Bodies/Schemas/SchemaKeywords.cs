using System.Collections.Frozen;

namespace Edge.Core.Bodies.Schemas;

/// <summary>What stands at a keyword.</summary>
internal enum KeywordShape
{
    /// <summary>It is none of JSON Schema 2020-12.</summary>
    Unknown,

    /// <summary>A schema.</summary>
    Schema,

    /// <summary>A list of schemas, or schemas by name.</summary>
    Schemas,

    /// <summary>Something else, which asserts.</summary>
    Value,

    /// <summary>Something that asserts nothing.</summary>
    Annotation,

    /// <summary>It had a meaning in an older version, which would be lost.</summary>
    Outdated,
}

/// <summary>The keywords of JSON Schema 2020-12.</summary>
internal static class SchemaKeywords
{
    private static readonly FrozenDictionary<string, KeywordShape> Shapes = Make();

    /// <summary>All names, for suggestions.</summary>
    public static IReadOnlyList<string> Names => Shapes.Keys;

    /// <summary>What stands at a keyword.</summary>
    public static KeywordShape ShapeOf(string keyword) => Shapes.GetValueOrDefault(keyword, KeywordShape.Unknown);

    private static FrozenDictionary<string, KeywordShape> Make()
    {
        var shapes = new Dictionary<string, KeywordShape>();
        Add(shapes, KeywordShape.Schema, "additionalProperties", "propertyNames", "items", "contains", "unevaluatedItems",
            "unevaluatedProperties", "not", "if", "then", "else", "contentSchema");
        Add(shapes, KeywordShape.Schemas, "prefixItems", "allOf", "anyOf", "oneOf", "$defs", "definitions", "properties",
            "patternProperties", "dependentSchemas");
        Add(shapes, KeywordShape.Value, "$schema", "$ref", "$dynamicRef", "type", "enum", "const", "multipleOf", "maximum",
            "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
            "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required", "dependentRequired");
        Add(shapes, KeywordShape.Annotation, "$id", "$anchor", "$dynamicAnchor", "$comment", "$vocabulary", "title",
            "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "format", "contentEncoding",
            "contentMediaType");
        Add(shapes, KeywordShape.Outdated, "additionalItems", "dependencies", "$recursiveRef", "divisibleBy",
            "disallow", "extends");
        return shapes.ToFrozenDictionary();
    }

    private static void Add(Dictionary<string, KeywordShape> shapes, KeywordShape shape, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            shapes.Add(name, shape);
        }
    }
}
