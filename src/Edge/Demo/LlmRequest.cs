using System.Text.Json;

namespace Edge.Demo;

/// <summary>
/// What the mock wants to know of a request to a language model, whichever of the three APIs it came by: their members
/// differ in name and not in meaning. It belongs to one exchange and is filled anew for each request.
/// </summary>
/// <remarks>It reads members in any order and ignores those that it does not know. The body must outlive the object's use.</remarks>
internal sealed class LlmRequest
{
    private readonly PooledBuffer _text = new();
    private readonly PooledBuffer _question = new();
    private MockProblem _problem;
    private bool _lastIsToolResult;
    private int _systemTokens;

    /// <summary>The model's name; empty where there is none.</summary>
    public string Model { get; private set; } = "";

    /// <summary>True where messages (or input) are there and not empty.</summary>
    public bool HasMessages { get; private set; }

    /// <summary>True where the answer is wanted as a stream.</summary>
    public bool Stream { get; private set; }

    /// <summary>True where a stream is to end with a chunk of usage (OpenAI's <c>stream_options.include_usage</c>).</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary>Most tokens of the answer, or null.</summary>
    public int? OutputTokensMax { get; private set; }

    /// <summary>Tokens of all texts of the request, each counted for itself.</summary>
    public int InputTokens { get; private set; }

    /// <summary>The text of the last message that is the user's, or the tool's result where that came later.</summary>
    public ReadOnlySpan<byte> Question => _question.Span;

    /// <summary>True where the last word is a tool's.</summary>
    public bool QuestionIsToolResult => _lastIsToolResult;

    /// <summary>The tools that may be called, and whether one is to be.</summary>
    public ToolList Tools { get; } = new();

    /// <summary>Reads a request's body.</summary>
    /// <returns>What is wrong with it, or none.</returns>
    public MockProblem Read(ReadOnlySpan<byte> body) => Read(body, modelOnly: false);

    /// <summary>Reads the model's name alone, from a body whose other members mean something else than in a dialogue.</summary>
    /// <returns>What is wrong with it, or none.</returns>
    public MockProblem ReadModelOnly(ReadOnlySpan<byte> body) => Read(body, modelOnly: true);

    /// <summary>Gives all memory back. The object can be used again.</summary>
    public void Release()
    {
        _text.Release();
        _question.Release();
    }

    private MockProblem Read(ReadOnlySpan<byte> body, bool modelOnly)
    {
        Reset();
        try
        {
            var json = new Utf8JsonReader(body);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                return MockProblem.Bad("The request's body is not a JSON object.");
            }

            var model = "";
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (modelOnly && !json.ValueTextEquals("model"u8))
                {
                    json.Read();
                    json.Skip();
                }
                else
                {
                    ReadMember(ref json, ref model);
                }
            }

            Model = model;

            // Throws where something follows the object.
            json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is how the reader reports a string that is no valid text.
            return MockProblem.Bad("We could not parse the JSON body of your request.");
        }

        InputTokens += _systemTokens;
        return _problem;
    }

    private void Reset()
    {
        _text.Clear();
        _question.Clear();
        Tools.Clear();
        _problem = default;
        (_lastIsToolResult, _systemTokens) = (false, 0);
        (HasMessages, Stream, IncludeUsage, OutputTokensMax, InputTokens) = (false, false, false, null, 0);
    }

    private void ReadMember(ref Utf8JsonReader json, ref string model)
    {
        if (json.ValueTextEquals("model"u8))
        {
            model = ReadModel(ref json);
        }
        else if (json.ValueTextEquals("messages"u8))
        {
            ReadMessages(ref json, "messages");
        }
        else if (json.ValueTextEquals("input"u8))
        {
            ReadMessages(ref json, "input");
        }
        else if (json.ValueTextEquals("stream"u8))
        {
            Stream = ReadBoolean(ref json, "stream");
        }
        else if (json.ValueTextEquals("max_tokens"u8))
        {
            OutputTokensMax = ReadLimit(ref json, "max_tokens") ?? OutputTokensMax;
        }
        else if (json.ValueTextEquals("max_completion_tokens"u8))
        {
            OutputTokensMax = ReadLimit(ref json, "max_completion_tokens") ?? OutputTokensMax;
        }
        else if (json.ValueTextEquals("max_output_tokens"u8))
        {
            OutputTokensMax = ReadLimit(ref json, "max_output_tokens") ?? OutputTokensMax;
        }
        else if (json.ValueTextEquals("system"u8) || json.ValueTextEquals("instructions"u8))
        {
            json.Read();
            ReadContent(ref json);
            _systemTokens = TakeTokens();
        }
        else
        {
            ReadRareMember(ref json);
        }
    }

    private void ReadRareMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("stream_options"u8))
        {
            ReadStreamOptions(ref json);
        }
        else if (json.ValueTextEquals("tools"u8))
        {
            Complain(Tools.ReadTools(ref json), "tools");
        }
        else if (json.ValueTextEquals("tool_choice"u8))
        {
            Tools.ReadChoice(ref json);
        }
        else if (json.ValueTextEquals("n"u8))
        {
            if (ReadLimit(ref json, "n") is > 1)
            {
                Complain("The mock provider answers with one choice: 'n' must be 1.", "n");
            }
        }
        else
        {
            json.Read();
            json.Skip();
        }
    }

    private string ReadModel(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            Complain("'model' must be a string.", "model");
            json.Skip();
            return "";
        }

        // The same caller asks the same model again and again on one connection: its name is kept.
        return json.ValueTextEquals(Model) ? Model : json.GetString()!;
    }

    private void ReadMessages(ref Utf8JsonReader json, string name)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String && name == "input")
        {
            ReadContent(ref json);
            HasMessages = true;
            TakeQuestion(isToolResult: false);
            return;
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            Complain($"'{name}' must be an array.", name);
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                Complain($"Each item of '{name}' must be an object.", name);
                json.Skip();
                continue;
            }

            HasMessages = true;
            ReadMessage(ref json);
        }
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        var isQuestion = false;
        var isToolResult = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("role"u8))
            {
                json.Read();
                isQuestion |= IsString(ref json, "user"u8);
                isToolResult |= IsString(ref json, "tool"u8);
                json.Skip();
            }
            else if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                isToolResult |= IsString(ref json, "function_call_output"u8);
                json.Skip();
            }
            else if (json.ValueTextEquals("content"u8) || json.ValueTextEquals("output"u8))
            {
                json.Read();
                isToolResult |= ReadContent(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        if (isQuestion || isToolResult)
        {
            TakeQuestion(isToolResult);
        }
        else
        {
            // What the model said after the user spoke is no tool's result, but does not change the question.
            InputTokens += TakeTokens();
        }
    }

    /// <summary>Appends the texts of a string, or of an array of parts. The reader stands at the value's first token.</summary>
    /// <returns>True where a part is a tool's result.</returns>
    private bool ReadContent(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            AppendText(ref json);
            return false;
        }

        var isToolResult = false;
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return false;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                isToolResult |= ReadPart(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return isToolResult;
    }

    private bool ReadPart(ref Utf8JsonReader json)
    {
        var isToolResult = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("text"u8) || json.ValueTextEquals("content"u8))
            {
                json.Read();
                ReadContent(ref json);
            }
            else if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                isToolResult |= IsString(ref json, "tool_result"u8);
                json.Skip();
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return isToolResult;
    }

    private void AppendText(ref Utf8JsonReader json)
    {
        var span = _text.GetSpan(json.HasValueSequence ? (int)json.ValueSequence.Length : json.ValueSpan.Length);
        _text.Advance(json.CopyString(span));
    }

    private void TakeQuestion(bool isToolResult)
    {
        _lastIsToolResult = isToolResult;
        _question.Clear();
        _question.Append(_text.Span);
        InputTokens += TakeTokens();
    }

    private int TakeTokens()
    {
        var tokens = TokenRule.Tokens(_text.Span);
        _text.Clear();
        return tokens;
    }

    private void ReadStreamOptions(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("include_usage"u8))
            {
                IncludeUsage = ReadBoolean(ref json, "stream_options.include_usage");
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }
    }

    private bool ReadBoolean(ref Utf8JsonReader json, string name)
    {
        json.Read();
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
        {
            Complain($"'{name}' must be a boolean.", name);
        }

        json.Skip();
        return json.TokenType == JsonTokenType.True;
    }

    private int? ReadLimit(ref Utf8JsonReader json, string name)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var limit) && limit >= 1)
        {
            return limit;
        }

        if (json.TokenType != JsonTokenType.Null)
        {
            Complain($"'{name}' must be a whole number of at least 1.", name);
        }

        json.Skip();
        return null;
    }

    /// <summary>True where the reader stands at this string.</summary>
    internal static bool IsString(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
        => json.TokenType == JsonTokenType.String && json.ValueTextEquals(text);

    private void Complain(string? message, string param)
    {
        if (message is not null && _problem.IsNone)
        {
            _problem = MockProblem.Bad(message, param);
        }
    }
}
