using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Edge.Core.Tests.Configuration;

/// <summary>As much of JSON Schema 2020-12 as the configuration's schema uses; an unknown keyword fails the test.</summary>
internal sealed class SchemaCheck(JsonObject root)
{
    private static readonly HashSet<string> Annotations = ["$schema", "$defs", "title", "description", "default"];

    /// <summary>The first place at which a value breaks the schema, or null.</summary>
    public string? Validate(JsonNode? value) => Validate(value, root, "$");

    private string? Validate(JsonNode? value, JsonObject schema, string at)
    {
        foreach (var (keyword, rule) in schema)
        {
            if (Annotations.Contains(keyword)) continue;
            if (Check(keyword, rule!, schema, value, at) is { } error) return error;
        }

        return null;
    }

    private string? Check(string keyword, JsonNode rule, JsonObject schema, JsonNode? value, string at) => keyword switch
    {
        "$ref" => Validate(value, Resolve(rule.GetValue<string>()), at),
        "type" => Types(rule).Any(t => Is(value, t)) ? null : $"{at}: type",
        "const" or "enum" => Any(rule).Any(c => JsonNode.DeepEquals(c, value)) ? null : $"{at}: {keyword}",
        "pattern" => !Is(value, "string") || Regex.IsMatch(Text(value), Text(rule)) ? null : $"{at}: pattern",
        "minimum" => !Is(value, "number") || Number(value) >= Number(rule) ? null : $"{at}: minimum",
        "maximum" => !Is(value, "number") || Number(value) <= Number(rule) ? null : $"{at}: maximum",
        "minItems" => value is not JsonArray a || a.Count >= (int)rule ? null : $"{at}: minItems",
        "maxItems" => value is not JsonArray a || a.Count <= (int)rule ? null : $"{at}: maxItems",
        "minProperties" => value is not JsonObject o || o.Count >= (int)rule ? null : $"{at}: minProperties",
        "maxProperties" => value is not JsonObject o || o.Count <= (int)rule ? null : $"{at}: maxProperties",
        "anyOf" => AnyOf(value, rule.AsArray(), at),
        "items" => First((value as JsonArray ?? []).Select((v, i) => Validate(v, rule.AsObject(), $"{at}[{i}]"))),
        "properties" => First(Shared(value, rule).Select(n => Validate(value![n], rule[n]!.AsObject(), $"{at}.{n}"))),
        "propertyNames" => First(Names(value).Select(n => Validate(JsonValue.Create(n), rule.AsObject(), $"{at}.{n}"))),
        "required" => First(rule.AsArray().Select(n => Names(value).Contains(Text(n)) ? null : $"{at}: lacks {n}")),
        "additionalProperties" => First(Others(value, schema).Select(n => rule is JsonObject o
            ? Validate(value![n], o, $"{at}.{n}")
            : $"{at}: unknown {n}")),
        _ => throw new NotSupportedException(keyword),
    };

    private string? AnyOf(JsonNode? value, JsonArray choices, string at)
    {
        var errors = choices.Select(c => Validate(value, c!.AsObject(), at)).ToList();
        return errors.Contains(null) ? null : errors[0];
    }

    private JsonObject Resolve(string reference) =>
        root["$defs"]![reference.Replace("#/$defs/", "", StringComparison.Ordinal)]!.AsObject();

    private static bool Is(JsonNode? value, string type) => (value?.GetValueKind(), type) switch
    {
        (JsonValueKind.Object, "object") or (JsonValueKind.Array, "array") or (JsonValueKind.String, "string") => true,
        (JsonValueKind.True or JsonValueKind.False, "boolean") or (JsonValueKind.Number, "number") => true,
        (JsonValueKind.Number, "integer") => Number(value) == Math.Truncate(Number(value)),
        _ => false,
    };

    private static double Number(JsonNode? value) =>
        double.Parse(value!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(JsonNode? value) => value!.GetValue<string>();

    private static IEnumerable<string> Types(JsonNode rule) => Any(rule).Select(Text);

    private static JsonArray Any(JsonNode rule) => rule as JsonArray ?? [rule.DeepClone()];

    private static IEnumerable<string> Names(JsonNode? value) => (value as JsonObject ?? []).Select(p => p.Key);

    private static IEnumerable<string> Shared(JsonNode? value, JsonNode rule) => Names(value).Intersect(Names(rule));

    private static IEnumerable<string> Others(JsonNode? value, JsonObject schema) =>
        Names(value).Except(Names(schema["properties"]));

    private static string? First(IEnumerable<string?> errors) => errors.FirstOrDefault(e => e is not null);
}
