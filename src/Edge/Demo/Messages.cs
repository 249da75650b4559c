using System.Text.Json;

namespace Edge.Demo;

/// <summary>Anthropic's <c>/v1/messages</c>: the answer in one piece, and as a script of its named events.</summary>
internal sealed class Messages : IEventScript
{
    private const int StartStep = 0;
    private const int BlockStartStep = 1;
    private const int PingStep = 2;
    private const int TokenStep = 3;
    private const int BlockStopStep = 4;
    private const int DeltaStep = 5;
    private const int StopStep = 6;
    private const int EndStep = 7;

    private readonly MockExchange _exchange;
    private AnswerCursor _cursor;
    private int _step;

    /// <summary>A stream of the exchange's answer.</summary>
    public Messages(MockExchange exchange) => _exchange = exchange;

    /// <inheritdoc/>
    public StreamStep Next => _step switch
    {
        EndStep => StreamStep.End,
        TokenStep => StreamStep.Token,
        _ => StreamStep.Frame,
    };

    private bool IsTool => _exchange.Answer.Finish == MockFinish.Tool;

    /// <summary>Writes the whole answer as one object into the exchange's buffer.</summary>
    public static void WriteWhole(MockExchange exchange)
    {
        exchange.Json.Reset();
        WriteMessage(exchange, exchange.Json, isComplete: true);
        exchange.Json.Flush();
        exchange.Stats.Generated(exchange.Answer.Tokens);
    }

    /// <summary>Writes the answer of <c>/v1/messages/count_tokens</c> into the exchange's buffer.</summary>
    public static void WriteCount(MockExchange exchange)
    {
        var json = exchange.Json;
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("input_tokens"u8, exchange.Question.InputTokens);
        json.WriteEndObject();
        json.Flush();
    }

    /// <inheritdoc/>
    public int Write()
    {
        var tokens = 0;
        var name = EventName();
        var json = EventStream.BeginEvent(_exchange, name);
        json.WriteStartObject();
        json.WriteString("type"u8, name);
        switch (_step)
        {
            case StartStep:
                json.WritePropertyName("message"u8);
                WriteMessage(_exchange, json, isComplete: false);
                break;
            case BlockStartStep:
                json.WriteNumber("index"u8, 0);
                json.WritePropertyName("content_block"u8);
                WriteBlock(_exchange.Answer, json, isComplete: false);
                break;
            case TokenStep:
                json.WriteNumber("index"u8, 0);
                json.WriteStartObject("delta"u8);
                json.WriteString("type"u8, IsTool ? "input_json_delta"u8 : "text_delta"u8);
                json.WriteString(IsTool ? "partial_json"u8 : "text"u8, _cursor.Take(_exchange, out tokens));
                json.WriteEndObject();
                break;
            case BlockStopStep:
                json.WriteNumber("index"u8, 0);
                break;
            case DeltaStep:
                json.WriteStartObject("delta"u8);
                WriteStopReason(_exchange.Answer, json, isComplete: true);
                json.WriteEndObject();
                WriteUsage(_exchange, json, _exchange.Answer.Tokens);
                break;
        }

        json.WriteEndObject();
        EventStream.EndEvent(_exchange);
        _step = _step == TokenStep && !_cursor.AtEnd(_exchange.Answer) ? TokenStep : _step + 1;
        return tokens;
    }

    private ReadOnlySpan<byte> EventName() => _step switch
    {
        StartStep => "message_start"u8,
        BlockStartStep => "content_block_start"u8,
        PingStep => "ping"u8,
        TokenStep => "content_block_delta"u8,
        BlockStopStep => "content_block_stop"u8,
        DeltaStep => "message_delta"u8,
        _ => "message_stop"u8,
    };

    private static void WriteMessage(MockExchange exchange, Utf8JsonWriter json, bool isComplete)
    {
        var answer = exchange.Answer;
        json.WriteStartObject();
        WriteId(json, "msg_", answer);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, exchange.Question.Model);
        json.WriteStartArray("content"u8);
        if (isComplete)
        {
            WriteBlock(answer, json, isComplete: true);
        }

        json.WriteEndArray();
        WriteStopReason(answer, json, isComplete);

        // As the real service does, a stream begins with a first token already counted; message_delta has the sum.
        WriteUsage(exchange, json, isComplete ? answer.Tokens : 1);
        json.WriteEndObject();
    }

    private static void WriteBlock(MockAnswer answer, Utf8JsonWriter json, bool isComplete)
    {
        json.WriteStartObject();
        if (answer.Finish == MockFinish.Tool)
        {
            json.WriteString("type"u8, "tool_use"u8);
            WriteId(json, "toolu_", answer);
            json.WriteString("name"u8, answer.ToolName);
            json.WritePropertyName("input"u8);
            json.WriteRawValue(isComplete ? answer.Text : "{}"u8, skipInputValidation: true);
        }
        else
        {
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, isComplete ? answer.Text : default);
        }

        json.WriteEndObject();
    }

    private static void WriteStopReason(MockAnswer answer, Utf8JsonWriter json, bool isComplete)
    {
        if (isComplete)
        {
            json.WriteString("stop_reason"u8, answer.Finish switch
            {
                MockFinish.Tool => "tool_use"u8,
                MockFinish.Length => "max_tokens"u8,
                _ => "end_turn"u8,
            });
        }
        else
        {
            json.WriteNull("stop_reason"u8);
        }

        json.WriteNull("stop_sequence"u8);
    }

    private static void WriteUsage(MockExchange exchange, Utf8JsonWriter json, int outputTokens)
    {
        if (exchange.Settings.Usage == MockUsage.Omit)
        {
            return;
        }

        var zero = exchange.Settings.Usage == MockUsage.Zero;
        var input = zero ? 0 : exchange.Question.InputTokens;
        var cached = Math.Min(input, exchange.Settings.CachedTokens);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, input - cached);
        json.WriteNumber("cache_creation_input_tokens"u8, 0);
        json.WriteNumber("cache_read_input_tokens"u8, cached);
        json.WriteNumber("output_tokens"u8, zero ? 0 : outputTokens);
        json.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter json, string prefix, MockAnswer answer)
    {
        Span<char> id = stackalloc char[6 + 16];
        prefix.CopyTo(id);
        answer.Id.CopyTo(id[prefix.Length..]);
        json.WriteString("id"u8, id[..(prefix.Length + answer.Id.Length)]);
    }
}
