using System.Text;
using System.Text.Json;

namespace Edge.Demo;

/// <summary>Whether the model is to call a tool.</summary>
internal enum MockToolChoice
{
    /// <summary>As it likes.</summary>
    Auto,

    /// <summary>Never.</summary>
    None,

    /// <summary>Any of them, but one.</summary>
    Required,

    /// <summary>The named one.</summary>
    Named,
}

/// <summary>One tool of a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">Where in the request's body the JSON Schema of its arguments stands; empty: it takes none.</param>
internal readonly record struct MockTool(string Name, Range Schema);

/// <summary>The tools of a request and its wish about them. It belongs to one <see cref="LlmRequest"/>.</summary>
internal sealed class ToolList
{
    /// <summary>Most tools in a request.</summary>
    public const int ToolsMax = 128;

    private readonly List<MockTool> _tools = [];

    /// <summary>Whether to call a tool.</summary>
    public MockToolChoice Choice { get; private set; }

    /// <summary>The tool that the request names, where <see cref="Choice"/> is Named.</summary>
    public string? Named { get; private set; }

    /// <summary>The tools that may be called.</summary>
    public IReadOnlyList<MockTool> Items => _tools;

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _tools.Clear();
        (Choice, Named) = (MockToolChoice.Auto, null);
    }

    /// <summary>The tool that an answer to the question calls, or null where it is to be a text.</summary>
    /// <param name="question">What the user or a tool said last.</param>
    /// <param name="isToolResult">True where it was a tool.</param>
    public MockTool? Choose(ReadOnlySpan<byte> question, bool isToolResult)
    {
        if (_tools.Count == 0 || Choice == MockToolChoice.None)
        {
            return null;
        }

        if (Choice == MockToolChoice.Named && Find(Named) is { } named)
        {
            return named;
        }

        if (Choice != MockToolChoice.Auto)
        {
            return _tools[0];
        }

        // A tool that has just answered is not asked again: the model now speaks.
        if (isToolResult)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(question);
        foreach (var tool in _tools)
        {
            if (text.Contains(tool.Name, StringComparison.OrdinalIgnoreCase))
            {
                return tool;
            }
        }

        return text.Contains("tool", StringComparison.OrdinalIgnoreCase) ? _tools[0] : null;
    }

    /// <summary>Reads the member <c>tools</c>, at whose name the reader stands.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? ReadTools(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            var isNull = json.TokenType == JsonTokenType.Null;
            json.Skip();
            return isNull ? null : "'tools' must be an array.";
        }

        string? wrong = null;

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            string? name = null;
            Range schema = default;
            ReadTool(ref json, ref name, ref schema);
            if (name is null || _tools.Count == ToolsMax)
            {
                wrong ??= name is null ? "Each tool must have a name." : $"There may be {ToolsMax} tools.";
                continue;
            }

            _tools.Add(new MockTool(name, schema));
        }

        return wrong;
    }

    private static void ReadTool(ref Utf8JsonReader json, ref string? name, ref Range schema)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("function"u8))
            {
                json.Read();
                ReadTool(ref json, ref name, ref schema);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                json.Read();
                name = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                json.Skip();
            }
            else if (json.ValueTextEquals("parameters"u8) || json.ValueTextEquals("input_schema"u8))
            {
                json.Read();
                var start = (int)json.TokenStartIndex;
                json.Skip();
                schema = start..(int)json.BytesConsumed;
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }
    }

    /// <summary>Reads the member <c>tool_choice</c>, at whose name the reader stands.</summary>
    public void ReadChoice(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            SetChoice(ref json);
            return;
        }

        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        Range schema = default;
        string? name = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                SetChoice(ref json);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                json.Read();
                name = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                json.Skip();
            }
            else if (json.ValueTextEquals("function"u8))
            {
                json.Read();
                ReadTool(ref json, ref name, ref schema);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        Named = name;
    }

    private void SetChoice(ref Utf8JsonReader json)
    {
        Choice = LlmRequest.IsString(ref json, "none"u8) ? MockToolChoice.None
            : LlmRequest.IsString(ref json, "required"u8) || LlmRequest.IsString(ref json, "any"u8) ? MockToolChoice.Required
            : LlmRequest.IsString(ref json, "function"u8) || LlmRequest.IsString(ref json, "tool"u8) ? MockToolChoice.Named
            : MockToolChoice.Auto;
        json.Skip();
    }

    private MockTool? Find(string? name)
    {
        foreach (var tool in _tools)
        {
            if (tool.Name == name)
            {
                return tool;
            }
        }

        return null;
    }
}
