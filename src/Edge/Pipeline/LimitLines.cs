using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>Puts lines of a head together in memory that has room for all of them. Allocates nothing.</summary>
/// <param name="room">Where they go.</param>
internal ref struct LimitLines(Span<byte> room)
{
    private const long NsPerMs = 1_000_000;
    private const long MsPerSecond = 1000;

    private readonly Span<byte> _room = room;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Goes on.</summary>
    /// <param name="text">In Latin-1.</param>
    public void Put(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_room[Length..]);
        Length += text.Length;
    }

    /// <summary>Goes on with a number in decimal digits; with 0 for one that is less.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Put(long number) => Length += DecimalDigits.Write((ulong)Math.Max(number, 0), _room[Length..]);

    /// <summary>Goes on with a time in whole seconds (RFC 3339).</summary>
    public void Put(DateTime utc)
    {
        utc.TryFormat(_room[Length..], out var count, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Length += count;
    }

    /// <summary>
    /// Goes on with a duration as OpenAI writes them: <c>12ms</c>, <c>1s</c>, <c>2m30s</c>, <c>6m0s</c>, <c>1h0m0s</c>.
    /// </summary>
    public void PutGoDuration(long ns)
    {
        var ms = (ns + NsPerMs - 1) / NsPerMs;
        if (ms < MsPerSecond)
        {
            Put(ms);
            Put("ms"u8);
            return;
        }

        var s = (ms + MsPerSecond - 1) / MsPerSecond;
        if (s >= 3600)
        {
            PutOf(s / 3600, 'h');
        }

        if (s >= 60)
        {
            PutOf(s / 60 % 60, 'm');
        }

        PutOf(s % 60, 's');
    }

    private void PutOf(long number, char unit)
    {
        Put(number);
        _room[Length++] = (byte)unit;
    }
}
