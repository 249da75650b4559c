using System.Net.Sockets;
using System.Text;
using Edge.Measuring;
using HdrHistogram;

namespace Edge.Peers.Load;

/// <summary>Callers that hold streams open, all on one thread, and tell how late each event came.</summary>
internal sealed class StreamCaller : IDisposable
{
    private const long DelayNsMax = 60 * Monotonic.SecondNs;
    private const long OpenTimeoutNs = 10 * Monotonic.SecondNs;

    // Callers do not all come in the same moment: a listener whose queue is full drops them, and they come back seconds later.
    private const int OpenedAtOnce = 50;
    private const long OpenPauseNs = 4 * Monotonic.MillisecondNs;

    // A stream that has brought nothing for its gap and this long has fallen silent.
    private const long SilenceNs = 2 * Monotonic.SecondNs;

    private readonly Poller _poller = new();
    private readonly Stream[] _streams;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly LongHistogram _delays = new(1, DelayNsMax, 3);
    private readonly LongHistogram _late = new(1, DelayNsMax, 3);
    private readonly long _gapNs;
    private bool _measures;
    private long _events;
    private long _lost;

    /// <summary>Opens the streams through a port; the gap between two events of one is in microseconds.</summary>
    public StreamCaller(int port, int streams, int gapUs)
    {
        var request = Encoding.ASCII.GetBytes(
            $"GET /events/{gapUs} HTTP/1.1\r\nHost: origin\r\nAccept: text/event-stream\r\n\r\n");
        _gapNs = gapUs * 1000L;
        _streams = new Stream[streams];
        for (var i = 0; i < streams; i++)
        {
            _streams[i] = new Stream(Loopback.Connect(port));
            _poller.Add(_streams[i].Socket, i);
            Loopback.Send(_streams[i].Socket, request);
            if (i % OpenedAtOnce == OpenedAtOnce - 1)
            {
                ReadUntil(Monotonic.NowNs + OpenPauseNs);
            }
        }
    }

    /// <summary>
    /// Reads until every stream has had an event and the warm-up is over, calls back, measures, and calls back again.
    /// </summary>
    /// <exception cref="TimeoutException">A stream did not begin.</exception>
    public StreamResult Run(int warmupMs, int measureMs, Action begun, Action ended)
    {
        var start = Monotonic.NowNs;
        ReadUntil(start + (warmupMs * Monotonic.MillisecondNs));
        while (!Array.TrueForAll(_streams, static stream => stream.Next > 0))
        {
            if (_lost > 0 || Monotonic.NowNs > start + OpenTimeoutNs + _gapNs)
            {
                throw new TimeoutException("Not every stream began.");
            }

            ReadUntil(Monotonic.NowNs + Monotonic.MillisecondNs);
        }

        _events = 0;
        begun();
        _measures = true;
        ReadUntil(Monotonic.NowNs + (measureMs * Monotonic.MillisecondNs));
        ended();
        var events = _events;
        WaitForSilent();
        return new StreamResult(
            events, _lost, Percentile(_delays, 50), Percentile(_delays, 99), Percentile(_delays, 99.9), Percentile(_late, 99));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poller.Dispose();
        foreach (var stream in _streams)
        {
            stream?.Socket.Dispose();
        }
    }

    private static double Percentile(LongHistogram histogram, double percentile) =>
        histogram.GetValueAtPercentile(percentile) / 1000.0;

    // Streams that are late with an event get some time for it; those that don't use it have lost what was under way.
    private void WaitForSilent()
    {
        _measures = false;
        ReadUntil(Monotonic.NowNs + Monotonic.MillisecondNs);
        var end = Monotonic.NowNs + SilenceNs;
        while (Monotonic.NowNs < end && Array.Exists(_streams, IsSilent))
        {
            ReadUntil(Monotonic.NowNs + (10 * Monotonic.MillisecondNs));
        }

        _lost += Array.FindAll(_streams, IsSilent).Length;
    }

    private bool IsSilent(Stream stream) => !stream.HasEnded && Monotonic.NowNs - stream.LastNs > _gapNs + SilenceNs;

    private void ReadUntil(long endNs)
    {
        while (Monotonic.NowNs < endNs)
        {
            var ready = _poller.Wait(endNs);
            for (var i = 0; i < ready; i++)
            {
                var stream = _streams[_poller.Tag(i)];
                if (Loopback.Receive(stream.Socket, _buffer) is { } count)
                {
                    Take(stream, _buffer.AsSpan(0, count), Monotonic.NowNs);
                }
            }
        }
    }

    private void Take(Stream stream, ReadOnlySpan<byte> input, long nowNs)
    {
        if (input.IsEmpty)
        {
            _lost++;
            stream.HasEnded = true;
            stream.Socket.Dispose();
            return;
        }

        if (!stream.HasHead)
        {
            // Heads are small and are written at once, so they come whole.
            var end = input.IndexOf("\r\n\r\n"u8);
            if (end < 0 || !input.StartsWith("HTTP/1.1 200"u8))
            {
                throw new InvalidDataException($"Not a stream: {Encoding.Latin1.GetString(input)}");
            }

            stream.HasHead = true;
            input = input[(end + 4)..];
        }

        while (!input.IsEmpty)
        {
            var data = stream.Body.Take(ref input);
            while (!data.IsEmpty)
            {
                data = data[stream.Fill(data)..];
                if (stream.IsWhole)
                {
                    Count(stream, nowNs);
                }
            }
        }
    }

    private void Count(Stream stream, long nowNs)
    {
        stream.LastNs = nowNs;
        if (!StreamEvent.TryRead(stream.TakeEvent(), out var number, out var momentNs, out var lateNs) || number != stream.Next)
        {
            _lost++;
        }

        stream.Next = number + 1;
        _events++;
        if (_measures)
        {
            _delays.RecordValue(Math.Clamp(nowNs - momentNs, 1, DelayNsMax));
            _late.RecordValue(Math.Clamp(lateNs, 1, DelayNsMax));
        }
    }

    private sealed class Stream(Socket socket)
    {
        private readonly byte[] _event = new byte[StreamEvent.SizeBytes];
        private int _filled;

        /// <summary>Framing of the body: a field, since taking from it changes it.</summary>
        public ChunkedBody Body;

        public Socket Socket { get; } = socket;

        public bool HasHead { get; set; }

        public bool HasEnded { get; set; }

        /// <summary>When its last event was read.</summary>
        public long LastNs { get; set; }

        /// <summary>Number of the event that comes next.</summary>
        public long Next { get; set; }

        public bool IsWhole => _filled == _event.Length;

        public int Fill(ReadOnlySpan<byte> data)
        {
            var taken = data[..Math.Min(data.Length, _event.Length - _filled)];
            taken.CopyTo(_event.AsSpan(_filled));
            _filled += taken.Length;
            return taken.Length;
        }

        public ReadOnlySpan<byte> TakeEvent()
        {
            _filled = 0;
            return _event;
        }
    }
}
