using Edge.Core.Configuration;

namespace Edge.Core.Llm;

/// <summary>
/// Watches an event stream for the event with which a provider says that it is whole. It is asked for where nothing else can
/// tell: a body that ends with its connection looks the same when it is cut (RFC 9112, section 8). One for each stream; owns its
/// few bytes. Not thread-safe.
/// </summary>
public sealed class StreamEnding
{
    /// <summary>Bytes of each line that are looked at: more than any of the beginnings below.</summary>
    public const int LineBytesMax = 48;

    private readonly byte[] _line = new byte[LineBytesMax];
    private int _length;
    private bool _seen;

    /// <summary>
    /// True for answers that always end with such an event: chat and text completions, responses and messages. Providers have
    /// other streams too, of which that is not known, and those may end as they like.
    /// </summary>
    public static bool IsKnownFor(Dialect dialect, ReadOnlySpan<char> path) => dialect switch
    {
        Dialect.OpenAI => path.EndsWith("/completions", StringComparison.Ordinal)
            || path.EndsWith("/responses", StringComparison.Ordinal),
        Dialect.Anthropic => path.EndsWith("/messages", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>True once the last event has come, also where its line has no end.</summary>
    public bool HasCome => _seen || IsLast(_line.AsSpan(0, _length));

    /// <summary>Takes the next bytes of the stream.</summary>
    public void Take(ReadOnlySpan<byte> next)
    {
        while (!next.IsEmpty && !_seen)
        {
            var length = next.IndexOfAny((byte)'\r', (byte)'\n');
            var part = length < 0 ? next : next[..length];
            var kept = Math.Min(part.Length, LineBytesMax - _length);
            part[..kept].CopyTo(_line.AsSpan(_length));
            _length += kept;
            if (length < 0)
            {
                return;
            }

            // A blank line, or the second byte of a line end, is one more look at no bytes.
            _seen = IsLast(_line.AsSpan(0, _length));
            _length = 0;
            next = next[(length + 1)..];
        }
    }

    // An error is an end as well: the caller has been told.
    private static bool IsLast(ReadOnlySpan<byte> line)
    {
        if (TryValue(line, "event:"u8, out var name))
        {
            return name.SequenceEqual("message_stop"u8) || name.SequenceEqual("error"u8)
                || name.SequenceEqual("response.completed"u8) || name.SequenceEqual("response.incomplete"u8)
                || name.SequenceEqual("response.failed"u8);
        }

        return TryValue(line, "data:"u8, out var data)
            && (data.StartsWith("[DONE]"u8) || data.StartsWith("{\"error\""u8)
                || data.StartsWith("{\"type\":\"message_stop\""u8) || data.StartsWith("{\"type\":\"error\""u8)
                || data.StartsWith("{\"type\":\"response.completed\""u8) || data.StartsWith("{\"type\":\"response.incomplete\""u8)
                || data.StartsWith("{\"type\":\"response.failed\""u8));
    }

    private static bool TryValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(field))
        {
            return false;
        }

        value = line[field.Length..].TrimStart((byte)' ');
        return true;
    }
}
