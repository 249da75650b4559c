using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Edge.Telemetry;

/// <summary>The text of the time, made once a second for each thread that asks.</summary>
internal static class LogClock
{
    private const long TicksPerMillisecond = TimeSpan.TicksPerMillisecond;

    [ThreadStatic]
    private static long Second;

    [ThreadStatic]
    private static byte[]? Iso;

    [ThreadStatic]
    private static byte[]? Common;

    /// <summary>Puts a time as RFC 3339 has it, in UTC with milliseconds: <c>2026-11-26T02:16:07.123Z</c>.</summary>
    public static void PutIso(ref LogLine line, DateTimeOffset time)
    {
        Refresh(time);
        line.Put(Iso);
        Span<byte> text = stackalloc byte[5];
        var milliseconds = (int)(time.UtcTicks / TicksPerMillisecond % 1000);
        text[0] = (byte)'.';
        Utf8Formatter.TryFormat(milliseconds, text[1..], out _, new StandardFormat('D', 3));
        text[4] = (byte)'Z';
        line.Put(text);
    }

    /// <summary>Puts a time as the Common Log Format has it, in UTC: <c>[26/Nov/2026:02:16:07 +0000]</c>.</summary>
    public static void PutCommon(ref LogLine line, DateTimeOffset time)
    {
        Refresh(time);
        line.Put(Common);
    }

    private static void Refresh(DateTimeOffset time)
    {
        var second = time.UtcTicks / TimeSpan.TicksPerSecond;
        if (second == Second)
        {
            return;
        }

        var utc = time.UtcDateTime;
        Iso = Encoding.ASCII.GetBytes(utc.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        Common = Encoding.ASCII.GetBytes(utc.ToString("'['dd/MMM/yyyy:HH:mm:ss '+0000]'", CultureInfo.InvariantCulture));
        Second = second;
    }
}
