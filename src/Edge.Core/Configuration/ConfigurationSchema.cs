using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration;

/// <summary>
/// The JSON Schema (draft 2020-12) of the configuration file, for editors. Made from what the loader itself reads by.
/// </summary>
public static class ConfigurationSchema
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        NewLine = "\n",

        // The text goes into a file, never into a page: '<' and '+' may stand as they are.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the schema as UTF-8, with a line feed at its end.</summary>
    public static void Write(Stream output)
    {
        using (var writer = new Utf8JsonWriter(output, Indented)) Build().WriteTo(writer);
        output.WriteByte((byte)'\n');
    }

    /// <summary>The schema as text.</summary>
    public static string Write()
    {
        using var output = new MemoryStream();
        Write(output);
        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
    }

    private static JsonObject Build()
    {
        var definitions = new SchemaDefinitions();
        var root = EdgeOptions.Shape.Describe(definitions);
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "Edge" };
        foreach (var (name, value) in root) schema[name] = value?.DeepClone();
        schema["$defs"] = definitions.TakeAll();
        return schema;
    }
}
