using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Callers;

/// <summary>A caller that speaks HTTP/2 frame by frame (RFC 9113), as wrongly as a test wants.</summary>
internal sealed class Http2Caller : IAsyncDisposable
{
    /// <summary>Flag of DATA and HEADERS: nothing more on this stream. Of SETTINGS and PING: acknowledgement.</summary>
    public const byte EndStream = 1;

    /// <summary>Flag of HEADERS and CONTINUATION: the header block ends here.</summary>
    public const byte EndHeaders = 4;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE.</summary>
    private const byte InitialWindowSize = 4;

    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
    private readonly RawHttpClient _client;

    private Http2Caller(RawHttpClient client) => _client = client;

    /// <summary>The connection beneath.</summary>
    public RawHttpClient Connection => _client;

    /// <summary>Connects, with prior knowledge or over TLS, and sends preface and empty settings.</summary>
    public static async Task<Http2Caller> ConnectAsync(IPEndPoint endpoint, bool isTls = false)
    {
        var tls = isTls ? RawHttpClient.TrustingTls() : null;
        tls?.ApplicationProtocols = [SslApplicationProtocol.Http2];
        var caller = new Http2Caller(await RawHttpClient.ConnectAsync(endpoint, tls: tls));
        await caller._client.SendAsync(Preface);
        await caller.SendAsync(Http2FrameType.Settings, 0, 0, Array.Empty<byte>());
        return caller;
    }

    /// <summary>A header block: each field a literal without indexing, nothing compressed.</summary>
    /// <param name="fields">Names and values as they are to stand there, each char one byte.</param>
    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }

        return block.ToArray();
    }

    /// <summary>The block of a plain request with more fields.</summary>
    public static byte[] Request(string method, string path, params (string Name, string Value)[] more) =>
        Block([(":method", method), (":scheme", "http"), (":path", path), (":authority", "a"), .. more]);

    /// <summary>Lets each stream that begins have so many bytes.</summary>
    public Task SetStreamWindowAsync(int bytes)
    {
        var setting = new byte[6];
        setting[1] = InitialWindowSize;
        BinaryPrimitives.WriteInt32BigEndian(setting.AsSpan(2), bytes);
        return SendAsync(Http2FrameType.Settings, 0, 0, setting);
    }

    /// <summary>Lets a stream, or the connection (0), have so many bytes more.</summary>
    public Task EnlargeAsync(int stream, int bytes)
    {
        var more = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(more, bytes);
        return SendAsync(Http2FrameType.WindowUpdate, 0, stream, more);
    }

    /// <summary>Sends a frame.</summary>
    public Task SendAsync(Http2FrameType type, byte flags, int stream, ReadOnlyMemory<byte> payload) =>
        _client.SendAsync(Frame(type, flags, stream, payload.Span));

    /// <summary>The bytes of a frame.</summary>
    public static byte[] Frame(Http2FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>Sends the headers of a request.</summary>
    public Task SendHeadersAsync(int stream, byte[] block, bool isWhole = true) =>
        SendAsync(Http2FrameType.Headers, (byte)(EndHeaders | (isWhole ? EndStream : 0)), stream, block);

    /// <summary>The next frame that is neither SETTINGS, WINDOW_UPDATE nor PING; null at the end of the connection.</summary>
    public async Task<Http2Frame?> ReadAsync()
    {
        while (await _client.WaitForBytesAsync())
        {
            byte[] head;
            byte[] payload;
            try
            {
                head = await _client.ReadExactAsync(9);
                payload = await _client.ReadExactAsync(BinaryPrimitives.ReadInt32BigEndian(head) >>> 8);
            }
            catch (EndOfStreamException)
            {
                return null;
            }

            var type = (Http2FrameType)head[3];
            if (type is not (Http2FrameType.Settings or Http2FrameType.WindowUpdate or Http2FrameType.Ping))
            {
                return new Http2Frame(type, head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            }
        }

        return null;
    }

    /// <summary>How the gateway ends a stream: "data", "headers" (an answer), "RST n", "GOAWAY n" or "closed".</summary>
    public async Task<string> ReadEndAsync(int stream)
    {
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == Http2FrameType.GoAway)
            {
                return $"GOAWAY {BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4))}";
            }

            if (frame.Stream == stream && frame.Type == Http2FrameType.Reset)
            {
                return $"RST {BinaryPrimitives.ReadInt32BigEndian(frame.Payload)}";
            }

            if (frame.Stream == stream && (frame.Flags & EndStream) != 0)
            {
                return frame.Type == Http2FrameType.Data ? "data" : "headers";
            }
        }

        return "closed";
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static void WriteText(MemoryStream block, string text)
    {
        // A length with a prefix of seven bits (RFC 7541, section 5.1).
        var length = text.Length;
        if (length < 127)
        {
            block.WriteByte((byte)length);
        }
        else
        {
            block.WriteByte(127);
            length -= 127;
            for (; length >= 128; length >>= 7)
            {
                block.WriteByte((byte)(length | 128));
            }

            block.WriteByte((byte)length);
        }

        block.Write(Encoding.Latin1.GetBytes(text));
    }
}

/// <summary>A frame as it came.</summary>
internal sealed record Http2Frame(Http2FrameType Type, byte Flags, int Stream, byte[] Payload);

/// <summary>The types of frames (RFC 9113, section 6).</summary>
internal enum Http2FrameType : byte
{
    /// <summary>A piece of a body.</summary>
    Data = 0,

    /// <summary>Opens a stream.</summary>
    Headers = 1,

    /// <summary>RST_STREAM.</summary>
    Reset = 3,

    /// <summary>Settings, or that they are taken.</summary>
    Settings = 4,

    /// <summary>PING.</summary>
    Ping = 6,

    /// <summary>GOAWAY.</summary>
    GoAway = 7,

    /// <summary>WINDOW_UPDATE.</summary>
    WindowUpdate = 8,

    /// <summary>More of a header block.</summary>
    Continuation = 9,
}
