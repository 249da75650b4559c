using System.Buffers;
using System.Security.Cryptography;

namespace Edge.Core.Http;

/// <summary>Fills a span with random bytes that cannot be foretold.</summary>
public delegate void RandomFill(Span<byte> destination);

/// <summary>
/// Makes and checks request identifiers. Owns one block of random bytes per thread, so that an identifier costs no system
/// call; safe from any thread. Lives as long as the program.
/// </summary>
public sealed class RequestIds
{
    /// <summary>Most characters of an identifier that a caller brings.</summary>
    public const int LengthMax = 128;

    private const int IdBytes = 16;
    private const int BlockBytes = 256 * IdBytes;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:/+=-");

    // A field of the thread itself: to find it through ThreadLocal took as long as to write the identifier.
    [ThreadStatic]
    private static Block? OfThread;

    private readonly RandomFill _fill;

    /// <summary>Identifiers from the system's generator.</summary>
    public RequestIds() : this(RandomNumberGenerator.Fill)
    {
    }

    /// <summary>Identifiers from a given generator, which is asked for blocks on whichever thread needs one.</summary>
    public RequestIds(RandomFill fill) => _fill = fill;

    /// <summary>True for 1 to <see cref="LengthMax"/> characters of <c>A-Z a-z 0-9 . _ ~ : / + = -</c>, which are safe in a
    /// header, a log line and a JSON string alike.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> id) =>
        id.Length is > 0 and <= LengthMax && !id.ContainsAnyExcept(Allowed);

    /// <summary>A new identifier: a random UUID (RFC 9562, version 4) in canonical text. Allocates that string only.</summary>
    public string Create()
    {
        var block = OfThread is { } last && last.Owner == this ? last : OfThread = new Block(this);
        if (block.Used == BlockBytes)
        {
            _fill(block.Bytes);
            block.Used = 0;
        }

        var bytes = block.Bytes.AsSpan(block.Used, IdBytes);
        block.Used += IdBytes;
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private sealed class Block(RequestIds owner)
    {
        public readonly RequestIds Owner = owner;
        public readonly byte[] Bytes = new byte[BlockBytes];
        public int Used = BlockBytes;
    }
}
