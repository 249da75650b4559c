using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <content>Calls of tools, one block for each.</content>
public sealed partial class ChatStreamToMessage
{
    private List<HeldCall>? _held;
    private JsonProgress _progress;

    /// <inheritdoc/>
    public override void ReturnMemory()
    {
        base.ReturnMemory();
        foreach (var held in _held ?? [])
        {
            held.ReturnMemory();
        }

        _held = null;
    }

    private bool TakeCalls(HeadBuffer to, int calls)
    {
        for (var call = calls + 1; call < Tape.Tokens[calls].Next; call = Tape.Tokens[call].Next)
        {
            if (!IsObject(call) || !TakeCall(to, call))
            {
                return false;
            }
        }

        return true;
    }

    private bool TakeCall(HeadBuffer to, int call)
    {
        var function = Find(call, "function"u8);
        var arguments = Find(function, "arguments"u8);
        if (HeldOf(call) is { } held)
        {
            return TryHold(held, arguments);
        }

        if (IsNew(call))
        {
            if (_open == Block.Tool && !_progress.IsWhole)
            {
                return TryBeginHeld(call, function) && TryHold(_held![^1], arguments);
            }

            if (!TryOpenTool(to, call, function))
            {
                return false;
            }
        }

        if (IsText(arguments))
        {
            WriteArguments(to, Raw(arguments));
            _progress.Take(Raw(arguments));
            if (_held is not null && _progress.IsWhole)
            {
                TellHeld(to, all: false);
            }
        }

        return true;
    }

    /// <summary>
    /// Whether a call is another than the one that is being told: it has another number, or, since some servers number none,
    /// another identifier.
    /// </summary>
    private bool IsNew(int call)
    {
        if (_open != Block.Tool)
        {
            return true;
        }

        var index = Find(call, "index"u8);
        var id = Find(call, "id"u8);
        return (index >= 0 && IndexOf(index, ToolsMax) != _tool)
            || (IsText(id) && !IdOf(Raw(id)).SequenceEqual(_callId.AsSpan(0, _callIdLength)));
    }

    /// <summary>The held call that a piece is of: by its identifier, or the last one with its number.</summary>
    private HeldCall? HeldOf(int call)
    {
        if (_held is null)
        {
            return null;
        }

        var id = Find(call, "id"u8);
        var number = Find(call, "index"u8);
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            var held = _held[i];
            if (IsText(id) ? held.HasId(Raw(id)) : number < 0 || IndexOf(number, ToolsMax) == held.Index)
            {
                return held;
            }
        }

        return null;
    }

    private bool TryBeginHeld(int call, int function)
    {
        var id = Find(call, "id"u8);
        var name = Find(function, "name"u8);
        var number = Find(call, "index"u8);
        var index = number < 0 ? (_held is null ? _tool : _held[^1].Index) + 1 : IndexOf(number, ToolsMax);
        if (index < 0 || !IsText(id) || !IsText(name) || _held?.Count >= ToolsMax)
        {
            return false;
        }

        var held = new HeldCall(index);
        held.Id.Write(Raw(id));
        held.Name.Write(Raw(name));
        (_held ??= []).Add(held);
        return true;
    }

    private bool TryHold(HeldCall held, int arguments)
    {
        if (IsText(arguments))
        {
            held.Take(Raw(arguments));
        }

        var length = 0L;
        foreach (var each in _held!)
        {
            length += each.Length;
        }

        return length <= HeldBytesMax;
    }

    /// <summary>Tells the calls that were held, in their order: as far as they are whole, or all.</summary>
    private void TellHeld(HeadBuffer to, bool all)
    {
        while (_held is { Count: > 0 } && (all || _open != Block.Tool || _progress.IsWhole))
        {
            var held = _held[0];
            _held.RemoveAt(0);
            OpenTool(to, held.Index, held.Id.Written.Span, held.Name.Written.Span);
            _progress = held.Progress;
            if (held.Arguments.Length > 0)
            {
                BeginDelta(to);
                to.Write("{\"type\":\"input_json_delta\",\"partial_json\":\""u8);
                to.Write(held.Arguments.Written.Span);
                to.Write("\"}}\n\n"u8);
            }

            held.ReturnMemory();
        }

        _held = _held is { Count: 0 } ? null : _held;
    }

    private ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> id) => id[1..Math.Min(id.Length - 1, _callId.Length + 1)];

    private bool TryOpenTool(HeadBuffer to, int call, int function)
    {
        var id = Find(call, "id"u8);
        var name = Find(function, "name"u8);
        var number = Find(call, "index"u8);
        var index = number < 0 ? _tool + 1 : IndexOf(number, ToolsMax);
        if (index < 0 || !IsText(id) || !IsText(name))
        {
            return false;
        }

        OpenTool(to, index, Raw(id), Raw(name));
        return true;
    }

    private void OpenTool(HeadBuffer to, int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        _tool = index;
        _callIdLength = IdOf(id).Length;
        IdOf(id).CopyTo(_callId);
        _callsTools = true;
        _progress = default;
        OpenBlock(to, Block.Tool);
        to.Write("{\"type\":\"tool_use\",\"id\":"u8);
        to.Write(id);
        to.Write(",\"name\":"u8);
        to.Write(name);
        to.Write(",\"input\":{}}}\n\n"u8);
    }

    private void WriteArguments(HeadBuffer to, ReadOnlySpan<byte> piece)
    {
        BeginDelta(to);
        to.Write("{\"type\":\"input_json_delta\",\"partial_json\":"u8);
        to.Write(piece);
        to.Write("}}\n\n"u8);
    }
}
