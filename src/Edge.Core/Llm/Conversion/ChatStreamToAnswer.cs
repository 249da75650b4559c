using Edge.Core.Bodies;
using Edge.Core.Http;
using Edge.Core.Llm.Translation;

namespace Edge.Core.Llm.Conversion;

/// <summary>
/// The stream of a chat completion of OpenAI's dialect as the whole answer that it would have been. Without the chunk that
/// tells the usage, or with anything that is not known here, it is not converted. For one stream; not thread-safe.
/// </summary>
public sealed class ChatStreamToAnswer : StreamTranslator
{
    /// <summary>Most answers of one stream.</summary>
    public const int ChoicesMax = 16;

    /// <summary>Most calls of tools in an answer.</summary>
    public const int CallsMax = 128;

    private readonly List<Choice> _choices = [];
    private byte[]? _id;
    private byte[] _created = [];
    private byte[] _model = [];
    private byte[]? _tier;
    private byte[]? _fingerprint;
    private byte[]? _usage;

    /// <inheritdoc/>
    public override void ReturnMemory()
    {
        base.ReturnMemory();
        foreach (var choice in _choices)
        {
            choice.ReturnMemory();
        }
    }

    private protected override bool TakeData(HeadBuffer to)
    {
        if (!JsonMembers.HasOnly(
                Tape, 0, "id object created model choices usage service_tier system_fingerprint obfuscation"u8)
            || Find(0, "choices"u8) is var choices && !IsArray(choices))
        {
            return false;
        }

        if (_id is null && !TryBegin())
        {
            return false;
        }

        _tier = Keep("service_tier"u8) ?? _tier;
        _fingerprint = Keep("system_fingerprint"u8) ?? _fingerprint;
        if (Find(0, "usage"u8) is var usage && IsObject(usage))
        {
            _usage = Raw(usage).ToArray();
        }

        for (var choice = choices + 1; choice < Tape.Tokens[choices].Next; choice = Tape.Tokens[choice].Next)
        {
            if (!TryTake(choice))
            {
                return false;
            }
        }

        return true;
    }

    private protected override void TakeSign(HeadBuffer to)
    {
    }

    private protected override bool TakeDone(HeadBuffer to)
    {
        if (_usage is null || _choices.Count == 0)
        {
            return false;
        }

        to.Write("{\"id\":"u8);
        to.Write(_id);
        to.Write(",\"object\":\"chat.completion\",\"created\":"u8);
        to.Write(_created);
        to.Write(",\"model\":"u8);
        to.Write(_model);
        to.Write(",\"choices\":["u8);
        for (var i = 0; i < _choices.Count; i++)
        {
            if (_choices[i].Reason is null)
            {
                return false;
            }

            to.Write(i == 0 ? "{\"index\":"u8 : ",{\"index\":"u8);
            to.WriteDecimal(i);
            to.Write(",\"message\":{\"role\":\"assistant\",\"content\":"u8);
            _choices[i].Write(to);
        }

        to.Write("],\"usage\":"u8);
        to.Write(_usage);
        Write(to, ",\"service_tier\":"u8, _tier);
        Write(to, ",\"system_fingerprint\":"u8, _fingerprint);
        to.Write("}"u8);
        HasEnded = true;
        return true;
    }

    // Without its last event it may have been cut.
    private protected override void TakeEnd(HeadBuffer to)
    {
    }

    private static void Write(HeadBuffer to, ReadOnlySpan<byte> name, byte[]? value)
    {
        if (value is not null)
        {
            to.Write(name);
            to.Write(value);
        }
    }

    private bool TryBegin()
    {
        var (id, created, model) = (Find(0, "id"u8), Find(0, "created"u8), Find(0, "model"u8));
        if (!IsString(id) || !IsString(model) || !JsonMembers.Is(Tape, created, JsonKind.Number))
        {
            return false;
        }

        _id = Raw(id).ToArray();
        _created = Raw(created).ToArray();
        _model = Raw(model).ToArray();
        return true;
    }

    private byte[]? Keep(ReadOnlySpan<byte> name) => Find(0, name) is var token && IsString(token) ? Raw(token).ToArray() : null;

    private bool TryTake(int choice)
    {
        var delta = IsObject(choice) ? Find(choice, "delta"u8) : -1;
        if (!JsonMembers.HasOnly(Tape, choice, "index delta finish_reason logprobs"u8)
            || !JsonMembers.HasOnly(Tape, delta, "role content refusal tool_calls reasoning_content reasoning"u8)
            || !JsonMembers.SaysNothing(Tape, Find(choice, "logprobs"u8))
            || IndexOf(Find(choice, "index"u8), Math.Min(_choices.Count, ChoicesMax - 1)) is var index && index < 0)
        {
            return false;
        }

        if (index == _choices.Count)
        {
            _choices.Add(new Choice());
        }

        var it = _choices[index];
        var reason = Find(choice, "finish_reason"u8);
        it.Reason = IsText(reason) ? Raw(reason).ToArray() : it.Reason;
        return TryTake(delta, "content"u8, it.Content) && TryTake(delta, "refusal"u8, it.Refusal)
            && TryTake(delta, "reasoning_content"u8, it.ReasoningContent) && TryTake(delta, "reasoning"u8, it.Reasoning)
            && TryTakeCalls(Find(delta, "tool_calls"u8), it);
    }

    /// <summary>What stands between quotes can be put together as it is: half a surrogate pair is no JSON to the tape.</summary>
    private bool TryTake(int delta, ReadOnlySpan<byte> name, HeadBuffer to)
    {
        var text = Find(delta, name);
        if (IsString(text))
        {
            to.Write(Tape.Tokens[text].Inner(Tape.Text));
        }

        return JsonMembers.IsStringOrNothing(Tape, text);
    }

    private bool TryTakeCalls(int calls, Choice choice)
    {
        if (JsonMembers.SaysNothing(Tape, calls))
        {
            return true;
        }

        if (!IsArray(calls))
        {
            return false;
        }

        for (var call = calls + 1; call < Tape.Tokens[calls].Next; call = Tape.Tokens[call].Next)
        {
            var function = IsObject(call) ? Find(call, "function"u8) : -1;
            if (!JsonMembers.HasOnly(Tape, call, "index id type function"u8)
                || !JsonMembers.HasOnly(Tape, function, "name arguments"u8)
                || IndexOf(Find(call, "index"u8), Math.Min(choice.Calls.Count, CallsMax - 1)) is var index && index < 0)
            {
                return false;
            }

            if (index == choice.Calls.Count && !TryAdd(call, function, choice))
            {
                return false;
            }

            if (!TryTake(function, "arguments"u8, choice.Calls[index].Arguments))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryAdd(int call, int function, Choice choice)
    {
        var (id, name) = (Find(call, "id"u8), Find(function, "name"u8));
        if (!IsText(id) || !IsText(name))
        {
            return false;
        }

        choice.Calls.Add(new Call(Raw(id).ToArray(), Raw(name).ToArray(), new HeadBuffer()));
        return true;
    }

    private sealed record Call(byte[] Id, byte[] Name, HeadBuffer Arguments);

    private sealed class Choice
    {
        public HeadBuffer Content { get; } = new();

        public HeadBuffer Refusal { get; } = new();

        public HeadBuffer Reasoning { get; } = new();

        public HeadBuffer ReasoningContent { get; } = new();

        public List<Call> Calls { get; } = [];

        public byte[]? Reason { get; set; }

        public void Write(HeadBuffer to)
        {
            WriteText(to, Content, Calls.Count > 0 || Refusal.Length > 0);
            to.Write(",\"refusal\":"u8);
            WriteText(to, Refusal, isNullIfEmpty: true);
            WriteMember(to, ",\"reasoning_content\":"u8, ReasoningContent);
            WriteMember(to, ",\"reasoning\":"u8, Reasoning);
            for (var i = 0; i < Calls.Count; i++)
            {
                to.Write(i == 0 ? ",\"tool_calls\":[{\"id\":"u8 : ",{\"id\":"u8);
                to.Write(Calls[i].Id);
                to.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
                to.Write(Calls[i].Name);
                to.Write(",\"arguments\":"u8);
                WriteText(to, Calls[i].Arguments, isNullIfEmpty: false);
                to.Write(i == Calls.Count - 1 ? "}}]"u8 : "}}"u8);
            }

            to.Write("},\"logprobs\":null,\"finish_reason\":"u8);
            to.Write(Reason);
            to.Write("}"u8);
        }

        public void ReturnMemory()
        {
            Content.ReturnMemory();
            Refusal.ReturnMemory();
            Reasoning.ReturnMemory();
            ReasoningContent.ReturnMemory();
            foreach (var call in Calls)
            {
                call.Arguments.ReturnMemory();
            }
        }

        private static void WriteMember(HeadBuffer to, ReadOnlySpan<byte> name, HeadBuffer text)
        {
            if (text.Length > 0)
            {
                to.Write(name);
                WriteText(to, text, isNullIfEmpty: false);
            }
        }

        private static void WriteText(HeadBuffer to, HeadBuffer text, bool isNullIfEmpty)
        {
            if (text.Length == 0 && isNullIfEmpty)
            {
                to.Write("null"u8);
                return;
            }

            to.Write("\""u8);
            to.Write(text.Written.Span);
            to.Write("\""u8);
        }
    }
}
