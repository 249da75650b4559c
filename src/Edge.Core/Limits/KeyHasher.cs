using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Core.Limits;

/// <summary>Makes <see cref="KeyHash"/>es. Immutable; safe from any thread.</summary>
/// <remarks>
/// One round for each word and three at the end: the variant that hash tables of languages use against callers who choose keys.
/// Nobody sees the hashes here, and with SipHash-2-4 the hash of a consumer's id took longer than all the rest of a limit.
/// </remarks>
/// <param name="key0">The first half of the secret.</param>
/// <param name="key1">The second half.</param>
public sealed class KeyHasher(ulong key0, ulong key1)
{
    private const int FinalRounds = 3;

    /// <summary>
    /// A hasher with a secret of its own that follows from this one's, so that what each key of one kind would begin with need
    /// not be hashed with each.
    /// </summary>
    public KeyHasher For(ReadOnlySpan<byte> kind)
    {
        var secret = Hash(kind);
        return new KeyHasher(secret.High, secret.Low);
    }

    /// <summary>The hash of some bytes.</summary>
    public KeyHash Hash(ReadOnlySpan<byte> text)
    {
        var v0 = key0 ^ 0x736f6d6570736575UL;
        var v1 = key1 ^ 0x646f72616e646f6dUL ^ 0xeeUL;
        var v2 = key0 ^ 0x6c7967656e657261UL;
        var v3 = key1 ^ 0x7465646279746573UL;
        var last = (ulong)text.Length << 56;
        while (text.Length >= sizeof(ulong))
        {
            Absorb(BinaryPrimitives.ReadUInt64LittleEndian(text), ref v0, ref v1, ref v2, ref v3);
            text = text[sizeof(ulong)..];
        }

        for (var i = 0; i < text.Length; i++)
        {
            last |= (ulong)text[i] << (8 * i);
        }

        Absorb(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xee;
        Finish(ref v0, ref v1, ref v2, ref v3);
        var first = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
        Finish(ref v0, ref v1, ref v2, ref v3);
        return new KeyHash(first, v0 ^ v1 ^ v2 ^ v3);
    }

    private static void Absorb(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Finish(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        for (var i = 0; i < FinalRounds; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
