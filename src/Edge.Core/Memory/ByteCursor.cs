using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Http;

namespace Edge.Core.Memory;

/// <summary>
/// Writes bytes one after another into memory that has room for all of them: whoever writes has worked out how much that is.
/// </summary>
/// <param name="room">The memory.</param>
public ref struct ByteCursor(Span<byte> room)
{
    private readonly Span<byte> _room = room;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Goes on with bytes.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_room[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Goes on with a byte.</summary>
    public void Write(byte value) => _room[Length++] = value;

    /// <summary>Goes on with text in Latin-1; see <see cref="HeadBuffer.WriteLatin1"/>.</summary>
    public void WriteLatin1(scoped ReadOnlySpan<char> text)
    {
        Latin1Text.Narrow(text, _room[Length..]);
        Length += text.Length;
    }

    /// <summary>
    /// Goes on with a number in decimal digits, with 0 for one that is less. It needs room for
    /// <see cref="DecimalDigits.RoomBytes"/> bytes, however many digits there are.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void WriteDecimal(long number) => Length += DecimalDigits.Write((ulong)Math.Max(number, 0), _room[Length..]);

    /// <summary>Goes on with a time in whole seconds (RFC 3339).</summary>
    public void WriteTime(DateTime utc)
    {
        utc.TryFormat(_room[Length..], out var count, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Length += count;
    }
}
