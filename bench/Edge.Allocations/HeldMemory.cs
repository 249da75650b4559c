using System.Net;
using System.Net.Sockets;

namespace Edge.Allocations;

/// <summary>
/// What many requests that are under way hold of the heap, each of them: an upstream that never ends its answer, or never begins
/// it, and callers who wait. The same callers and upstream without the gateway are the measure of what is theirs.
/// </summary>
internal sealed class HeldMemory : IDisposable
{
    /// <summary>Requests under way at once.</summary>
    public const int Requests = 500;

    private const int SettledBytes = 10_000;

    private static readonly byte[] Head =
    [
        .. "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8,
        .. "9\r\ndata: x\n\n\r\n"u8,
    ];

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _accepted = new(2 * Requests);
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Listens on a port of the system's choice.</summary>
    public HeldMemory()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Requests);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Bytes of the heap that the gateway holds for one of them.</summary>
    /// <param name="gateway">Where it listens.</param>
    /// <param name="request">A whole request without a body, or with one that ends in a line feed.</param>
    /// <param name="isStream">True: its answer begins, with an event. False: it waits for its first byte.</param>
    public double Measure(IPEndPoint gateway, byte[] request, bool isStream)
    {
        // What is made once, and what pools keep of the first.
        Run(gateway, request, isStream);
        return (Run(gateway, request, isStream) - Run(Endpoint, request, isStream)) / (double)Requests;
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private long Run(IPEndPoint to, byte[] request, bool isStream)
    {
        var callers = new Socket[Requests];
        var before = Settled();
        for (var i = 0; i < Requests; i++)
        {
            callers[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            callers[i].Connect(to);
            callers[i].Send(request);
            var upstream = _listener.Accept();
            _accepted.Add(upstream);
            Receive(upstream, "\n"u8);
            if (isStream)
            {
                upstream.Send(Head);
                Receive(callers[i], "\n\n\r\n"u8);
            }
        }

        var held = Settled() - before;
        Array.ForEach(callers, static caller => caller.Dispose());
        foreach (var upstream in _accepted)
        {
            // The gateway has seen that its caller is gone.
            while (upstream.Receive(_buffer) > 0)
            {
            }

            upstream.Dispose();
        }

        _accepted.Clear();
        return held;
    }

    // The end of a request that was closed on both sides may still be under way.
    private static long Settled()
    {
        var now = long.MaxValue;
        long before;
        do
        {
            before = now;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            now = GC.GetTotalMemory(forceFullCollection: true);
        }
        while (now < before - SettledBytes);
        return now;
    }

    private void Receive(Socket socket, ReadOnlySpan<byte> end)
    {
        var length = 0;
        do
        {
            var received = socket.Receive(_buffer, length, _buffer.Length - length, SocketFlags.None);
            if (received == 0)
            {
                throw new InvalidOperationException("A request that was to wait has ended.");
            }

            length += received;
        }
        while (!_buffer.AsSpan(0, length).EndsWith(end));
    }
}
