using System.Net.Sockets;
using Edge.Measuring;
using HdrHistogram;

namespace Edge.Peers.Load;

/// <summary>
/// An open-model generator: requests are due at a constant rate whatever becomes of the ones before, and the clock of each runs
/// from the moment it is due. So a peer that stalls is charged for all that had to wait, not only for the one request that it
/// held (to charge only that one is called coordinated omission). One thread; as many connections as are busy at a time.
/// </summary>
internal sealed class OpenLoad : IDisposable
{
    private const int ConnectionsMax = 256;
    private const int ConnectionsAtStart = 32;
    private const long LatencyNsMax = 60 * Monotonic.SecondNs;
    private const long DrainNs = 2 * Monotonic.SecondNs;
    private const int MsPerSecond = 1_000;

    private readonly Poller _poller = new();
    private readonly int _port;
    private readonly Func<byte[]> _next;
    private readonly double _gapNs;
    private readonly List<Connection> _connections = [];
    private readonly Stack<Connection> _idle = new();
    private readonly Queue<long> _waiting = new();
    private readonly LongHistogram _latency = new(1, LatencyNsMax, 3);
    private readonly LongHistogram _late = new(1, LatencyNsMax, 3);
    private readonly List<SecondTally> _seconds = [];
    private long _measuredFromNs = long.MaxValue;
    private long _measuredToNs = long.MaxValue;
    private long _failed;

    /// <summary>Sends requests so many times a second to a port.</summary>
    /// <param name="port">Where they go.</param>
    /// <param name="next">The next one, written as on the wire; it may be in the same array each time.</param>
    /// <param name="requestsPerSecond">How many.</param>
    public OpenLoad(int port, Func<byte[]> next, int requestsPerSecond)
    {
        _port = port;
        _next = next;
        _gapNs = (double)Monotonic.SecondNs / requestsPerSecond;
        for (var i = 0; i < ConnectionsAtStart; i++)
        {
            _idle.Push(Open());
        }
    }

    /// <summary>Runs the warm-up, calls back, measures, and calls back again before the last answers are waited for.</summary>
    public OpenLoadResult Run(int warmupMs, int measureMs, Action begun, Action ended)
    {
        var start = Monotonic.NowNs;
        var arrivals = 0L;
        arrivals = Serve(start, arrivals, start + (warmupMs * Monotonic.MillisecondNs));
        _failed = 0;
        begun();
        _measuredFromNs = DueNs(start, arrivals);
        _measuredToNs = _measuredFromNs + (measureMs * Monotonic.MillisecondNs);
        for (var ms = 0; ms < measureMs; ms += MsPerSecond)
        {
            _seconds.Add(new SecondTally());
        }

        var last = Serve(start, arrivals, _measuredToNs);
        ended();
        Drain();
        return new OpenLoadResult(
            last - arrivals, _failed, _waiting.Count, Us(_latency, 50), Us(_latency, 99), Us(_latency, 99.9), Us(_late, 99))
        {
            Seconds = [.. _seconds.Select(static second => second.Sum())],
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poller.Dispose();
        foreach (var connection in _connections)
        {
            connection.Socket.Dispose();
        }
    }

    private static double Us(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;

    private long DueNs(long startNs, long arrival) => startNs + (long)(arrival * _gapNs);

    // Sends what is due and takes answers until the end; the next arrival's number goes in and comes out.
    private long Serve(long startNs, long arrival, long endNs)
    {
        while (true)
        {
            var now = Monotonic.NowNs;
            for (long due; (due = DueNs(startNs, arrival)) <= now && due < endNs; arrival++)
            {
                _waiting.Enqueue(due);
                if (due >= _measuredFromNs)
                {
                    _late.RecordValue(Math.Clamp(now - due, 1, LatencyNsMax));
                    SecondOf(due).Late(now - due);
                }
            }

            SendWaiting();
            if (now >= endNs)
            {
                return arrival;
            }

            Receive(Math.Min(endNs, DueNs(startNs, arrival)));
        }
    }

    private void SendWaiting()
    {
        while (_waiting.Count > 0 && (_idle.Count > 0 || _connections.Count < ConnectionsMax))
        {
            var connection = _idle.Count > 0 ? _idle.Pop() : Open();
            connection.DueNs = _waiting.Dequeue();
            connection.IsBusy = true;
            if (!Loopback.Send(connection.Socket, _next()))
            {
                Fail(connection);
            }
        }
    }

    private void Receive(long untilNs)
    {
        var ready = _poller.Wait(untilNs);
        for (var i = 0; i < ready; i++)
        {
            var connection = _connections[_poller.Tag(i)];
            if (connection.Receive() is not { } answer)
            {
                continue;
            }

            if (answer == Answer.Broken)
            {
                Fail(connection);
                continue;
            }

            _failed += answer == Answer.Good ? 0 : 1;
            Record(connection.DueNs, Monotonic.NowNs, answer == Answer.Good);
            connection.IsBusy = false;
            _idle.Push(connection);
        }
    }

    private void Record(long dueNs, long nowNs, bool isGood)
    {
        if (dueNs >= _measuredFromNs && dueNs < _measuredToNs)
        {
            _latency.RecordValue(Math.Clamp(nowNs - dueNs, 1, LatencyNsMax));
            SecondOf(dueNs).Answered(nowNs - dueNs, isGood);
        }
    }

    private SecondTally SecondOf(long dueNs) => _seconds[(int)((dueNs - _measuredFromNs) / Monotonic.SecondNs)];

    // What has no answer by now is recorded with the time that it has waited, so that it is not forgotten.
    private void Drain()
    {
        var end = Monotonic.NowNs + DrainNs;
        while (Monotonic.NowNs < end && (_waiting.Count > 0 || _connections.Exists(static connection => connection.IsBusy)))
        {
            SendWaiting();
            Receive(Math.Min(end, Monotonic.NowNs + Monotonic.MillisecondNs));
        }

        foreach (var connection in _connections.FindAll(static connection => connection.IsBusy))
        {
            _waiting.Enqueue(connection.DueNs);
        }

        foreach (var due in _waiting)
        {
            Record(due, Monotonic.NowNs, isGood: false);
        }
    }

    private void Fail(Connection connection)
    {
        if (connection.IsBusy)
        {
            _failed++;
            Record(connection.DueNs, Monotonic.NowNs, isGood: false);
        }

        // Its place is taken by a new one, so that the rate is kept.
        connection.Socket.Dispose();
        var tag = _connections.IndexOf(connection);
        var next = new Connection(Loopback.Connect(_port));
        _poller.Add(next.Socket, tag);
        _connections[tag] = next;
        if (connection.IsBusy)
        {
            _idle.Push(next);
        }
        else
        {
            ReplaceIdle(connection, next);
        }
    }

    private void ReplaceIdle(Connection old, Connection next)
    {
        var all = _idle.ToArray();
        _idle.Clear();
        for (var i = all.Length - 1; i >= 0; i--)
        {
            _idle.Push(all[i] == old ? next : all[i]);
        }
    }

    private Connection Open()
    {
        var connection = new Connection(Loopback.Connect(_port));
        _poller.Add(connection.Socket, _connections.Count);
        _connections.Add(connection);
        return connection;
    }

    private sealed class Connection(Socket socket)
    {
        private readonly AnswerReader _reader = new();

        public Socket Socket { get; } = socket;

        /// <summary>When the request that it carries was due.</summary>
        public long DueNs { get; set; }

        public bool IsBusy { get; set; }

        public Answer? Receive() => Loopback.Receive(Socket, _reader.Free) is { } count ? _reader.Take(count) : null;
    }
}
