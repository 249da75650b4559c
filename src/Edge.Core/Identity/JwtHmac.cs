using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>
/// HMAC (RFC 2104). The platform's one-shot call looks its algorithm up anew each time, which takes longer than hashing a
/// token; its kept HMACs are bound to one secret each, and there may be 100,000 of those. So the secrets in steady use have a
/// kept HMAC (1.2 us for a token of 250 bytes), all others two runs of a kept hash (1.7 us, against 2.5 in one shot).
/// Owned by one thread at a time.
/// </summary>
/// <remarks>
/// A kept HMAC is made for a secret that comes twice without another of its place in between: many secrets in turn would
/// otherwise pay for making one each time. It remembers its secret for as long as no other takes its place.
/// </remarks>
internal sealed class JwtHmac
{
    private const int BlockBytesMax = 128;
    private const int Places = 16;

    private readonly IncrementalHash?[] _hashes = new IncrementalHash?[3];
    private readonly Place[] _places = new Place[Places];

    /// <summary>The HMAC of HS256, HS384 or HS512 over the message.</summary>
    /// <param name="algorithm">One of the three.</param>
    /// <param name="secret">The secret, known by reference: its bytes never change.</param>
    /// <param name="message">What is authenticated.</param>
    /// <param name="destination">At least 64 bytes.</param>
    /// <returns>The bytes written: 32, 48 or 64.</returns>
    internal int Compute(JwtAlgorithm algorithm, byte[] secret, ReadOnlySpan<byte> message, Span<byte> destination)
    {
        ref var place = ref _places[(RuntimeHelpers.GetHashCode(secret) + (int)algorithm) & (Places - 1)];
        if (ReferenceEquals(place.Secret, secret) && place.Algorithm == algorithm)
        {
            var kept = place.Kept ??= IncrementalHash.CreateHMAC(NameOf(algorithm), secret);
            kept.AppendData(message);
            return kept.GetHashAndReset(destination);
        }

        place.Kept?.Dispose();
        place = new Place { Secret = secret, Algorithm = algorithm };
        return ComputeByHashes(algorithm, secret, message, destination);
    }

    private int ComputeByHashes(
        JwtAlgorithm algorithm, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> message, Span<byte> destination)
    {
        var hash = _hashes[algorithm - JwtAlgorithm.HS256] ??= IncrementalHash.CreateHash(NameOf(algorithm));
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

    private static HashAlgorithmName NameOf(JwtAlgorithm algorithm) => algorithm switch
    {
        JwtAlgorithm.HS256 => HashAlgorithmName.SHA256,
        JwtAlgorithm.HS384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private static void Xor(ReadOnlySpan<byte> key, byte with, Span<byte> pad)
    {
        for (var i = 0; i < key.Length; i++)
        {
            pad[i] = (byte)(key[i] ^ with);
        }
    }

    private struct Place
    {
        internal byte[]? Secret;
        internal JwtAlgorithm Algorithm;
        internal IncrementalHash? Kept;
    }
}
