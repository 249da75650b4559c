using System.Buffers.Binary;

namespace Edge.Profile;

/// <summary>
/// Signed numbers in one, two, five or nine bytes, as the runtime writes profiles: the first bits say how many, and in the short
/// forms the last bit is the sign.
/// </summary>
internal ref struct CompressedNumbers(ReadOnlySpan<byte> bytes)
{
    private const byte EightBytes = 0xC1;
    private const int ShortBits = 6;
    private const int LongBits = 13;

    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>The next one.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public long Next()
    {
        var first = Take(1)[0];
        if ((first & 0x80) == 0)
        {
            return Signed(first, ShortBits);
        }

        if ((first & 0xC0) == 0x80)
        {
            return Signed(((first & 0x3F) << 8) | Take(1)[0], LongBits);
        }

        return first == EightBytes
            ? BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)))
            : BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));
    }

    private static long Signed(int number, int bits) => (number & 1) == 0 ? number >> 1 : (number >> 1) - (1L << bits);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _left.Length)
        {
            throw new InvalidDataException("A profile is cut short.");
        }

        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}
