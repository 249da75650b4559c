using System.Text.Json;

namespace Edge.Demo;

/// <summary>Makes the arguments of a tool call from the tool's schema.</summary>
internal static class ToolArguments
{
    /// <summary>
    /// Writes an object with a value for each property of the schema: the first of an enum, else <c>mock NAME</c>, 42, true, an
    /// empty array, an empty object or null, as the type says.
    /// </summary>
    public static void Write(ReadOnlySpan<byte> schema, PooledBuffer output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        if (!schema.IsEmpty)
        {
            var reader = new Utf8JsonReader(schema);
            reader.Read();
            WriteMembers(ref reader, json);
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteMembers(ref Utf8JsonReader schema, Utf8JsonWriter json)
    {
        if (schema.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (schema.Read() && schema.TokenType == JsonTokenType.PropertyName)
        {
            var isProperties = schema.ValueTextEquals("properties"u8);
            schema.Read();
            if (!isProperties || schema.TokenType != JsonTokenType.StartObject)
            {
                schema.Skip();
                continue;
            }

            while (schema.Read() && schema.TokenType == JsonTokenType.PropertyName)
            {
                var name = schema.GetString()!;
                json.WritePropertyName(name);
                schema.Read();
                WriteValue(ref schema, json, name);
            }
        }
    }

    private static void WriteValue(ref Utf8JsonReader schema, Utf8JsonWriter json, string name)
    {
        var type = "string";
        string? first = null;
        if (schema.TokenType == JsonTokenType.StartObject)
        {
            while (schema.Read() && schema.TokenType == JsonTokenType.PropertyName)
            {
                var isType = schema.ValueTextEquals("type"u8);
                var isEnum = schema.ValueTextEquals("enum"u8);
                schema.Read();
                var text = isType || isEnum ? FirstString(ref schema) : null;
                schema.Skip();
                type = isType ? text ?? type : type;
                first = isEnum ? text : first;
            }
        }

        switch (type)
        {
            case "integer" or "number": json.WriteNumberValue(42); break;
            case "boolean": json.WriteBooleanValue(true); break;
            case "array": json.WriteRawValue("[]"u8); break;
            case "object": json.WriteRawValue("{}"u8); break;
            case "null": json.WriteNullValue(); break;
            default: json.WriteStringValue(first ?? $"mock {name}"); break;
        }
    }

    /// <summary>A string, or the first item of an array where that is one. Leaves the reader at the value's last token.</summary>
    private static string? FirstString(ref Utf8JsonReader schema)
    {
        if (schema.TokenType == JsonTokenType.String)
        {
            return schema.GetString();
        }

        if (schema.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }

        string? first = null;
        for (var index = 0; schema.Read() && schema.TokenType != JsonTokenType.EndArray; index++)
        {
            first = index == 0 && schema.TokenType == JsonTokenType.String ? schema.GetString() : first;
            schema.Skip();
        }

        return first;
    }
}
