using System.Text.Json;

namespace Edge.Demo;

/// <summary>OpenAI's <c>/v1/chat/completions</c>: the answer in one piece, and as a script of chunks.</summary>
internal sealed class ChatCompletions : IEventScript
{
    private const int RoleStep = 0;
    private const int TokenStep = 1;
    private const int FinishStep = 2;
    private const int UsageStep = 3;
    private const int DoneStep = 4;
    private const int EndStep = 5;

    private readonly MockExchange _exchange;
    private AnswerCursor _cursor;
    private int _step;

    /// <summary>A stream of the exchange's answer.</summary>
    public ChatCompletions(MockExchange exchange) => _exchange = exchange;

    /// <inheritdoc/>
    public StreamStep Next => _step switch
    {
        EndStep => StreamStep.End,
        TokenStep => StreamStep.Token,
        _ => StreamStep.Frame,
    };

    /// <inheritdoc/>
    public int Write()
    {
        var exchange = _exchange;
        if (_step == DoneStep)
        {
            exchange.Buffer.Append("data: [DONE]\n\n"u8);
            _step = EndStep;
            return 0;
        }

        var tokens = 0;
        var isUsage = _step == UsageStep;
        var json = EventStream.BeginEvent(exchange, default);
        WriteHead(exchange, json, "chat.completion.chunk"u8);
        json.WriteStartArray("choices"u8);
        switch (_step)
        {
            case RoleStep:
                WriteRole(exchange, json);
                _step = _cursor.AtEnd(exchange.Answer) ? FinishStep : TokenStep;
                break;
            case TokenStep:
                WriteTokens(exchange, json, out tokens);
                _step = _cursor.AtEnd(exchange.Answer) ? FinishStep : TokenStep;
                break;
            case FinishStep:
                json.WriteStartObject();
                json.WriteNumber("index"u8, 0);
                json.WriteStartObject("delta"u8);
                json.WriteEndObject();
                EndChoice(json, Finish(exchange.Answer));
                _step = SendsUsage ? UsageStep : DoneStep;
                break;
            case UsageStep:
                _step = DoneStep;
                break;
        }

        json.WriteEndArray();
        if (isUsage)
        {
            WriteUsage(exchange, json);
        }
        else if (SendsUsage)
        {
            json.WriteNull("usage"u8);
        }

        json.WriteEndObject();
        EventStream.EndEvent(exchange);
        return tokens;
    }

    /// <summary>Writes the whole answer as one object into the exchange's buffer.</summary>
    public static void WriteWhole(MockExchange exchange)
    {
        var json = exchange.Json;
        var answer = exchange.Answer;
        json.Reset();
        WriteHead(exchange, json, "chat.completion"u8);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (answer.Finish == MockFinish.Tool)
        {
            json.WriteNull("content"u8);
            json.WriteStartArray("tool_calls"u8);
            WriteCall(answer, json, answer.Text, withIndex: false);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("content"u8, answer.Text);
        }

        json.WriteNull("refusal"u8);
        json.WriteEndObject();
        EndChoice(json, Finish(answer));
        json.WriteEndArray();
        if (exchange.Settings.Usage != MockUsage.Omit)
        {
            WriteUsage(exchange, json);
        }

        json.WriteEndObject();
        json.Flush();
        exchange.Stats.Generated(answer.Tokens);
    }

    private bool SendsUsage => _exchange.Question.IncludeUsage && _exchange.Settings.Usage != MockUsage.Omit;

    private static void WriteHead(MockExchange exchange, Utf8JsonWriter json, ReadOnlySpan<byte> kind)
    {
        Span<char> id = stackalloc char[9 + 16];
        "chatcmpl-".CopyTo(id);
        exchange.Answer.Id.CopyTo(id[9..]);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, MockAnswer.CreatedUnixSeconds);
        json.WriteString("model"u8, exchange.Question.Model);
        json.WriteString("system_fingerprint"u8, "fp_mock"u8);
    }

    private static void WriteRole(MockExchange exchange, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (exchange.Answer.Finish == MockFinish.Tool)
        {
            json.WriteNull("content"u8);
            json.WriteStartArray("tool_calls"u8);
            WriteCall(exchange.Answer, json, default, withIndex: true);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("content"u8, ""u8);
        }

        json.WriteEndObject();
        EndChoice(json, default);
    }

    private void WriteTokens(MockExchange exchange, Utf8JsonWriter json, out int tokens)
    {
        var share = _cursor.Take(exchange, out tokens);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        if (exchange.Answer.Finish == MockFinish.Tool)
        {
            json.WriteStartArray("tool_calls"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, 0);
            json.WriteStartObject("function"u8);
            json.WriteString("arguments"u8, share);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("content"u8, share);
        }

        json.WriteEndObject();
        EndChoice(json, default);
    }

    private static void WriteCall(MockAnswer answer, Utf8JsonWriter json, ReadOnlySpan<byte> arguments, bool withIndex)
    {
        Span<char> id = stackalloc char[5 + 16];
        "call_".CopyTo(id);
        answer.Id.CopyTo(id[5..]);
        json.WriteStartObject();
        if (withIndex)
        {
            json.WriteNumber("index"u8, 0);
        }

        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, answer.ToolName);
        json.WriteString("arguments"u8, arguments);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void EndChoice(Utf8JsonWriter json, ReadOnlySpan<byte> finish)
    {
        json.WriteNull("logprobs"u8);
        if (finish.IsEmpty)
        {
            json.WriteNull("finish_reason"u8);
        }
        else
        {
            json.WriteString("finish_reason"u8, finish);
        }

        json.WriteEndObject();
    }

    private static void WriteUsage(MockExchange exchange, Utf8JsonWriter json)
    {
        var zero = exchange.Settings.Usage == MockUsage.Zero;
        var input = zero ? 0 : exchange.Question.InputTokens;
        var output = zero ? 0 : exchange.Answer.Tokens;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, input);
        json.WriteNumber("completion_tokens"u8, output);
        json.WriteNumber("total_tokens"u8, input + output);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, Math.Min(input, exchange.Settings.CachedTokens));
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> Finish(MockAnswer answer) => answer.Finish switch
    {
        MockFinish.Tool => "tool_calls"u8,
        MockFinish.Length => "length"u8,
        _ => "stop"u8,
    };
}
