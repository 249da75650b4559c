using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>
/// HMAC (RFC 2104) as two runs of hashes that are kept. The platform's one-shot call looks its algorithm up anew each time, which
/// takes as long as hashing a whole token; its kept HMACs are bound to one secret each, and there may be 100,000 of those.
/// Owned by one thread at a time.
/// </summary>
internal sealed class JwtHmac
{
    private const int BlockBytesMax = 128;

    private readonly IncrementalHash?[] _hashes = new IncrementalHash?[3];

    /// <summary>The HMAC of HS256, HS384 or HS512 over the message.</summary>
    /// <returns>The bytes written: 32, 48 or 64.</returns>
    internal int Compute(JwtAlgorithm algorithm, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> message, Span<byte> destination)
    {
        var hash = _hashes[algorithm - JwtAlgorithm.HS256] ??= New(algorithm);
        Span<byte> key = stackalloc byte[BlockBytesMax];
        key = key[..(algorithm == JwtAlgorithm.HS256 ? 64 : BlockBytesMax)];
        key.Clear();
        if (secret.Length <= key.Length)
        {
            secret.CopyTo(key);
        }
        else
        {
            hash.AppendData(secret);
            hash.GetHashAndReset(key);
        }

        Span<byte> pad = stackalloc byte[BlockBytesMax];
        pad = pad[..key.Length];
        Xor(key, 0x36, pad);
        hash.AppendData(pad);
        hash.AppendData(message);
        var written = hash.GetHashAndReset(destination);
        Xor(key, 0x5C, pad);
        hash.AppendData(pad);
        hash.AppendData(destination[..written]);
        hash.GetHashAndReset(destination);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(pad);
        return written;
    }

    private static IncrementalHash New(JwtAlgorithm algorithm) => IncrementalHash.CreateHash(algorithm switch
    {
        JwtAlgorithm.HS256 => HashAlgorithmName.SHA256,
        JwtAlgorithm.HS384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    });

    private static void Xor(ReadOnlySpan<byte> key, byte with, Span<byte> pad)
    {
        for (var i = 0; i < key.Length; i++)
        {
            pad[i] = (byte)(key[i] ^ with);
        }
    }
}
