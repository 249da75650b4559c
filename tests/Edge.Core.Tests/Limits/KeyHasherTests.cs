using System.Numerics;
using Edge.Core.Limits;

namespace Edge.Core.Tests.Limits;

public sealed class KeyHasherTests
{
    private const ulong Key0 = 0x0706050403020100;
    private const ulong Key1 = 0x0f0e0d0c0b0a0908;

    [Fact]
    public void The_plain_writing_of_SipHash_has_the_vectors_of_the_reference()
    {
        // SipHash-2-4 with 128 bits: key 00..0f, input empty and 00.
        Assert.Equal(new KeyHash(0xe6a825ba047f81a3, 0x930255c71472f66d), SipHash(2, 4, []));
        Assert.Equal(new KeyHash(0x44af996bd8c187da, 0x45fc229b11597634), SipHash(2, 4, [0]));
    }

    [Fact]
    public void The_hash_is_SipHash_1_3_with_128_bits()
    {
        var hasher = new KeyHasher(Key0, Key1);
        for (var length = 0; length < 70; length++)
        {
            var text = new byte[length];
            new Random(length).NextBytes(text);
            Assert.Equal(SipHash(1, 3, text), hasher.Hash(text));
        }
    }

    [Fact]
    public void Every_bit_of_the_text_and_of_the_secret_changes_about_half_of_the_hash()
    {
        var text = new byte[40];
        var hash = new KeyHasher(Key0, Key1).Hash(text);
        for (var bit = 0; bit < 8 * text.Length; bit++)
        {
            text[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertFar(hash, new KeyHasher(Key0, Key1).Hash(text));
            text[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var bit = 0; bit < 64; bit++)
        {
            AssertFar(hash, new KeyHasher(Key0 ^ (1UL << bit), Key1).Hash(text));
            AssertFar(hash, new KeyHasher(Key0, Key1 ^ (1UL << bit)).Hash(text));
        }
    }

    private static void AssertFar(KeyHash one, KeyHash other) =>
        Assert.InRange(BitOperations.PopCount(one.High ^ other.High) + BitOperations.PopCount(one.Low ^ other.Low), 36, 92);

    // As the paper and its reference have it, word by word, for any number of rounds.
    private static KeyHash SipHash(int rounds, int finalRounds, byte[] text)
    {
        ulong[] v =
        [
            Key0 ^ 0x736f6d6570736575, Key1 ^ 0x646f72616e646f6d ^ 0xee, Key0 ^ 0x6c7967656e657261, Key1 ^ 0x7465646279746573,
        ];
        byte[] padded = [.. text, .. new byte[7 - (text.Length % 8)], (byte)text.Length];
        for (var at = 0; at < padded.Length; at += 8)
        {
            var word = BitConverter.ToUInt64(padded, at);
            v[3] ^= word;
            Mix(v, rounds);
            v[0] ^= word;
        }

        v[2] ^= 0xee;
        Mix(v, finalRounds);
        var high = v[0] ^ v[1] ^ v[2] ^ v[3];
        v[1] ^= 0xdd;
        Mix(v, finalRounds);
        return new KeyHash(high, v[0] ^ v[1] ^ v[2] ^ v[3]);
    }

    private static void Mix(ulong[] v, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            v[0] += v[1];
            v[2] += v[3];
            v[1] = BitOperations.RotateLeft(v[1], 13) ^ v[0];
            v[3] = BitOperations.RotateLeft(v[3], 16) ^ v[2];
            v[0] = BitOperations.RotateLeft(v[0], 32);
            v[2] += v[1];
            v[0] += v[3];
            v[1] = BitOperations.RotateLeft(v[1], 17) ^ v[2];
            v[3] = BitOperations.RotateLeft(v[3], 21) ^ v[0];
            v[2] = BitOperations.RotateLeft(v[2], 32);
        }
    }
}
