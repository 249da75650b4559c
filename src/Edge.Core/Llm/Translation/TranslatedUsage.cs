using Edge.Core.Bodies;
using Edge.Core.Http;

namespace Edge.Core.Llm.Translation;

/// <summary>
/// The usage of an answer, from one dialect to the other. OpenAI counts the whole prompt and names the part of it that its cache
/// had; Anthropic counts what the cache had nothing to do with, and names the rest beside it. A mutable struct.
/// </summary>
internal struct TranslatedUsage
{
    private long _prompt;
    private long _cacheRead;
    private long _cacheWrite;
    private long _output;
    private long _reasoning;

    /// <summary>Something has been named.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>
    /// Takes Anthropic's counts. What is not named keeps what it was, because those of a stream are cumulative.
    /// </summary>
    public void TakeMessage(JsonTape tape, int usage)
    {
        if (usage < 0 || tape.Tokens[usage].Kind != JsonKind.Object)
        {
            return;
        }

        IsKnown = true;
        var fresh = _prompt - _cacheRead - _cacheWrite;
        fresh = Count(tape, usage, "input_tokens"u8) ?? fresh;
        _cacheRead = Count(tape, usage, "cache_read_input_tokens"u8) ?? _cacheRead;
        _cacheWrite = Count(tape, usage, "cache_creation_input_tokens"u8) ?? _cacheWrite;
        _prompt = fresh + _cacheRead + _cacheWrite;
        _output = Count(tape, usage, "output_tokens"u8) ?? _output;
        var details = tape.Find(usage, "output_tokens_details"u8);
        _reasoning = (details < 0 ? null : Count(tape, details, "thinking_tokens"u8)) ?? _reasoning;
    }

    /// <summary>Takes OpenAI's counts, which replace all that was.</summary>
    public void TakeChat(JsonTape tape, int usage)
    {
        if (usage < 0 || tape.Tokens[usage].Kind != JsonKind.Object)
        {
            return;
        }

        IsKnown = true;
        _prompt = Count(tape, usage, "prompt_tokens"u8) ?? 0;
        _output = Count(tape, usage, "completion_tokens"u8) ?? 0;
        var details = tape.Find(usage, "prompt_tokens_details"u8);
        _cacheRead = Math.Min(_prompt, (details < 0 ? null : Count(tape, details, "cached_tokens"u8)) ?? 0);
        _cacheWrite = Math.Min(
            _prompt - _cacheRead, (details < 0 ? null : Count(tape, details, "cache_write_tokens"u8)) ?? 0);
        details = tape.Find(usage, "completion_tokens_details"u8);
        _reasoning = (details < 0 ? null : Count(tape, details, "reasoning_tokens"u8)) ?? 0;
    }

    /// <summary>Writes OpenAI's object.</summary>
    public readonly void WriteChat(HeadBuffer to)
    {
        Write(to, "{\"prompt_tokens\":"u8, _prompt);
        Write(to, ",\"completion_tokens\":"u8, _output);
        Write(to, ",\"total_tokens\":"u8, _prompt + _output);
        Write(to, ",\"prompt_tokens_details\":{\"cached_tokens\":"u8, _cacheRead);
        Write(to, ",\"cache_write_tokens\":"u8, _cacheWrite);
        Write(to, "},\"completion_tokens_details\":{\"reasoning_tokens\":"u8, _reasoning);
        to.Write("}}"u8);
    }

    /// <summary>Writes Anthropic's object.</summary>
    public readonly void WriteMessage(HeadBuffer to)
    {
        Write(to, "{\"input_tokens\":"u8, _prompt - _cacheRead - _cacheWrite);
        Write(to, ",\"cache_creation_input_tokens\":"u8, _cacheWrite);
        Write(to, ",\"cache_read_input_tokens\":"u8, _cacheRead);
        Write(to, ",\"output_tokens\":"u8, _output);
        if (_reasoning > 0)
        {
            Write(to, ",\"output_tokens_details\":{\"thinking_tokens\":"u8, _reasoning);
            to.Write("}"u8);
        }

        to.Write("}"u8);
    }

    private static void Write(HeadBuffer to, ReadOnlySpan<byte> name, long count)
    {
        to.Write(name);
        to.WriteDecimal(count);
    }

    // Sums of a few of them fit a long.
    private static long? Count(JsonTape tape, int parent, ReadOnlySpan<byte> name)
    {
        const long Largest = 1L << 53;
        var token = tape.Find(parent, name);
        return token >= 0 && tape.Tokens[token].Kind == JsonKind.Number
            && JsonNumber.Parse(tape.Tokens[token].Raw(tape.Text)).TryGetInt64(out var count) && count is >= 0 and <= Largest
                ? count
                : null;
    }
}
