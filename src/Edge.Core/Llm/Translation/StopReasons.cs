using Edge.Core.Bodies;

namespace Edge.Core.Llm.Translation;

/// <summary>Why an answer ended, as both dialects tell it.</summary>
internal enum StopReason
{
    /// <summary>Not told.</summary>
    None,

    /// <summary>The model had said all.</summary>
    End,

    /// <summary>It met a sequence that it was to stop at. OpenAI tells it as the end.</summary>
    Sequence,

    /// <summary>It was at its limit.</summary>
    Length,

    /// <summary>It calls tools.</summary>
    Tools,

    /// <summary>It must not say more.</summary>
    Refusal,
}

/// <summary>Reasons to words and back. Stateless.</summary>
internal static class StopReasons
{
    /// <summary>Reads Anthropic's word; one that is new is an end.</summary>
    public static StopReason OfMessage(JsonTape tape, int token)
    {
        if (token < 0 || tape.Tokens[token].Kind != JsonKind.String)
        {
            return StopReason.None;
        }

        var word = tape.TextOf(token);
        return word.SequenceEqual("stop_sequence"u8) ? StopReason.Sequence
            : word.SequenceEqual("max_tokens"u8) || word.SequenceEqual("model_context_window_exceeded"u8) ? StopReason.Length
            : word.SequenceEqual("tool_use"u8) ? StopReason.Tools
            : word.SequenceEqual("refusal"u8) ? StopReason.Refusal
            : StopReason.End;
    }

    /// <summary>Reads OpenAI's word; one that is new is an end.</summary>
    public static StopReason OfChat(JsonTape tape, int token)
    {
        if (token < 0 || tape.Tokens[token].Kind != JsonKind.String)
        {
            return StopReason.None;
        }

        var word = tape.TextOf(token);
        return word.SequenceEqual("length"u8) ? StopReason.Length
            : word.SequenceEqual("tool_calls"u8) || word.SequenceEqual("function_call"u8) ? StopReason.Tools
            : word.SequenceEqual("content_filter"u8) ? StopReason.Refusal
            : StopReason.End;
    }

    /// <summary>
    /// OpenAI's word. An answer that calls tools says so whatever else it was told as, unless it was cut short: whoever runs the
    /// tools looks for that word.
    /// </summary>
    public static ReadOnlySpan<byte> ChatWord(StopReason reason, bool callsTools) => reason switch
    {
        StopReason.Length => "length"u8,
        StopReason.Refusal => "content_filter"u8,
        _ when callsTools => "tool_calls"u8,
        _ => "stop"u8,
    };

    /// <summary>Anthropic's word, likewise.</summary>
    public static ReadOnlySpan<byte> MessageWord(StopReason reason, bool callsTools) => reason switch
    {
        StopReason.Length => "max_tokens"u8,
        StopReason.Refusal => "refusal"u8,
        _ when callsTools => "tool_use"u8,
        StopReason.Sequence => "stop_sequence"u8,
        _ => "end_turn"u8,
    };
}
