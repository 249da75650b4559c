using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Core.Limits;

/// <summary>
/// The text that a bucket's key is hashed from, within its rule: each part with its length before it, so that no two lists of
/// parts have the same text. One writer at a time; the memory is kept for the next key.
/// </summary>
public sealed class LimitKeyText
{
    /// <summary>Bytes of memory that are kept between two keys.</summary>
    public const int KeptBytesMax = 4096;

    private const int StoreNameBytes = 16;

    private byte[] _bytes = new byte[256];
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>
    /// The key's name in a store: the same in every replica, and not to be found for another key by those who choose its text.
    /// </summary>
    /// <param name="rule">Whose key it is.</param>
    public string StoreNameFor(LimitRule rule)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. rule.IdentityHash, .. Written], hash);
        return Convert.ToHexStringLower(hash[..StoreNameBytes]);
    }

    /// <summary>Begins a new key.</summary>
    public void Clear()
    {
        _length = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            _bytes = new byte[256];
        }
    }

    /// <summary>Adds a part. A missing one differs from an empty one.</summary>
    public void Append(string? part)
    {
        var chars = MemoryMarshal.AsBytes(part.AsSpan());
        var to = Reserve(sizeof(int) + chars.Length);
        BinaryPrimitives.WriteInt32LittleEndian(to, part is null ? -1 : chars.Length);
        chars.CopyTo(to[sizeof(int)..]);
    }

    /// <summary>Adds the number of the parts that follow, where it is not always the same.</summary>
    public void Append(int count) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), count);

    /// <summary>Adds a part of bytes.</summary>
    public void Append(ReadOnlySpan<byte> part)
    {
        var to = Reserve(sizeof(int) + part.Length);
        BinaryPrimitives.WriteInt32LittleEndian(to, part.Length);
        part.CopyTo(to[sizeof(int)..]);
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
