using System.Buffers;
using System.Globalization;
using System.Text;

namespace Edge.Tests.Support;

/// <summary>
/// A message's body as it comes in, piece by piece. It reads from the connection it belongs to and must be read to its end
/// before the connection is used for the next message.
/// </summary>
internal sealed class RawBody
{
    private readonly RawConnection _connection;
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private long _left;

    /// <summary>A body that is still to be read.</summary>
    /// <param name="connection">Where it comes from.</param>
    /// <param name="framing">What says where it ends.</param>
    /// <param name="length">With <see cref="RawFraming.Length"/>, how many bytes it has.</param>
    public RawBody(RawConnection connection, RawFraming framing, long length)
    {
        _connection = connection;
        _left = length;
        Framing = framing;
        IsComplete = framing == RawFraming.None || (framing == RawFraming.Length && length == 0);
    }

    /// <summary>What says where it ends.</summary>
    public RawFraming Framing { get; }

    /// <summary>True once it has ended as its framing wants: full length, final chunk, or a FIN where that delimits.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>True once the connection has ended in the middle of it.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The trailer fields of a chunked body that is complete.</summary>
    public RawHeaders Trailers { get; private set; } = new();

    /// <summary>What has been read of it.</summary>
    public byte[] Bytes => _bytes.WrittenSpan.ToArray();

    /// <summary>What has been read of it, as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(_bytes.WrittenSpan);

    /// <summary>
    /// The next piece: one chunk where it is chunked, else what has come. Null at its end, clean or not:
    /// the properties say which.
    /// </summary>
    /// <exception cref="InvalidDataException">The chunked framing is broken.</exception>
    public async Task<byte[]?> ReadPieceAsync()
    {
        if (IsComplete || IsBroken)
        {
            return null;
        }

        byte[]? piece;
        try
        {
            piece = Framing == RawFraming.Chunked ? await ReadChunkAsync() : await ReadBytesAsync();
        }
        catch (EndOfStreamException)
        {
            piece = null;
        }

        if (piece is null)
        {
            IsBroken = !IsComplete;
            return null;
        }

        _bytes.Write(piece);
        return piece;
    }

    /// <summary>Reads to its end, clean or not.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadPieceAsync() is not null)
        {
        }
    }

    /// <summary>Reads until what has been read holds some text, or the body ends.</summary>
    /// <exception cref="EndOfStreamException">It ended without.</exception>
    public async Task ReadUntilAsync(string text)
    {
        while (!Text.Contains(text, StringComparison.Ordinal))
        {
            if (await ReadPieceAsync() is null)
            {
                throw new EndOfStreamException($"The body ended without \"{text}\": \"{Text}\"");
            }
        }
    }

    private async Task<byte[]?> ReadChunkAsync()
    {
        var line = await _connection.ReadLineAsync();
        var size = line.Split(';')[0];
        if (size.Length is 0 or > 8 || !size.All(char.IsAsciiHexDigit))
        {
            throw new InvalidDataException($"Not a chunk size: \"{line}\"");
        }

        var count = int.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (count == 0)
        {
            Trailers = await RawHeaders.ReadAsync(_connection);
            IsComplete = true;
            return null;
        }

        var chunk = await _connection.ReadExactAsync(count);
        if (await _connection.ReadLineAsync() is { Length: > 0 } surplus)
        {
            throw new InvalidDataException($"A chunk of {count} bytes goes on: \"{surplus}\"");
        }

        return chunk;
    }

    private async Task<byte[]?> ReadBytesAsync()
    {
        if (!await _connection.WaitForBytesAsync())
        {
            IsComplete = Framing == RawFraming.Close && _connection.End == ConnectionEnd.Closed;
            return null;
        }

        var count = Framing == RawFraming.Close ? _connection.Unread : (int)Math.Min(_left, _connection.Unread);
        _left -= count;
        IsComplete = Framing == RawFraming.Length && _left == 0;
        return await _connection.ReadExactAsync(count);
    }
}
