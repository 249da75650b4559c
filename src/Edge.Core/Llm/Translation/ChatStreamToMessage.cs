using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>OpenAI's stream of a chat completion as Anthropic's stream of a message.</summary>
/// <remarks>
/// Blocks stand one behind the other there: a block ends where something else begins. Calls of tools mostly come in one after the
/// other too. Where one begins before another's arguments are whole, what comes of it is held until they are, so that each is
/// told in one block. A piece of one that has ended cannot be told any more, and breaks the stream.
/// </remarks>
public sealed partial class ChatStreamToMessage : StreamTranslator
{
    /// <summary>Most tools that are called at once.</summary>
    public const int ToolsMax = 1024;

    private const int NoTool = -1;

    private readonly byte[] _callId = new byte[AnswerIds.IdBytesMax];
    private readonly string _id;
    private int _callIdLength;
    private bool _hasStarted;
    private Block _open;
    private int _blocks;
    private int _tool = NoTool;
    private bool _callsTools;
    private bool _isRefused;
    private StopReason _reason;
    private TranslatedUsage _usage;

    /// <summary>A stream that begins.</summary>
    /// <param name="id">What to call an answer that has no identifier. Printable ASCII without quotes.</param>
    public ChatStreamToMessage(string id) => _id = id;

    private enum Block : byte
    {
        None,
        Text,
        Thinking,
        Tool,
    }

    private protected override bool TakeData(HeadBuffer to)
    {
        if (ErrorTranslator.IsError(Tape))
        {
            return TellError(to, Dialect.Anthropic);
        }

        _usage.TakeChat(Tape, Find(0, "usage"u8));
        var choices = Find(0, "choices"u8);
        if (!IsArray(choices))
        {
            return choices < 0;
        }

        for (var choice = choices + 1; choice < Tape.Tokens[choices].Next; choice = Tape.Tokens[choice].Next)
        {
            if (!IsObject(choice))
            {
                return false;
            }

            // Of several answers one is told.
            if (Find(choice, "index"u8) is var index && index >= 0 && IndexOf(index, int.MaxValue) != 0)
            {
                continue;
            }

            if (!TakeChoice(to, choice))
            {
                return false;
            }
        }

        return true;
    }

    private protected override void TakeSign(HeadBuffer to)
    {
        if (_hasStarted)
        {
            to.Write("event: ping\ndata: {\"type\":\"ping\"}\n\n"u8);
        }
    }

    private protected override bool TakeDone(HeadBuffer to)
    {
        if (!_hasStarted)
        {
            return false;
        }

        TellHeld(to, all: true);
        CloseBlock(to);
        to.Write("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\""u8);
        to.Write(StopReasons.MessageWord(_isRefused ? StopReason.Refusal : _reason, _callsTools));
        to.Write("\",\"stop_sequence\":null},\"usage\":"u8);
        _usage.WriteMessage(to);
        to.Write("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        HasEnded = true;
        return true;
    }

    // Some servers leave out [DONE]. Whoever has told why the answer ended has told all of it.
    private protected override void TakeEnd(HeadBuffer to)
    {
        if (_reason != StopReason.None)
        {
            TakeDone(to);
        }
    }

    private bool TakeChoice(HeadBuffer to, int choice)
    {
        var delta = Find(choice, "delta"u8);
        if (!_hasStarted && !TryStart(to))
        {
            return false;
        }

        if (IsObject(delta))
        {
            if (ChatReasoning.Find(Tape, delta) is >= 0 and var thinking)
            {
                WriteThinking(to, thinking);
            }

            if (Find(delta, "content"u8) is var content && IsText(content))
            {
                WriteText(to, content);
            }

            if (Find(delta, "refusal"u8) is var refusal && IsText(refusal))
            {
                _isRefused = true;
                WriteText(to, refusal);
            }

            if (Find(delta, "tool_calls"u8) is var calls && IsArray(calls) && !TakeCalls(to, calls))
            {
                return false;
            }
        }

        var reason = StopReasons.OfChat(Tape, Find(choice, "finish_reason"u8));
        _reason = reason == StopReason.None ? _reason : reason;
        return true;
    }

    private bool TryStart(HeadBuffer to)
    {
        var model = Find(0, "model"u8);
        if (!IsString(model))
        {
            return false;
        }

        _hasStarted = true;
        to.Write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"u8);
        Span<byte> id = stackalloc byte[AnswerIds.IdBytesMax];
        AnswerIds.Write(
            to, Tape, Find(0, "id"u8), isForChat: false,
            id[..System.Text.Encoding.ASCII.GetBytes(_id.AsSpan(0, Math.Min(_id.Length, id.Length)), id)]);
        to.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        to.Write(Raw(model));

        // What the prompt has used is told at the end: nobody knows it here.
        to.Write(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        default(TranslatedUsage).WriteMessage(to);
        to.Write("}}\n\n"u8);
        return true;
    }

    private void WriteText(HeadBuffer to, int text)
    {
        if (_open != Block.Text)
        {
            TellHeld(to, all: true);
            OpenBlock(to, Block.Text);
            to.Write("{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
        }

        BeginDelta(to);
        to.Write("{\"type\":\"text_delta\",\"text\":"u8);
        to.Write(Raw(text));
        to.Write("}}\n\n"u8);
    }

    private void WriteThinking(HeadBuffer to, int text)
    {
        if (_open != Block.Thinking)
        {
            TellHeld(to, all: true);
            OpenBlock(to, Block.Thinking);
            to.Write("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"u8);
        }

        BeginDelta(to);
        to.Write("{\"type\":\"thinking_delta\",\"thinking\":"u8);
        to.Write(Raw(text));
        to.Write("}}\n\n"u8);
    }

    private void OpenBlock(HeadBuffer to, Block kind)
    {
        CloseBlock(to);
        _open = kind;
        to.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        to.WriteDecimal(_blocks++);
        to.Write(",\"content_block\":"u8);
    }

    private void CloseBlock(HeadBuffer to)
    {
        if (_open != Block.None)
        {
            to.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
            to.WriteDecimal(_blocks - 1);
            to.Write("}\n\n"u8);
            _open = Block.None;
        }
    }

    private void BeginDelta(HeadBuffer to)
    {
        to.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        to.WriteDecimal(_blocks - 1);
        to.Write(",\"delta\":"u8);
    }
}
