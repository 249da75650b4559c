using System.Buffers.Text;
using System.Text;

namespace Edge.Core.Http;

/// <summary>
/// How long a provider asks to be left alone: <c>retry-after-ms</c>, as OpenAI sends it, or else Retry-After (RFC 9110,
/// section 10.2.3), in seconds or as a date. Safe from any thread; allocates nothing.
/// </summary>
public static class RetryAfter
{
    /// <summary>What is longer counts as this; whoever waits has a bound of its own.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(1);

    /// <summary>The time, from now on; null where the head does not say, or says nothing that can be understood.</summary>
    /// <param name="head">The answer's head, whole.</param>
    /// <param name="received">Its bytes.</param>
    /// <param name="now">For dates.</param>
    public static TimeSpan? Read(ResponseHead head, ReadOnlySpan<byte> received, DateTimeOffset now)
    {
        TimeSpan? seconds = null;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var name = head[i].Name(received);
            if (name.Length == 14 && Ascii.EqualsIgnoreCase(name, "retry-after-ms"u8)
                && TryRead(head[i].Value(received), TimeSpan.TicksPerMillisecond, out var exact))
            {
                return exact;
            }

            if (name.Length == 11 && Ascii.EqualsIgnoreCase(name, "retry-after"u8) && seconds is null)
            {
                seconds = ReadValue(head[i].Value(received), now);
            }
        }

        return seconds;
    }

    /// <summary>What the value of a Retry-After header says; null where it cannot be understood.</summary>
    public static TimeSpan? ReadValue(ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        if (TryRead(value, TimeSpan.TicksPerSecond, out var time))
        {
            return time;
        }

        if (!Utf8Parser.TryParse(value, out DateTimeOffset date, out var used, 'R') || used != value.Length)
        {
            return null;
        }

        return date <= now ? TimeSpan.Zero : Bound((date - now).Ticks);
    }

    // A number may have a fraction: OpenAI's SDK takes it, and some providers send it.
    private static bool TryRead(ReadOnlySpan<byte> value, long ticksPerUnit, out TimeSpan time)
    {
        time = default;
        if (!Utf8Parser.TryParse(value, out double number, out var used) || used != value.Length || !(number >= 0))
        {
            return false;
        }

        time = number >= Max.Ticks / ticksPerUnit ? Max : new TimeSpan((long)(number * ticksPerUnit));
        return true;
    }

    private static TimeSpan Bound(long ticks) => ticks > Max.Ticks ? Max : new TimeSpan(ticks);
}
