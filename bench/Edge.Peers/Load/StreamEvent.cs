using System.Buffers.Text;

namespace Edge.Peers.Load;

/// <summary>
/// The event that the origin streams: <c>data: NUMBER MOMENT LATE xxx</c> and a blank line, always of the same size, so that a
/// reader finds every event by counting. NUMBER counts the events of the stream; MOMENT is when it was written, by
/// <see cref="Measuring.Monotonic"/>, and LATE how long after it was due.
/// </summary>
internal static class StreamEvent
{
    /// <summary>Bytes of an event, the blank line included: what a model's chunk of one token has.</summary>
    public const int SizeBytes = 250;

    private const int NumberAt = 6;
    private const int NumberDigits = 10;
    private const int MomentAt = NumberAt + NumberDigits + 1;
    private const int MomentDigits = 19;
    private const int LateAt = MomentAt + MomentDigits + 1;
    private const int LateDigits = 19;
    private const int FillAt = LateAt + LateDigits + 1;

    /// <summary>A chunk of HTTP/1.1 with an event in it, to be stamped by <see cref="Stamp"/> and sent again and again.</summary>
    public static byte[] MakeChunk()
    {
        var data = new byte[SizeBytes];
        data.AsSpan().Fill((byte)'x');
        "data: "u8.CopyTo(data);
        data[MomentAt - 1] = (byte)' ';
        data[LateAt - 1] = (byte)' ';
        data[FillAt - 1] = (byte)' ';
        "\n\n"u8.CopyTo(data.AsSpan(SizeBytes - 2));
        return [.. ChunkHead, .. data, .. "\r\n"u8];
    }

    /// <summary>Writes number, moment and lateness into a chunk.</summary>
    public static void Stamp(Span<byte> chunk, long number, long momentNs, long lateNs)
    {
        var data = chunk[ChunkHead.Length..];
        Utf8Formatter.TryFormat(number, data.Slice(NumberAt, NumberDigits), out _, new('D', NumberDigits));
        Utf8Formatter.TryFormat(momentNs, data.Slice(MomentAt, MomentDigits), out _, new('D', MomentDigits));
        Utf8Formatter.TryFormat(lateNs, data.Slice(LateAt, LateDigits), out _, new('D', LateDigits));
    }

    /// <summary>Reads an event; false when a byte of it is not what was written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out long number, out long momentNs, out long lateNs)
    {
        lateNs = 0;
        momentNs = 0;
        number = 0;
        return data.StartsWith("data: "u8) && data.EndsWith("\n\n"u8)
            && Utf8Parser.TryParse(data.Slice(NumberAt, NumberDigits), out number, out _)
            && Utf8Parser.TryParse(data.Slice(MomentAt, MomentDigits), out momentNs, out _)
            && Utf8Parser.TryParse(data.Slice(LateAt, LateDigits), out lateNs, out _)
            && data[FillAt..^2].IndexOfAnyExcept((byte)'x') < 0;
    }

    private static ReadOnlySpan<byte> ChunkHead => "fa\r\n"u8;
}
