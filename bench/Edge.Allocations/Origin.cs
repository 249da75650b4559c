using System.Net;
using System.Net.Sockets;

namespace Edge.Allocations;

/// <summary>
/// An upstream that allocates nothing while it serves, so that all allocation in the process is the gateway's: one blocking
/// thread a connection, answers made beforehand. A GET is answered with 1 KB, a POST too; a GET of <c>/large</c> with
/// <see cref="LargeBytes"/>, one of <c>/events</c> with as many events as the caller asks for by sending bytes to
/// <see cref="Pulse"/>.
/// </summary>
internal sealed class Origin : IDisposable
{
    /// <summary>Bytes of a large body.</summary>
    public const int LargeBytes = 256 * 1024;

    private static readonly byte[] Large =
        [.. "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 262144\r\n\r\n"u8, .. new byte[LargeBytes]];

    private static readonly byte[] Plain = MakePlain("Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n"u8);

    // An old date would make what is kept of it too old at once.
    private static readonly byte[] Undated = MakePlain(default);
    private static readonly byte[] EventHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();
    private static readonly byte[] Event = MakeEvent();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SemaphoreSlim _pulses = new(0);

    /// <summary>Listens on a port of the system's choice.</summary>
    public Origin()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(2 * Crowd.Callers);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Bytes of one event on the wire to the caller, chunk framing left out.</summary>
    public static int EventBytes => 250;

    /// <summary>Lets the event stream send one more event.</summary>
    public void Pulse() => _pulses.Release();

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static byte[] MakePlain(ReadOnlySpan<byte> date)
    {
        var head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: origin\r\n"u8;
        return [.. head, .. date, .. "Content-Length: 1024\r\n\r\n"u8, .. new byte[1024]];
    }

    private static byte[] MakeEvent()
    {
        var data = new byte[EventBytes];
        data.AsSpan().Fill((byte)'x');
        "data: "u8.CopyTo(data);
        "\n\n"u8.CopyTo(data.AsSpan(EventBytes - 2));
        return [.. "fa\r\n"u8, .. data, .. "\r\n"u8];
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                socket.NoDelay = true;
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (SocketException)
        {
            // Disposed: the run is over.
        }
    }

    private void Serve(Socket socket)
    {
        try
        {
            var buffer = new byte[16 * 1024 + LargeBytes];
            var length = 0;
            while (true)
            {
                var received = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
                if (received == 0)
                {
                    return;
                }

                length += received;
                if (!IsWhole(buffer.AsSpan(0, length)))
                {
                    continue;
                }

                length = 0;
                if (buffer.AsSpan().StartsWith("GET /events"u8))
                {
                    Stream(socket);
                }
                else
                {
                    socket.Send(
                        buffer.AsSpan().StartsWith("GET /site"u8) ? Undated
                        : buffer.AsSpan().StartsWith("GET /large"u8) ? Large
                        : Plain);
                }
            }
        }
        catch (SocketException)
        {
            // The gateway has closed its end.
        }
    }

    // A request of this bench is whole when its head is, and behind it a body that ends in a line feed where there is one.
    private static bool IsWhole(ReadOnlySpan<byte> request) =>
        request.StartsWith("GET"u8) ? request.EndsWith("\r\n\r\n"u8) : request.EndsWith("}\n"u8);

    private void Stream(Socket socket)
    {
        socket.Send(EventHead);
        while (true)
        {
            _pulses.Wait();
            socket.Send(Event);
        }
    }
}
