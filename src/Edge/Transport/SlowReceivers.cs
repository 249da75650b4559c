using Microsoft.AspNetCore.Connections;

namespace Edge.Transport;

/// <summary>
/// Connections that wait for their peers to take what is sent, and an end for those whose peers take it too slowly: they hold
/// memory, and an upstream, for as long as they like. Owned by a listener's transport. Thread-safe.
/// </summary>
/// <remarks>
/// A peer has taken what its kernel has acknowledged. That the socket can be written to says less: it is so only once a third of
/// the kernel's send buffer is free, which is megabytes, and a peer that reads 20 KB a second has them take longer than one may
/// that reads nothing.
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class SlowReceivers(TimeProvider time) : IDisposable
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<LoopConnection, ReceiverPatience> _waiting = [];
    private ITimer? _timer;
    private bool _isDisposed;

    /// <summary>How many wait, or did at the last look.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>A connection has begun to wait. Costs no memory where it was waiting at the last look too.</summary>
    public void Add(LoopConnection connection)
    {
        lock (_gate)
        {
            if (!_isDisposed && _waiting.TryAdd(connection, default))
            {
                _timer ??= time.CreateTimer(static state => ((SlowReceivers)state!).Sweep(), this, Period, Period);
            }
        }
    }

    /// <summary>Forgets all, and those that come.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _waiting.Clear();
            StopTimer();
        }
    }

    private void Sweep()
    {
        List<LoopConnection>? late = null;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            foreach (var (connection, seen) in _waiting)
            {
                // Who begins to wait from here on adds it again, after this.
                if (!connection.IsWaitingToSend)
                {
                    _waiting.Remove(connection);
                    continue;
                }

                var patience = seen;
                if (patience.IsOver(connection.TakenBytes, now, time))
                {
                    (late ??= []).Add(connection);
                    _waiting.Remove(connection);
                }
                else
                {
                    _waiting[connection] = patience;
                }
            }

            if (_waiting.Count == 0)
            {
                StopTimer();
            }
        }

        foreach (var connection in late ?? [])
        {
            connection.Abort(new ConnectionAbortedException("The peer takes too slowly what is sent to it."));
        }
    }

    private void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }
}
