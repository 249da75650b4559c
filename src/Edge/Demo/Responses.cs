using System.Text.Json;

namespace Edge.Demo;

/// <summary>OpenAI's <c>/v1/responses</c>: the answer in one piece, and as a script of its typed events.</summary>
internal sealed class Responses : IEventScript
{
    private const int CreatedStep = 0;
    private const int InProgressStep = 1;
    private const int ItemAddedStep = 2;
    private const int PartAddedStep = 3;
    private const int TokenStep = 4;
    private const int TextDoneStep = 5;
    private const int PartDoneStep = 6;
    private const int ItemDoneStep = 7;
    private const int CompletedStep = 8;
    private const int EndStep = 9;

    private readonly MockExchange _exchange;
    private AnswerCursor _cursor;
    private int _step;
    private int _sequence;

    /// <summary>A stream of the exchange's answer.</summary>
    public Responses(MockExchange exchange) => _exchange = exchange;

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
        WriteResponse(exchange, exchange.Json, isComplete: true);
        exchange.Json.Flush();
        exchange.Stats.Generated(exchange.Answer.Tokens);
    }

    /// <inheritdoc/>
    public int Write()
    {
        var tokens = 0;
        var name = EventName();
        var json = EventStream.BeginEvent(_exchange, name);
        json.WriteStartObject();
        json.WriteString("type"u8, name);
        json.WriteNumber("sequence_number"u8, _sequence++);
        switch (_step)
        {
            case CreatedStep or InProgressStep or CompletedStep:
                json.WritePropertyName("response"u8);
                WriteResponse(_exchange, json, _step == CompletedStep);
                break;
            case ItemAddedStep or ItemDoneStep:
                json.WriteNumber("output_index"u8, 0);
                json.WritePropertyName("item"u8);
                WriteItem(_exchange.Answer, json, _step == ItemDoneStep);
                break;
            default:
                tokens = WriteInsideItem(json);
                break;
        }

        json.WriteEndObject();
        EventStream.EndEvent(_exchange);
        Advance();
        return tokens;
    }

    private ReadOnlySpan<byte> EventName() => _step switch
    {
        CreatedStep => "response.created"u8,
        InProgressStep => "response.in_progress"u8,
        ItemAddedStep => "response.output_item.added"u8,
        PartAddedStep => "response.content_part.added"u8,
        TokenStep => IsTool ? "response.function_call_arguments.delta"u8 : "response.output_text.delta"u8,
        TextDoneStep => IsTool ? "response.function_call_arguments.done"u8 : "response.output_text.done"u8,
        PartDoneStep => "response.content_part.done"u8,
        ItemDoneStep => "response.output_item.done"u8,
        _ => _exchange.Answer.Finish == MockFinish.Length ? "response.incomplete"u8 : "response.completed"u8,
    };

    private void Advance()
    {
        _step = _step switch
        {
            ItemAddedStep when IsTool => TokenStep,
            TokenStep when !_cursor.AtEnd(_exchange.Answer) => TokenStep,
            TextDoneStep when IsTool => ItemDoneStep,
            _ => _step + 1,
        };
    }

    private int WriteInsideItem(Utf8JsonWriter json)
    {
        var answer = _exchange.Answer;
        var tokens = 0;
        WriteId(json, "item_id"u8, IsTool ? "fc_" : "msg_", answer);
        json.WriteNumber("output_index"u8, 0);
        if (!IsTool)
        {
            json.WriteNumber("content_index"u8, 0);
        }

        switch (_step)
        {
            case TokenStep:
                json.WriteString("delta"u8, _cursor.Take(_exchange, out tokens));
                WriteLogprobs(json);
                break;
            case TextDoneStep when IsTool:
                json.WriteString("name"u8, answer.ToolName);
                json.WriteString("arguments"u8, answer.Text);
                break;
            case TextDoneStep:
                json.WriteString("text"u8, answer.Text);
                WriteLogprobs(json);
                break;
            default:
                json.WritePropertyName("part"u8);
                WritePart(json, _step == PartDoneStep ? answer.Text : default);
                break;
        }

        return tokens;
    }

    private void WriteLogprobs(Utf8JsonWriter json)
    {
        if (!IsTool)
        {
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        }
    }

    private static void WriteResponse(MockExchange exchange, Utf8JsonWriter json, bool isComplete)
    {
        var answer = exchange.Answer;
        var isCut = isComplete && answer.Finish == MockFinish.Length;
        json.WriteStartObject();
        WriteId(json, "id"u8, "resp_", answer);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, MockAnswer.CreatedUnixSeconds);
        json.WriteString("status"u8, isCut ? "incomplete"u8 : isComplete ? "completed"u8 : "in_progress"u8);
        json.WriteNull("error"u8);
        if (isCut)
        {
            json.WriteStartObject("incomplete_details"u8);
            json.WriteString("reason"u8, "max_output_tokens"u8);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details"u8);
        }

        json.WriteNull("instructions"u8);
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteString("model"u8, exchange.Question.Model);
        json.WriteStartArray("output"u8);
        if (isComplete)
        {
            WriteItem(answer, json, isComplete: true);
        }

        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls"u8, true);
        json.WriteString("tool_choice"u8, "auto"u8);
        json.WriteStartArray("tools"u8);
        json.WriteEndArray();
        WriteUsage(exchange, json, isComplete);
        json.WriteEndObject();
    }

    private static void WriteItem(MockAnswer answer, Utf8JsonWriter json, bool isComplete)
    {
        var status = !isComplete ? "in_progress"u8 : answer.Finish == MockFinish.Length ? "incomplete"u8 : "completed"u8;
        json.WriteStartObject();
        if (answer.Finish == MockFinish.Tool)
        {
            WriteId(json, "id"u8, "fc_", answer);
            json.WriteString("type"u8, "function_call"u8);
            json.WriteString("status"u8, status);
            WriteId(json, "call_id"u8, "call_", answer);
            json.WriteString("name"u8, answer.ToolName);
            json.WriteString("arguments"u8, isComplete ? answer.Text : default);
        }
        else
        {
            WriteId(json, "id"u8, "msg_", answer);
            json.WriteString("type"u8, "message"u8);
            json.WriteString("status"u8, status);
            json.WriteString("role"u8, "assistant"u8);
            json.WriteStartArray("content"u8);
            if (isComplete)
            {
                WritePart(json, answer.Text);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "output_text"u8);
        json.WriteString("text"u8, text);
        json.WriteStartArray("annotations"u8);
        json.WriteEndArray();
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUsage(MockExchange exchange, Utf8JsonWriter json, bool isComplete)
    {
        if (!isComplete || exchange.Settings.Usage == MockUsage.Omit)
        {
            json.WriteNull("usage"u8);
            return;
        }

        var zero = exchange.Settings.Usage == MockUsage.Zero;
        var input = zero ? 0 : exchange.Question.InputTokens;
        var output = zero ? 0 : exchange.Answer.Tokens;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, input);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, Math.Min(input, exchange.Settings.CachedTokens));
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, output);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, input + output);
        json.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter json, ReadOnlySpan<byte> member, string prefix, MockAnswer answer)
    {
        Span<char> id = stackalloc char[5 + 16];
        prefix.CopyTo(id);
        answer.Id.CopyTo(id[prefix.Length..]);
        json.WriteString(member, id[..(prefix.Length + answer.Id.Length)]);
    }
}
