using Edge.Core.Bodies;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Llm.Conversion;

/// <summary>
/// The stream of a message of Anthropic's dialect as the whole message that it would have been. Blocks of other kinds than text,
/// thoughts and calls of the caller's tools, and citations, are not converted. For one stream; not thread-safe.
/// </summary>
public sealed class MessageStreamToAnswer : StreamTranslator
{
    private readonly HeadBuffer _content = new();
    private readonly HeadBuffer _text = new();
    private readonly HeadBuffer _signature = new();
    private readonly JsonTape _tape = new();
    private byte[]? _id;
    private byte[] _model = [];
    private byte[] _usage = [];
    private byte[]? _lastUsage;
    private byte[]? _reason;
    private byte[] _sequence = "null"u8.ToArray();
    private byte[] _input = [];
    private Kind _open;
    private int _blocks;

    private enum Kind : byte
    {
        None,
        Text,
        Thinking,
        Tool,
        Whole,
    }

    /// <inheritdoc/>
    public override void ReturnMemory()
    {
        base.ReturnMemory();
        _content.ReturnMemory();
        _text.ReturnMemory();
        _signature.ReturnMemory();
        _tape.Reset();
    }

    private protected override bool TakeData(HeadBuffer to)
    {
        var type = Find(0, "type"u8);
        if (!IsText(type))
        {
            return false;
        }

        var word = Tape.TextOf(type);
        return word.SequenceEqual("content_block_delta"u8) ? TryTakeDelta()
            : word.SequenceEqual("content_block_start"u8) ? TryOpen()
            : word.SequenceEqual("content_block_stop"u8) ? TryClose()
            : word.SequenceEqual("message_start"u8) ? TryBegin()
            : word.SequenceEqual("message_delta"u8) ? TryTakeEnd()
            : word.SequenceEqual("message_stop"u8) ? TryWrite(to)
            : word.SequenceEqual("ping"u8);
    }

    private protected override void TakeSign(HeadBuffer to)
    {
    }

    private protected override bool TakeDone(HeadBuffer to) => false;

    private protected override void TakeEnd(HeadBuffer to)
    {
    }

    private bool TryBegin()
    {
        var message = Find(0, "message"u8);
        if (_id is not null || !JsonMembers.HasOnly(
            Tape, message, "id type role model content stop_reason stop_sequence usage container"u8))
        {
            return false;
        }

        var (id, model, usage) = (Find(message, "id"u8), Find(message, "model"u8), Find(message, "usage"u8));
        if (!IsText(id) || !IsText(model) || !IsObject(usage) || !JsonMembers.SaysNothing(Tape, Find(message, "content"u8))
            || !JsonMembers.SaysNothing(Tape, Find(message, "container"u8)))
        {
            return false;
        }

        _id = Raw(id).ToArray();
        _model = Raw(model).ToArray();
        _usage = Raw(usage).ToArray();
        return true;
    }

    private bool TryOpen()
    {
        var block = Find(0, "content_block"u8);
        var type = IsObject(block) ? Find(block, "type"u8) : -1;
        if (_id is null || _open != Kind.None || !IsText(type) || IndexOf(Find(0, "index"u8), _blocks) != _blocks)
        {
            return false;
        }

        _text.Clear();
        _signature.Clear();
        _content.Write(_blocks++ == 0 ? default : ","u8);
        if (Tape.IsNamed(type, "text"u8))
        {
            _open = Kind.Text;
            return JsonMembers.HasOnly(Tape, block, "type text citations"u8)
                && JsonMembers.SaysNothing(Tape, Find(block, "citations"u8)) && TryTake(Find(block, "text"u8), _text);
        }

        if (Tape.IsNamed(type, "thinking"u8))
        {
            _open = Kind.Thinking;
            return JsonMembers.HasOnly(Tape, block, "type thinking signature"u8)
                && TryTake(Find(block, "thinking"u8), _text) && TryTake(Find(block, "signature"u8), _signature);
        }

        if (Tape.IsNamed(type, "redacted_thinking"u8))
        {
            _open = Kind.Whole;
            _content.Write(Raw(block));
            return true;
        }

        return Tape.IsNamed(type, "tool_use"u8) && TryOpenTool(block);
    }

    private bool TryOpenTool(int block)
    {
        var (id, name, input) = (Find(block, "id"u8), Find(block, "name"u8), Find(block, "input"u8));
        if (!JsonMembers.HasOnly(Tape, block, "type id name input"u8) || !IsText(id) || !IsText(name) || !IsObject(input))
        {
            return false;
        }

        _open = Kind.Tool;
        _input = Raw(input).ToArray();
        _content.Write("{\"type\":\"tool_use\",\"id\":"u8);
        _content.Write(Raw(id));
        _content.Write(",\"name\":"u8);
        _content.Write(Raw(name));
        _content.Write(",\"input\":"u8);
        return true;
    }

    private bool TryTakeDelta()
    {
        var delta = Find(0, "delta"u8);
        var type = IsObject(delta) ? Find(delta, "type"u8) : -1;
        if (!IsText(type) || IndexOf(Find(0, "index"u8), _blocks) != _blocks - 1)
        {
            return false;
        }

        if (_open == Kind.Tool && Tape.IsNamed(type, "input_json_delta"u8) && Find(delta, "partial_json"u8) is var part
            && IsString(part))
        {
            _text.Write(Tape.TextOf(part));
            return true;
        }

        return _open switch
        {
            Kind.Text => Tape.IsNamed(type, "text_delta"u8) && TryTake(Find(delta, "text"u8), _text),
            Kind.Thinking => Tape.IsNamed(type, "thinking_delta"u8) ? TryTake(Find(delta, "thinking"u8), _text)
                : Tape.IsNamed(type, "signature_delta"u8) && TryTake(Find(delta, "signature"u8), _signature),
            _ => false,
        };
    }

    private bool TryClose()
    {
        switch (_open)
        {
            case Kind.Text:
                _content.Write("{\"type\":\"text\",\"text\":\""u8);
                _content.Write(_text.Written.Span);
                _content.Write("\"}"u8);
                break;
            case Kind.Thinking:
                _content.Write("{\"type\":\"thinking\",\"thinking\":\""u8);
                _content.Write(_text.Written.Span);
                _content.Write("\",\"signature\":\""u8);
                _content.Write(_signature.Written.Span);
                _content.Write("\"}"u8);
                break;
            case Kind.Tool:
                // Of a call that was cut short there is no whole object.
                if (_text.Length > 0 && !(_tape.Read(_text.Written) && _tape.Tokens[0].Kind == JsonKind.Object))
                {
                    return false;
                }

                _content.Write(_text.Length > 0 ? _text.Written.Span : _input);
                _content.Write("}"u8);
                break;
            case Kind.None:
                return false;
        }

        _open = Kind.None;
        return true;
    }

    private bool TryTakeEnd()
    {
        var (delta, usage) = (Find(0, "delta"u8), Find(0, "usage"u8));
        if (!JsonMembers.HasOnly(Tape, delta, "stop_reason stop_sequence container"u8)
            || !JsonMembers.SaysNothing(Tape, Find(delta, "container"u8)) || !IsObject(usage)
            || !IsText(Find(delta, "stop_reason"u8))
            || !JsonMembers.IsStringOrNothing(Tape, Find(delta, "stop_sequence"u8)))
        {
            return false;
        }

        _reason = Raw(Find(delta, "stop_reason"u8)).ToArray();
        _sequence = Find(delta, "stop_sequence"u8) is >= 0 and var sequence ? Raw(sequence).ToArray() : _sequence;
        _lastUsage = Raw(usage).ToArray();
        return true;
    }

    private bool TryWrite(HeadBuffer to)
    {
        if (_id is null || _reason is null || _lastUsage is null || _open != Kind.None)
        {
            return false;
        }

        to.Write("{\"id\":"u8);
        to.Write(_id);
        to.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        to.Write(_model);
        to.Write(",\"content\":["u8);
        to.Write(_content.Written.Span);
        to.Write("],\"stop_reason\":"u8);
        to.Write(_reason);
        to.Write(",\"stop_sequence\":"u8);
        to.Write(_sequence);
        to.Write(",\"usage\":{"u8);
        WriteUsage(to);
        to.Write("}}"u8);
        HasEnded = true;
        return true;
    }

    /// <summary>Counts of the end in the place of those of the beginning: they are cumulative.</summary>
    private void WriteUsage(HeadBuffer to)
    {
        var last = new JsonTape();
        last.Read(_lastUsage);
        _tape.Read(_usage);
        var count = 0;
        for (var at = 1; at < _tape.Tokens[0].Next; at = _tape.Tokens[at + 1].Next)
        {
            var newer = last.Find(0, _tape.TextOf(at));
            WriteMember(to, ref count, _tape, at, newer < 0 ? JsonMembers.Raw(_tape, at + 1) : JsonMembers.Raw(last, newer));
        }

        for (var at = 1; at < last.Tokens[0].Next; at = last.Tokens[at + 1].Next)
        {
            if (_tape.Find(0, last.TextOf(at)) < 0)
            {
                WriteMember(to, ref count, last, at, JsonMembers.Raw(last, at + 1));
            }
        }

        last.Reset();
    }

    private static void WriteMember(HeadBuffer to, ref int count, JsonTape tape, int name, ReadOnlySpan<byte> value)
    {
        to.Write(count++ == 0 ? default : ","u8);
        to.Write(JsonMembers.Raw(tape, name));
        to.Write(":"u8);
        to.Write(value);
    }

    private bool TryTake(int text, HeadBuffer to)
    {
        if (IsString(text))
        {
            to.Write(Tape.Tokens[text].Inner(Tape.Text));
        }

        return JsonMembers.IsStringOrNothing(Tape, text);
    }
}
