using System.Buffers.Binary;
using System.Net;
using System.Text;
using Edge.Tests.Support;

namespace Edge.Tests.Streams;

/// <summary>
/// A caller that asks for one thing over HTTP/2 with prior knowledge and sees the frames in their order, which a client that
/// throws its buffer away at a reset does not show (RFC 9113). It owns its connection.
/// </summary>
internal sealed class RawH2Caller : IAsyncDisposable
{
    private const int FrameHeadBytes = 9;
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;
    private const byte EndOfStream = 1;

    private readonly RawHttpClient _client;
    private readonly MemoryStream _body = new();

    private RawH2Caller(RawHttpClient client) => _client = client;

    /// <summary>What has come of the body.</summary>
    public string Text => Encoding.UTF8.GetString(_body.ToArray());

    /// <summary>The error code of the stream's reset; null where there was none.</summary>
    public uint? ResetCode { get; private set; }

    /// <summary>True where the stream was ended in order.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Connects and asks.</summary>
    public static async Task<RawH2Caller> AskAsync(IPEndPoint endpoint, string path)
    {
        var client = await RawHttpClient.ConnectAsync(endpoint);
        var fields = new byte[] { 0x82, 0x86, 0x01, 1, (byte)'a', 0x04, (byte)path.Length };
        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await client.SendAsync(Frame(Settings, 0, 0, []));
        await client.SendAsync(Frame(WindowUpdate, 0, 0, [0x10, 0, 0, 0]));

        // END_HEADERS and END_STREAM: GET without a body.
        await client.SendAsync(Frame(Headers, 0x5, 1, [.. fields, .. Encoding.ASCII.GetBytes(path)]));
        return new RawH2Caller(client);
    }

    /// <summary>Reads frames until the stream has ended, by a reset or in order.</summary>
    public Task ReadToEndAsync() => ReadUntilAsync(static _ => false);

    /// <summary>The same, or until the body has come so far as is wanted.</summary>
    public async Task ReadUntilAsync(Func<string, bool> wanted)
    {
        while (ResetCode is null && !IsEnded && !wanted(Text))
        {
            var head = await _client.ReadExactAsync(FrameHeadBytes);
            var payload = await _client.ReadExactAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            if (BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(5)) != 1)
            {
                continue;
            }

            if (head[3] == Data)
            {
                _body.Write(payload);
                await _client.SendAsync(Frame(WindowUpdate, 0, 1, [0, 1, 0, 0]));
            }

            ResetCode = head[3] == Reset ? BinaryPrimitives.ReadUInt32BigEndian(payload) : null;
            IsEnded = head[3] is Data or Headers && (head[4] & EndOfStream) != 0;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _body.Dispose();
        return _client.DisposeAsync();
    }

    private static byte[] Frame(byte type, byte flags, byte stream, ReadOnlySpan<byte> payload) =>
        [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
