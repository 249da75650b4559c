using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// Writes whole answers of one dialect in the words of the other. One for one answer after another; allocates nothing once
/// warm. Not thread-safe.
/// </summary>
public sealed class AnswerTranslator
{
    private readonly HeadBuffer _inner = new();
    private readonly JsonTape _innerTape = new();
    private JsonTape _tape = null!;
    private HeadBuffer _to = null!;

    /// <summary>Anthropic's message as OpenAI's chat completion.</summary>
    /// <param name="answer">The message.</param>
    /// <param name="createdUnixSeconds">When it was made, as far as the caller is to know.</param>
    /// <param name="id">What to call an answer that has no identifier. Without anything that JSON escapes.</param>
    /// <param name="to">Where the translation is appended; where the answer is not a message, a part that means nothing.</param>
    /// <returns>False: it is not a message.</returns>
    public bool TryWriteChat(JsonTape answer, long createdUnixSeconds, ReadOnlySpan<byte> id, HeadBuffer to)
    {
        (_tape, _to) = (answer, to);
        var content = Find(0, "content"u8);
        if (!Is(content, JsonKind.Array) || !Is(Find(0, "model"u8), JsonKind.String))
        {
            return false;
        }

        to.Write("{\"id\":"u8);
        AnswerIds.Write(to, answer, Find(0, "id"u8), isForChat: true, id);
        to.Write(",\"object\":\"chat.completion\",\"created\":"u8);
        to.WriteDecimal(createdUnixSeconds);
        to.Write(",\"model\":"u8);
        WriteRaw(Find(0, "model"u8));
        to.Write(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"u8);
        var calls = CountOf(content, "tool_use"u8);
        if (CountOf(content, "text"u8) == 0)
        {
            to.Write(calls > 0 ? "null"u8 : "\"\""u8);
        }
        else if (!TryJoin(content, "text"u8, "text"u8))
        {
            return false;
        }

        to.Write(",\"refusal\":null"u8);
        if (CountOf(content, "thinking"u8) > 0)
        {
            to.Write(",\"reasoning_content\":"u8);
            if (!TryJoin(content, "thinking"u8, "thinking"u8))
            {
                return false;
            }
        }

        if (calls > 0 && !TryWriteChatCalls(content))
        {
            return false;
        }

        to.Write("},\"logprobs\":null,\"finish_reason\":\""u8);
        to.Write(StopReasons.ChatWord(StopReasons.OfMessage(answer, Find(0, "stop_reason"u8)), calls > 0));
        to.Write("\"}],\"usage\":"u8);
        var usage = default(TranslatedUsage);
        usage.TakeMessage(answer, Find(0, "usage"u8));
        usage.WriteChat(to);
        to.Write("}"u8);
        return true;
    }

    /// <summary>OpenAI's chat completion as Anthropic's message.</summary>
    /// <inheritdoc cref="TryWriteChat"/>
    public bool TryWriteMessage(JsonTape answer, ReadOnlySpan<byte> id, HeadBuffer to)
    {
        (_tape, _to) = (answer, to);
        var choices = Find(0, "choices"u8);
        var message = Is(choices, JsonKind.Array) && answer.Tokens[choices].Count > 0 ? Find(choices + 1, "message"u8) : -1;
        if (!Is(message, JsonKind.Object) || !Is(Find(0, "model"u8), JsonKind.String))
        {
            return false;
        }

        to.Write("{\"id\":"u8);
        AnswerIds.Write(to, answer, Find(0, "id"u8), isForChat: false, id);
        to.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        WriteRaw(Find(0, "model"u8));
        to.Write(",\"content\":["u8);
        var reason = StopReasons.OfChat(answer, Find(choices + 1, "finish_reason"u8));
        var blocks = 0;
        if (ChatReasoning.Find(answer, message) is >= 0 and var thinking)
        {
            Block(ref blocks, "{\"type\":\"thinking\",\"thinking\":"u8, thinking);
            to.Write(",\"signature\":\"\"}"u8);
        }

        WriteText(Find(message, "content"u8), ref blocks);
        if (WriteText(Find(message, "refusal"u8), ref blocks))
        {
            reason = StopReason.Refusal;
        }

        var calls = Find(message, "tool_calls"u8);
        var callsTools = Is(calls, JsonKind.Array) && answer.Tokens[calls].Count > 0;
        if (callsTools && !TryWriteMessageCalls(calls, reason == StopReason.Length, ref blocks))
        {
            return false;
        }

        to.Write("],\"stop_reason\":\""u8);
        to.Write(StopReasons.MessageWord(reason, callsTools));
        to.Write("\",\"stop_sequence\":null,\"usage\":"u8);
        var usage = default(TranslatedUsage);
        usage.TakeChat(answer, Find(0, "usage"u8));
        usage.WriteMessage(to);
        to.Write("}"u8);
        return true;
    }

    /// <summary>Gives memory back. The translator may be used again.</summary>
    public void ReturnMemory()
    {
        _inner.ReturnMemory();
        _innerTape.Reset();
        (_tape, _to) = (null!, null!);
    }

    private int Find(int parent, ReadOnlySpan<byte> name) => _tape.Find(parent, name);

    private bool Is(int token, JsonKind kind) => token >= 0 && _tape.Tokens[token].Kind == kind;

    private void WriteRaw(int token) => _to.Write(_tape.Tokens[token].Raw(_tape.Text));

    private bool IsOfType(int block, ReadOnlySpan<byte> type)
    {
        var token = Find(block, "type"u8);
        return Is(token, JsonKind.String) && _tape.IsNamed(token, type);
    }

    private int CountOf(int content, ReadOnlySpan<byte> type)
    {
        var count = 0;
        for (var block = content + 1; block < _tape.Tokens[content].Next; block = _tape.Tokens[block].Next)
        {
            count += IsOfType(block, type) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Writes the texts of all blocks of a type as one string.</summary>
    private bool TryJoin(int content, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name)
    {
        _to.Write("\""u8);
        for (var block = content + 1; block < _tape.Tokens[content].Next; block = _tape.Tokens[block].Next)
        {
            if (IsOfType(block, type))
            {
                var text = Find(block, name);
                if (!Is(text, JsonKind.String))
                {
                    return false;
                }

                _to.Write(_tape.Tokens[text].Inner(_tape.Text));
            }
        }

        _to.Write("\""u8);
        return true;
    }

    private bool TryWriteChatCalls(int content)
    {
        var calls = 0;
        for (var block = content + 1; block < _tape.Tokens[content].Next; block = _tape.Tokens[block].Next)
        {
            if (!IsOfType(block, "tool_use"u8))
            {
                continue;
            }

            var id = Find(block, "id"u8);
            var name = Find(block, "name"u8);
            var input = Find(block, "input"u8);
            if (!Is(id, JsonKind.String) || !Is(name, JsonKind.String) || !Is(input, JsonKind.Object))
            {
                return false;
            }

            _to.Write(calls++ == 0 ? ",\"tool_calls\":[{\"id\":"u8 : ",{\"id\":"u8);
            WriteRaw(id);
            _to.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
            WriteRaw(name);
            _to.Write(",\"arguments\":\""u8);
            JsonText.WriteEscaped(_to, _tape.Tokens[input].Raw(_tape.Text));
            _to.Write("\"}}"u8);
        }

        _to.Write("]"u8);
        return true;
    }

    private void Block(ref int blocks, ReadOnlySpan<byte> start, int text)
    {
        _to.Write(blocks++ == 0 ? default : ","u8);
        _to.Write(start);
        WriteRaw(text);
    }

    private bool WriteText(int text, ref int blocks)
    {
        if (!Is(text, JsonKind.String) || _tape.Tokens[text].Count == 0)
        {
            return false;
        }

        Block(ref blocks, "{\"type\":\"text\",\"text\":"u8, text);
        _to.Write("}"u8);
        return true;
    }

    private bool TryWriteMessageCalls(int calls, bool isCut, ref int blocks)
    {
        for (var call = calls + 1; call < _tape.Tokens[calls].Next; call = _tape.Tokens[call].Next)
        {
            var function = Find(call, "function"u8);
            var id = Find(call, "id"u8);
            var name = function < 0 ? -1 : Find(function, "name"u8);
            var arguments = function < 0 ? -1 : Find(function, "arguments"u8);
            if (!Is(id, JsonKind.String) || !Is(name, JsonKind.String))
            {
                return false;
            }

            Block(ref blocks, "{\"type\":\"tool_use\",\"id\":"u8, id);
            _to.Write(",\"name\":"u8);
            WriteRaw(name);
            _to.Write(",\"input\":"u8);
            if (!TryWriteInput(arguments, isCut))
            {
                return false;
            }

            _to.Write("}"u8);
        }

        return true;
    }

    // A string that holds JSON, as OpenAI has it; an object, as some servers do. Of arguments that were cut short nothing is
    // told.
    private bool TryWriteInput(int arguments, bool isCut)
    {
        if (Is(arguments, JsonKind.Object))
        {
            WriteRaw(arguments);
            return true;
        }

        if (!Is(arguments, JsonKind.String))
        {
            return false;
        }

        _inner.Clear();
        _inner.Write(_tape.TextOf(arguments));
        var text = _inner.Written;
        var isObject = _innerTape.Read(text) && _innerTape.Tokens[0].Kind == JsonKind.Object;
        if (!isObject && !isCut && !text.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return false;
        }

        _to.Write(isObject ? text.Span : "{}"u8);
        return true;
    }
}

/// <summary>The thoughts of servers that speak OpenAI's dialect and have them: two names are in use. Stateless.</summary>
internal static class ChatReasoning
{
    /// <summary>The thoughts in a message or a delta: a string with something in it, or -1.</summary>
    public static int Find(JsonTape tape, int message)
    {
        var token = tape.Find(message, "reasoning_content"u8);
        token = IsText(tape, token) ? token : tape.Find(message, "reasoning"u8);
        return IsText(tape, token) ? token : -1;
    }

    private static bool IsText(JsonTape tape, int token) =>
        token >= 0 && tape.Tokens[token].Kind == JsonKind.String && tape.Tokens[token].Count > 0;
}
