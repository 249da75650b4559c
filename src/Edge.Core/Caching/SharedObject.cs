using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Core.Http;
using Edge.Core.Limits;

namespace Edge.Core.Caching;

/// <summary>Why bytes of the common store are not used.</summary>
public enum SharedVerdict
{
    /// <summary>They are good.</summary>
    Good,

    /// <summary>They are not what a gateway with this secret has written: cut, changed, of another kind or version.</summary>
    Foreign,

    /// <summary>They are the answer to something else, whose hash is the same.</summary>
    OtherKey,

    /// <summary>They live longer than they were given: a clock was changed.</summary>
    TooLong,
}

/// <summary>
/// An answer as it lies in the store that replicas share:
/// <code>
/// "EdgC" version coding 0 0 | generation stamp | ages and lifetimes in ms | tokens | lengths of key, head, body | code | parts
/// </code>
/// The parts are key, head and body, compressed where that is worth it. The code is SipHash with 128 bits, under the secret of
/// the fleet, of everything else: who cannot compute it cannot make bytes that are taken for an answer. Times are spans, and
/// what is left of them is what the store says, so that clocks of replicas need not agree. Stateless.
/// </summary>
public static class SharedObject
{
    /// <summary>Bytes before the parts.</summary>
    public const int HeaderBytes = 112;

    /// <summary>
    /// Parts that are shorter stay as they are. Measured with Deflate at its fastest: of a chat answer of 1 KB 18 % went for
    /// 11 us there and back, of 4 KB 31 % for 23 us, of a stream of 26 KB 96 % for 11 us. Brotli at its lowest level makes
    /// them shorter still (57 % of 4 KB), but its encoder would make the program larger by a twentieth.
    /// </summary>
    public const int CompressedBytesMin = 2048;

    /// <summary>Longest time that an answer is kept there.</summary>
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromHours(24);

    private const byte Version = 1;
    private const byte AsIs = 0;
    private const byte Deflate = 1;
    private const int CodingAt = 5;
    private const int GenerationAt = 8;
    private const int StampAt = 16;
    private const int AgeAt = 24;
    private const int FreshAt = 32;
    private const int LifetimeAt = 40;
    private const int InputAt = 48;
    private const int OutputAt = 56;
    private const int KeyLengthAt = 64;
    private const int HeadLengthAt = 68;
    private const int BodyLengthAt = 72;
    private const int CodeAt = 96;

    private static ReadOnlySpan<byte> Magic => "EdgC"u8;

    /// <summary>Writes an answer.</summary>
    /// <param name="to">Where to; what is there is forgotten.</param>
    /// <param name="pin">The answer, held.</param>
    /// <param name="facts">What is told of it.</param>
    /// <param name="hasher">Has the secret of the fleet.</param>
    public static void Write(HeadBuffer to, CachePin pin, in SharedFacts facts, KeyHasher hasher)
    {
        to.Clear();
        var header = to.GetSpan(HeaderBytes)[..HeaderBytes];
        header.Clear();
        Magic.CopyTo(header);
        header[Magic.Length] = Version;
        var length = pin.KeyLength + pin.HeadLength + pin.BodyLength;
        var isCompressed = length >= CompressedBytesMin;
        header[CodingAt] = isCompressed ? Deflate : AsIs;
        BinaryPrimitives.WriteInt64LittleEndian(header[GenerationAt..], facts.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(header[StampAt..], facts.Stamp);
        BinaryPrimitives.WriteInt64LittleEndian(header[AgeAt..], facts.AgeMs);
        BinaryPrimitives.WriteInt64LittleEndian(header[FreshAt..], facts.FreshMs);
        BinaryPrimitives.WriteInt64LittleEndian(header[LifetimeAt..], facts.LifetimeMs);
        BinaryPrimitives.WriteInt64LittleEndian(header[InputAt..], facts.InputTokens);
        BinaryPrimitives.WriteInt64LittleEndian(header[OutputAt..], facts.OutputTokens);
        BinaryPrimitives.WriteInt32LittleEndian(header[KeyLengthAt..], pin.KeyLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[HeadLengthAt..], pin.HeadLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[BodyLengthAt..], pin.BodyLength);
        to.Advance(HeaderBytes);
        if (isCompressed)
        {
            Compress(to, pin);
        }
        else
        {
            Copy(to, pin);
        }

        // Of most embeddings and of what is compressed already there is nothing to save.
        if (isCompressed && to.Length - HeaderBytes > length - (length / 8))
        {
            to.Truncate(HeaderBytes);
            Copy(to, pin);
            WritableOf(to)[CodingAt] = AsIs;
        }

        Sign(to, hasher);
    }

    /// <summary>Reads one, and puts its parts into a buffer.</summary>
    /// <param name="bytes">What was found.</param>
    /// <param name="leftMs">How long the store would have kept it.</param>
    /// <param name="key">The key that was asked for.</param>
    /// <param name="bodyBytesMax">Longest body that is wanted.</param>
    /// <param name="hasher">Has the secret of the fleet.</param>
    /// <param name="parts">Key, head and body, one behind the other, where it is good.</param>
    /// <param name="facts">What is told of it; what is left of its times now.</param>
    public static SharedVerdict Read(
        ReadOnlySpan<byte> bytes, long leftMs, ReadOnlySpan<byte> key, long bodyBytesMax, KeyHasher hasher, HeadBuffer parts,
        out SharedFacts facts)
    {
        facts = default;
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic) || bytes[Magic.Length] != Version
            || bytes[CodingAt] > Deflate || !IsSigned(bytes, hasher))
        {
            return SharedVerdict.Foreign;
        }

        // What carries the code was written by one of us, and says the truth of itself.
        var lifetimeMs = BinaryPrimitives.ReadInt64LittleEndian(bytes[LifetimeAt..]);
        var goneMs = lifetimeMs - leftMs;
        if (leftMs <= 0 || goneMs < 0)
        {
            return SharedVerdict.TooLong;
        }

        facts = new SharedFacts
        {
            Generation = BinaryPrimitives.ReadInt64LittleEndian(bytes[GenerationAt..]),
            Stamp = BinaryPrimitives.ReadInt64LittleEndian(bytes[StampAt..]),
            AgeMs = BinaryPrimitives.ReadInt64LittleEndian(bytes[AgeAt..]) + goneMs,
            FreshMs = BinaryPrimitives.ReadInt64LittleEndian(bytes[FreshAt..]) - goneMs,
            LifetimeMs = leftMs,
            InputTokens = BinaryPrimitives.ReadInt64LittleEndian(bytes[InputAt..]),
            OutputTokens = BinaryPrimitives.ReadInt64LittleEndian(bytes[OutputAt..]),
            KeyLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[KeyLengthAt..]),
            HeadLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[HeadLengthAt..]),
            BodyLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[BodyLengthAt..]),
        };
        if (facts.KeyLength != key.Length || facts.HeadLength is < 0 or > StoredHead.BytesMax || facts.BodyLength < 0
            || facts.BodyLength > bodyBytesMax)
        {
            return SharedVerdict.OtherKey;
        }

        parts.Clear();
        if (!TryExpand(bytes, facts.KeyLength + facts.HeadLength + facts.BodyLength, parts))
        {
            return SharedVerdict.Foreign;
        }

        return parts.Written.Span.StartsWith(key) ? SharedVerdict.Good : SharedVerdict.OtherKey;
    }

    private static void Copy(HeadBuffer to, CachePin pin)
    {
        for (var cursor = pin.Whole; pin.TryRead(ref cursor, out var run);)
        {
            to.Write(run);
        }
    }

    private static void Compress(HeadBuffer to, CachePin pin)
    {
        using var deflate = new DeflateStream(new Sink(to), CompressionLevel.Fastest);
        for (var cursor = pin.Whole; pin.TryRead(ref cursor, out var run);)
        {
            deflate.Write(run);
        }
    }

    private static unsafe bool TryExpand(ReadOnlySpan<byte> bytes, int length, HeadBuffer parts)
    {
        var packed = bytes[HeaderBytes..];
        if (bytes[CodingAt] == AsIs)
        {
            parts.Write(packed);
            return packed.Length == length;
        }

        fixed (byte* start = packed)
        {
            using var source = new UnmanagedMemoryStream(start, packed.Length);
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            var span = parts.GetSpan(length + 1)[..(length + 1)];
            var read = inflate.ReadAtLeast(span, span.Length, throwOnEndOfStream: false);
            parts.Advance(Math.Min(read, length));
            return read == length;
        }
    }

    private static void Sign(HeadBuffer to, KeyHasher hasher)
    {
        var bytes = WritableOf(to);
        var code = CodeOf(bytes, hasher);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[CodeAt..], code.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(CodeAt + sizeof(ulong))..], code.Low);
    }

    private static bool IsSigned(ReadOnlySpan<byte> bytes, KeyHasher hasher)
    {
        var code = CodeOf(bytes, hasher);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[CodeAt..]) == code.High
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes[(CodeAt + sizeof(ulong))..]) == code.Low;
    }

    /// <summary>The hash of the hashes of what is before the code and of what is behind it.</summary>
    private static KeyHash CodeOf(ReadOnlySpan<byte> bytes, KeyHasher hasher)
    {
        Span<byte> both = stackalloc byte[CodeAt + (2 * sizeof(ulong)) + 1];
        bytes[..CodeAt].CopyTo(both);
        var parts = hasher.Hash(bytes[HeaderBytes..]);
        BinaryPrimitives.WriteUInt64LittleEndian(both[CodeAt..], parts.High);
        BinaryPrimitives.WriteUInt64LittleEndian(both[(CodeAt + sizeof(ulong))..], parts.Low);

        // No key is as long and ends so: a code cannot pass for the hash of one.
        both[^1] = (byte)'c';
        return hasher.Hash(both);
    }

    private static Span<byte> WritableOf(HeadBuffer buffer) =>
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(buffer.Written).Span;

    /// <summary>Writes into a buffer.</summary>
    private sealed class Sink(HeadBuffer to) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => to.Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => to.Write(buffer);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>What is told of an answer in the common store. Spans are in milliseconds, and count from now.</summary>
public readonly record struct SharedFacts
{
    /// <summary>Which purges its writer knew of when it asked the upstream.</summary>
    public long Generation { get; init; }

    /// <summary>Which state of its resource its writer knew of then; 0: none is kept.</summary>
    public long Stamp { get; init; }

    /// <summary>How long ago it was stored.</summary>
    public long AgeMs { get; init; }

    /// <summary>How long it is fresh; negative: it is too old.</summary>
    public long FreshMs { get; init; }

    /// <summary>How long it is kept.</summary>
    public long LifetimeMs { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Bytes of its key.</summary>
    public int KeyLength { get; init; }

    /// <summary>Bytes of its head.</summary>
    public int HeadLength { get; init; }

    /// <summary>Bytes of its body.</summary>
    public int BodyLength { get; init; }
}
