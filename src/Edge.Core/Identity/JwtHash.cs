using System.Buffers.Binary;

namespace Edge.Core.Identity;

/// <summary>
/// A keyed 64-bit hash of bytes by folded 128-bit products: fast, and unpredictable without the key. It finds candidates;
/// equality is always decided by comparing the bytes. Not a signature.
/// </summary>
internal readonly struct JwtHash
{
    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>A hash under this key of random bits.</summary>
    internal JwtHash(ulong first, ulong second)
    {
        // Odd and never zero: a product with zero would forget the other factor.
        _first = first | 1;
        _second = second | 1;
    }

    /// <summary>Hashes all the bytes and their number.</summary>
    internal ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = _first ^ (ulong)bytes.Length;
        if (bytes.Length < 16)
        {
            return Short(bytes, hash);
        }

        var rest = bytes;
        var other = _second;
        while (rest.Length >= 32)
        {
            hash = Fold(Word(rest, 0) ^ _second, Word(rest, 8) ^ hash);
            other = Fold(Word(rest, 16) ^ _first, Word(rest, 24) ^ other);
            rest = rest[32..];
        }

        // The last sixteen bytes twice over where they overlap with what was read already: that costs nothing in strength.
        if (rest.Length > 16)
        {
            hash = Fold(Word(rest, 0) ^ _second, Word(rest, 8) ^ hash);
        }

        var tail = bytes[^16..];
        other = Fold(Word(tail, 0) ^ _first, Word(tail, 8) ^ other);
        return Fold(hash ^ _second, other ^ _first);
    }

    private ulong Short(ReadOnlySpan<byte> bytes, ulong hash)
    {
        ulong low, high = 0;
        if (bytes.Length >= 8)
        {
            low = Word(bytes, 0);
            high = Word(bytes, bytes.Length - 8);
        }
        else if (bytes.Length >= 4)
        {
            low = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        }
        else
        {
            low = 0;
            foreach (var item in bytes)
            {
                low = (low << 8) | item;
            }
        }

        return Fold(Fold(low ^ _second, high ^ hash), hash ^ _second);
    }

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
