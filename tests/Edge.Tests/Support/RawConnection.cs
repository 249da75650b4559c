using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Edge.Tests.Support;

/// <summary>
/// One end of a TCP connection on which a test says exactly which bytes go out, and in which pieces, and sees exactly which
/// come in and how the connection ended. It owns its socket. One reader and one writer at a time.
/// </summary>
/// <remarks>
/// Everything that waits shares one deadline, counted from the start of the connection, so no test can hang; what had been
/// received until then is told in the <see cref="TimeoutException"/>.
/// </remarks>
internal class RawConnection : IAsyncDisposable
{
    /// <summary>Most bytes received and not yet taken by the test.</summary>
    public const int UnreadBytesMax = 64 * 1024 * 1024;

    /// <summary>How long a whole connection may take, where a test does not say.</summary>
    public static readonly TimeSpan DeadlineDefault = TimeSpan.FromSeconds(30);

    private const int ReceiveBytesMin = 16 * 1024;
    private const int ToldBytesMax = 500;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _deadline;
    private Stream _stream;
    private byte[] _buffer = new byte[ReceiveBytesMin];
    private int _start;
    private int _end;
    private MemoryStream? _taken;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">Owned from now on.</param>
    /// <param name="remote">The other side, told here because a socket that has been reset already does not know it.</param>
    /// <param name="deadline">How long the whole connection may take.</param>
    /// <param name="cancellation">The test's own end.</param>
    protected RawConnection(Socket socket, IPEndPoint remote, TimeSpan deadline, CancellationToken cancellation)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
        _deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _deadline.CancelAfter(deadline);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        RemoteEndPoint = remote;
    }

    /// <summary>How the other side ended the connection, as far as has been read.</summary>
    public ConnectionEnd End { get; private set; }

    /// <summary>Our address.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>The other side's address.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>Cancelled at the deadline.</summary>
    public CancellationToken Deadline => _deadline.Token;

    /// <summary>How many bytes were received that the test has not taken yet.</summary>
    public int Unread => _end - _start;

    /// <summary>Sends bytes as they are, in one piece.</summary>
    /// <exception cref="IOException">The other side has gone.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, Deadline);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The other side did not take {bytes.Length} bytes in time.");
        }
    }

    /// <summary>Sends text, each char as one byte (Latin-1).</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>
    /// Sends bytes in pieces. Each is sent only after the other side has received the one before, so that it surely comes in
    /// by a receive of its own.
    /// </summary>
    /// <param name="bytes">All of them.</param>
    /// <param name="cuts">Where a new piece begins, ascending.</param>
    public async Task SendCutAsync(ReadOnlyMemory<byte> bytes, params int[] cuts)
    {
        var from = 0;
        foreach (var cut in cuts)
        {
            await SendAsync(bytes[from..cut]);
            await WaitUntilReceivedAsync();
            from = cut;
        }

        await SendAsync(bytes[from..]);
    }

    /// <summary>Sends text in pieces, each char as one byte (Latin-1).</summary>
    public Task SendCutAsync(string text, params int[] cuts) => SendCutAsync(Encoding.Latin1.GetBytes(text), cuts);

    /// <summary>
    /// Waits until the other side has received all that was sent: its kernel holds no byte unread. Only for peers on this
    /// machine that are reading; one that does not read runs into the deadline.
    /// </summary>
    public Task WaitUntilReceivedAsync() => SocketTable.WaitUntilReadAsync(LocalEndPoint.Port, RemoteEndPoint.Port, Deadline);

    /// <summary>Sends a FIN: no more bytes from us, but we still read.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection by a RST, in the middle of whatever was going on.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Ends the connection in order: a FIN.</summary>
    public void Close() => _socket.Close();

    /// <summary>Takes exactly so many bytes.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<byte[]> ReadExactAsync(int count)
    {
        while (Unread < count)
        {
            if (!await ReceiveAsync())
            {
                throw Ended($"{count} bytes were wanted");
            }
        }

        return Take(count);
    }

    /// <summary>Takes all up to and including a marker.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<string> ReadUntilAsync(string marker)
    {
        var wanted = Encoding.Latin1.GetBytes(marker);
        var taken = await ReadUntilAsync(unread => unread.IndexOf(wanted) is var at and >= 0 ? at + wanted.Length : -1);
        return Encoding.Latin1.GetString(taken);
    }

    /// <summary>Takes as many bytes as the test says, asking it again each time more have come.</summary>
    /// <param name="measure">Given what is unread, answers how many bytes to take, or -1 to wait for more.</param>
    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<byte[]> ReadUntilAsync(Func<ReadOnlySpan<byte>, int> measure)
    {
        while (true)
        {
            var count = measure(_buffer.AsSpan(_start, Unread));
            if (count >= 0)
            {
                return Take(count);
            }

            if (!await ReceiveAsync())
            {
                throw Ended("more bytes were wanted");
            }
        }
    }

    /// <summary>Takes all bytes until the other side ends the connection; <see cref="End"/> then says how.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return Take(Unread);
    }

    /// <summary>Waits until the other side ends the connection, whatever it sends before, and says how.</summary>
    public async Task<ConnectionEnd> WaitForEndAsync()
    {
        _ = await ReadToEndAsync();
        return End;
    }

    /// <summary>True when a byte is there to take, false when the connection has ended instead.</summary>
    public async Task<bool> WaitForBytesAsync() => Unread > 0 || await ReceiveAsync();

    /// <summary>Takes what is there, at least one byte; empty at the end of the connection.</summary>
    public async Task<byte[]> ReadSomeAsync() => await WaitForBytesAsync() ? Take(Unread) : [];

    /// <summary>Takes one line that ends in CRLF and answers it without. A bare CR or LF is refused.</summary>
    /// <exception cref="InvalidDataException">The line ends in a bare LF or holds a CR.</exception>
    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<string> ReadLineAsync()
    {
        var bytes = await ReadUntilAsync(static unread => unread.IndexOf((byte)'\n') is var at and >= 0 ? at + 1 : -1);
        if (bytes.Length < 2 || bytes[^2] != '\r' || bytes.AsSpan(0, bytes.Length - 2).Contains((byte)'\r'))
        {
            throw new InvalidDataException($"Not a line that ends in CRLF: {Show(bytes)}");
        }

        return Encoding.Latin1.GetString(bytes, 0, bytes.Length - 2);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _socket.Dispose();
        try
        {
            await _stream.DisposeAsync();
        }
        catch (IOException)
        {
            // SslStream says goodbye on a socket that is closed already.
        }

        _deadline.Dispose();
    }

    /// <summary>From now on the bytes go through TLS, as its client.</summary>
    protected async Task StartTlsAsync(SslClientAuthenticationOptions options)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(options, Deadline);
    }

    /// <summary>From now on the bytes go through TLS, as its server.</summary>
    protected async Task StartTlsAsync(SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(options, Deadline);
    }

    /// <summary>From now on every byte taken is kept too.</summary>
    protected void StartKeeping() => _taken = new MemoryStream();

    /// <summary>The bytes taken since <see cref="StartKeeping"/>.</summary>
    protected byte[] Kept() => _taken?.ToArray() ?? [];

    private static string Show(ReadOnlySpan<byte> bytes)
    {
        var shown = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, ToldBytesMax)])
            .Replace("\r", "\\r", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        return $"{bytes.Length} bytes \"{shown}\"";
    }

    private EndOfStreamException Ended(string wanted) =>
        new($"The connection ended ({End}) where {wanted}; unread are {Show(_buffer.AsSpan(_start, Unread))}");

    private byte[] Take(int count)
    {
        var bytes = _buffer.AsSpan(_start, count).ToArray();
        _start += count;
        _taken?.Write(bytes);
        return bytes;
    }

    private async Task<bool> ReceiveAsync()
    {
        if (End != ConnectionEnd.Open)
        {
            return false;
        }

        MakeRoom();
        try
        {
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end), Deadline);
            _end += count;
            if (count == 0)
            {
                End = ConnectionEnd.Closed;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing more came in time; unread are {Show(_buffer.AsSpan(_start, Unread))}");
        }
        catch (IOException reset) when (reset.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            End = ConnectionEnd.Reset;
        }

        return End == ConnectionEnd.Open;
    }

    private void MakeRoom()
    {
        if (_buffer.Length - _end >= ReceiveBytesMin / 2)
        {
            return;
        }

        if (Unread > UnreadBytesMax)
        {
            throw new InvalidDataException($"More than {UnreadBytesMax} bytes came unread.");
        }

        var room = Unread > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, Unread).CopyTo(room);
        (_buffer, _start, _end) = (room, 0, Unread);
    }
}
