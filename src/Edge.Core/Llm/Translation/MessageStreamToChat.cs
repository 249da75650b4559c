using Edge.Core.Bodies;
using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>Anthropic's stream of a message as OpenAI's stream of a chat completion.</summary>
public sealed class MessageStreamToChat : StreamTranslator
{
    /// <summary>Most blocks of a message.</summary>
    public const int BlocksMax = 1024;

    private const int NoTool = -1;

    private readonly bool _includesUsage;
    private readonly long _createdUnixSeconds;
    private readonly string _id;
    private byte[]? _head;
    private int[] _toolOf = [];
    private int _tools;
    private int _openTool = NoTool;
    private bool _hasArguments;
    private StopReason _reason;
    private TranslatedUsage _usage;

    /// <summary>A stream that begins.</summary>
    /// <param name="createdUnixSeconds">When the answer was made, as far as the caller is to know.</param>
    /// <param name="id">What to call an answer that has no identifier. Printable ASCII without quotes.</param>
    /// <param name="includesUsage">The caller asked for a last chunk with the usage.</param>
    public MessageStreamToChat(long createdUnixSeconds, string id, bool includesUsage)
    {
        _createdUnixSeconds = createdUnixSeconds;
        _id = id;
        _includesUsage = includesUsage;
    }

    private protected override bool TakeData(HeadBuffer to)
    {
        var type = Find(0, "type"u8);
        if (!IsString(type))
        {
            return ErrorTranslator.IsError(Tape) && TellError(to, Dialect.OpenAI);
        }

        var word = Tape.TextOf(type);
        if (word.SequenceEqual("content_block_delta"u8))
        {
            return TakeDelta(to);
        }

        if (word.SequenceEqual("content_block_start"u8))
        {
            return TakeBlockStart(to);
        }

        if (word.SequenceEqual("content_block_stop"u8))
        {
            CloseTool(to);
            return _head is not null;
        }

        if (word.SequenceEqual("message_start"u8))
        {
            return TakeStart(to);
        }

        if (word.SequenceEqual("message_delta"u8))
        {
            var reason = StopReasons.OfMessage(Tape, Find(Find(0, "delta"u8), "stop_reason"u8));
            _reason = reason == StopReason.None ? _reason : reason;
            _usage.TakeMessage(Tape, Find(0, "usage"u8));
            return _head is not null;
        }

        if (word.SequenceEqual("message_stop"u8))
        {
            return _head is not null && Finish(to);
        }

        if (word.SequenceEqual("error"u8))
        {
            return TellError(to, Dialect.OpenAI);
        }

        if (word.SequenceEqual("ping"u8))
        {
            TakeSign(to);
        }

        // Events that are new say nothing to callers of the other dialect.
        return true;
    }

    private protected override void TakeSign(HeadBuffer to) => to.Write(": ping\n\n"u8);

    // Anthropic's streams have no such event.
    private protected override bool TakeDone(HeadBuffer to) => false;

    private protected override void TakeEnd(HeadBuffer to)
    {
    }

    private bool TakeStart(HeadBuffer to)
    {
        var message = Find(0, "message"u8);
        var model = Find(message, "model"u8);
        if (_head is not null || !IsString(model))
        {
            return false;
        }

        _usage.TakeMessage(Tape, Find(message, "usage"u8));
        var start = to.Length;
        to.Write("data: {\"id\":"u8);
        Span<byte> id = stackalloc byte[AnswerIds.IdBytesMax];
        AnswerIds.Write(
            to, Tape, Find(message, "id"u8), isForChat: true,
            id[..System.Text.Encoding.ASCII.GetBytes(_id.AsSpan(0, Math.Min(_id.Length, id.Length)), id)]);
        to.Write(",\"object\":\"chat.completion.chunk\",\"created\":"u8);
        to.WriteDecimal(_createdUnixSeconds);
        to.Write(",\"model\":"u8);
        to.Write(Raw(model));
        to.Write(",\"choices\":["u8);

        // All chunks begin so.
        _head = to.Written.Span[start..].ToArray();
        to.Write("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}"u8);
        EndChunk(to);
        return true;
    }

    private bool TakeBlockStart(HeadBuffer to)
    {
        var index = IndexOf(Find(0, "index"u8), BlocksMax - 1);
        var block = Find(0, "content_block"u8);
        if (_head is null || index < 0 || !IsObject(block))
        {
            return false;
        }

        CloseTool(to);
        var type = Find(block, "type"u8);
        var text = Find(block, "text"u8);
        if (IsString(type) && Tape.IsNamed(type, "tool_use"u8))
        {
            return TakeTool(to, index, block);
        }

        if (IsString(type) && Tape.IsNamed(type, "text"u8) && IsText(text))
        {
            WriteText(to, "\"content\":"u8, text);
        }
        else if (IsText(Find(block, "thinking"u8)))
        {
            WriteText(to, "\"reasoning_content\":"u8, Find(block, "thinking"u8));
        }

        return true;
    }

    private bool TakeTool(HeadBuffer to, int index, int block)
    {
        var id = Find(block, "id"u8);
        var name = Find(block, "name"u8);
        if (!IsString(id) || !IsString(name))
        {
            return false;
        }

        if (_toolOf.Length <= index)
        {
            var length = _toolOf.Length;
            Array.Resize(ref _toolOf, Math.Max(16, (index + 1) * 2));
            Array.Fill(_toolOf, NoTool, length, _toolOf.Length - length);
        }

        _toolOf[index] = _tools++;
        _openTool = _toolOf[index];
        var input = Find(block, "input"u8);
        _hasArguments = IsObject(input) && Tape.Tokens[input].Count > 0;
        BeginCall(to, _openTool);
        to.Write(",\"id\":"u8);
        to.Write(Raw(id));
        to.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
        to.Write(Raw(name));
        to.Write(",\"arguments\":\""u8);
        JsonText.WriteEscaped(to, _hasArguments ? Raw(input) : default);
        to.Write("\"}}]}"u8);
        EndChunk(to);
        return true;
    }

    private bool TakeDelta(HeadBuffer to)
    {
        var delta = Find(0, "delta"u8);
        if (_head is null || !IsObject(delta))
        {
            return false;
        }

        if (Find(delta, "text"u8) is >= 0 and var text)
        {
            return WriteDelta(to, "\"content\":"u8, text);
        }

        if (Find(delta, "thinking"u8) is >= 0 and var thinking)
        {
            return WriteDelta(to, "\"reasoning_content\":"u8, thinking);
        }

        var arguments = Find(delta, "partial_json"u8);
        if (arguments < 0)
        {
            // Signatures and citations have no place there.
            return true;
        }

        // Of tools that the provider runs itself the caller hears nothing.
        var index = IndexOf(Find(0, "index"u8), BlocksMax - 1);
        var tool = index >= 0 && index < _toolOf.Length ? _toolOf[index] : NoTool;
        if (tool == NoTool || !IsText(arguments))
        {
            return index >= 0 && IsString(arguments);
        }

        _hasArguments |= tool == _openTool;
        BeginCall(to, tool);
        to.Write(",\"function\":{\"arguments\":"u8);
        to.Write(Raw(arguments));
        to.Write("}}]}"u8);
        EndChunk(to);
        return true;
    }

    private bool WriteDelta(HeadBuffer to, ReadOnlySpan<byte> name, int text)
    {
        if (IsText(text))
        {
            WriteText(to, name, text);
        }

        return IsString(text);
    }

    private void WriteText(HeadBuffer to, ReadOnlySpan<byte> name, int text)
    {
        to.Write(_head!);
        to.Write("{\"index\":0,\"delta\":{"u8);
        to.Write(name);
        to.Write(Raw(text));
        to.Write("}"u8);
        EndChunk(to);
    }

    private void BeginCall(HeadBuffer to, int tool)
    {
        to.Write(_head!);
        to.Write("{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":"u8);
        to.WriteDecimal(tool);
    }

    private void EndChunk(HeadBuffer to) =>
        to.Write(
            _includesUsage
                ? ",\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"u8
                : ",\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8);

    // A call without arguments has an empty object there, and nothing here, which is no JSON.
    private void CloseTool(HeadBuffer to)
    {
        if (_openTool != NoTool && !_hasArguments)
        {
            BeginCall(to, _openTool);
            to.Write(",\"function\":{\"arguments\":\"{}\"}}]}"u8);
            EndChunk(to);
        }

        _openTool = NoTool;
    }

    private bool Finish(HeadBuffer to)
    {
        CloseTool(to);
        to.Write(_head!);
        to.Write("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\""u8);
        to.Write(StopReasons.ChatWord(_reason, _tools > 0));
        to.Write(_includesUsage ? "\"}],\"usage\":null}\n\n"u8 : "\"}]}\n\n"u8);
        if (_includesUsage && _usage.IsKnown)
        {
            to.Write(_head!);
            to.Write("],\"usage\":"u8);
            _usage.WriteChat(to);
            to.Write("}\n\n"u8);
        }

        to.Write("data: [DONE]\n\n"u8);
        HasEnded = true;
        return true;
    }
}
