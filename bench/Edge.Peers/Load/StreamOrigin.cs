using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using Edge.Measuring;

namespace Edge.Peers.Load;

/// <summary>
/// The origin of streams: any request is answered with events, one every so many microseconds, each stamped with the moment of
/// its writing, until the caller leaves. The streams' events are spread evenly over the gap, as those of independent callers
/// are. One thread, one send for an event.
/// </summary>
internal sealed class StreamOrigin : IDisposable
{
    private const int ListenerTag = -1;
    private const int BacklogMax = 4096;
    private const double GoldenPart = 0.618033988749895;

    private static readonly byte[] Head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"u8
            .ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Poller _poller = new();
    private readonly List<Stream> _streams = [];
    private readonly PriorityQueue<Stream, long> _due = new();
    private readonly byte[] _chunk = StreamEvent.MakeChunk();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private long _begun;

    /// <summary>Listens on a port of the system's choice.</summary>
    public StreamOrigin()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(BacklogMax);
        _listener.Blocking = false;
        _poller.Add(_listener, ListenerTag);
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Serves until the process is ended.</summary>
    public void Run()
    {
        while (true)
        {
            SendDue();
            var until = _due.TryPeek(out _, out var next) ? next : Monotonic.NowNs + Monotonic.SecondNs;
            var ready = _poller.Wait(until);
            for (var i = 0; i < ready; i++)
            {
                Serve(_poller.Tag(i));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _poller.Dispose();
        foreach (var stream in _streams)
        {
            stream.Socket.Dispose();
        }
    }

    private void Serve(int tag)
    {
        if (tag == ListenerTag)
        {
            var socket = _listener.Accept();
            Loopback.Prepare(socket);
            _poller.Add(socket, _streams.Count);
            _streams.Add(new Stream(socket));
            return;
        }

        var stream = _streams[tag];
        if (Loopback.Receive(stream.Socket, _buffer) is not { } count)
        {
            return;
        }

        // A request of this bench fits into one read, and its end is the head's.
        if (count == 0)
        {
            Close(stream);
        }
        else if (!stream.IsRunning && _buffer.AsSpan(0, count).EndsWith("\r\n\r\n"u8))
        {
            Begin(stream, GapNs(_buffer.AsSpan(0, count)));
        }
    }

    private void Begin(Stream stream, long gapNs)
    {
        stream.IsRunning = true;
        stream.GapNs = gapNs;
        Loopback.Send(stream.Socket, Head);

        // Multiples of the golden section, less their whole part, never bunch up, however many there are.
        var phase = _begun++ * GoldenPart % 1;
        _due.Enqueue(stream, Monotonic.NowNs + (long)(phase * gapNs));
    }

    private void SendDue()
    {
        while (_due.TryPeek(out var stream, out var due) && due <= Monotonic.NowNs)
        {
            _due.Dequeue();
            if (!stream.IsRunning)
            {
                continue;
            }

            var now = Monotonic.NowNs;
            StreamEvent.Stamp(_chunk, stream.Number++, now, now - due);
            if (Loopback.Send(stream.Socket, _chunk))
            {
                _due.Enqueue(stream, due + stream.GapNs);
            }
            else
            {
                Close(stream);
            }
        }
    }

    private static void Close(Stream stream)
    {
        stream.IsRunning = false;
        stream.Socket.Dispose();
    }

    // The target is /events/GAP with the gap in microseconds.
    private static long GapNs(ReadOnlySpan<byte> request)
    {
        var at = request.IndexOf("/events/"u8) + "/events/"u8.Length;
        return Utf8Parser.TryParse(request[at..], out long gapUs, out _) && gapUs > 0
            ? gapUs * 1000
            : throw new InvalidDataException("A stream was asked for without its gap.");
    }

    private sealed class Stream(Socket socket)
    {
        public Socket Socket { get; } = socket;

        public bool IsRunning { get; set; }

        public long GapNs { get; set; }

        public long Number { get; set; }
    }
}
