using System.Text.Json;

namespace Edge.Core.Llm;

/// <summary>
/// Finds the chunk with which OpenAI reports a stream's usage (<c>choices</c> empty, <c>usage</c> an object), so that it can be
/// taken out for a caller who did not ask for it. Stateless; allocates nothing.
/// </summary>
public static class UsageChunk
{
    /// <summary>Looks among whole events.</summary>
    /// <param name="events">Bytes of an event stream, from the start of an event on.</param>
    /// <param name="start">Offset of the event that is such a chunk.</param>
    /// <param name="length">Its bytes, its blank line included.</param>
    /// <returns>True where there is one, whole.</returns>
    public static bool TryFind(ReadOnlySpan<byte> events, out int start, out int length)
    {
        start = 0;
        length = 0;
        while (start < events.Length && UsageTap.MayBeAboutUsage(events[start..]))
        {
            length = EventLength(events[start..], out var data);
            if (length == 0)
            {
                return false;
            }

            if (IsUsage(data))
            {
                return true;
            }

            start += length;
        }

        return false;
    }

    /// <summary>
    /// Finds the <c>"usage":null</c> that every other chunk of such a stream has, with the comma before it. Within a string these
    /// bytes cannot stand, since its quotes would be escaped.
    /// </summary>
    /// <param name="events">Bytes of an event stream.</param>
    /// <param name="start">Offset of the comma.</param>
    /// <param name="length">Bytes up to the end of the value.</param>
    /// <returns>True where there is one.</returns>
    public static bool TryFindNull(ReadOnlySpan<byte> events, out int start, out int length)
    {
        var name = events.IndexOf("\"usage\""u8);
        while (name >= 0)
        {
            var before = events[..name].TrimEnd((byte)' ');
            var after = events[(name + 7)..].TrimStart((byte)' ');
            var value = after.StartsWith(":"u8) ? after[1..].TrimStart((byte)' ') : default;
            if (before.EndsWith(","u8) && value.StartsWith("null"u8))
            {
                start = before.Length - 1;
                length = events.Length - value.Length + 4 - start;
                return true;
            }

            var next = events[(name + 7)..].IndexOf("\"usage\""u8);
            name = next < 0 ? -1 : name + 7 + next;
        }

        start = 0;
        length = 0;
        return false;
    }

    /// <summary>Bytes of the first event, and its one line of data; 0 where it is not whole.</summary>
    private static int EventLength(ReadOnlySpan<byte> events, out ReadOnlySpan<byte> data)
    {
        data = default;
        var at = 0;
        var lines = 0;
        while (at < events.Length)
        {
            var rest = events[at..];
            var length = rest.IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
            {
                return 0;
            }

            var line = rest[..length];
            at += length + 1;
            at += rest[length] == '\r' && at < events.Length && events[at] == '\n' ? 1 : 0;
            if (line.IsEmpty)
            {
                data = lines == 1 ? data : default;
                return at;
            }

            if (line.StartsWith("data:"u8))
            {
                data = line[5..];
                lines++;
            }
        }

        return 0;
    }

    private static bool IsUsage(ReadOnlySpan<byte> data)
    {
        if (data.IndexOf("\"usage\""u8) < 0)
        {
            return false;
        }

        var json = new Utf8JsonReader(data);
        var isEmpty = false;
        var hasUsage = false;
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isChoices = json.ValueTextEquals("choices"u8);
                var isUsage = json.ValueTextEquals("usage"u8);
                json.Read();
                hasUsage |= isUsage && json.TokenType == JsonTokenType.StartObject;
                if (isChoices)
                {
                    var next = json;
                    isEmpty = json.TokenType == JsonTokenType.StartArray && next.Read()
                        && next.TokenType == JsonTokenType.EndArray;
                }

                json.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // What is no JSON is not for us to hide. The reader tells of half a surrogate pair in a name in the second way.
            return false;
        }

        return isEmpty && hasUsage;
    }
}
