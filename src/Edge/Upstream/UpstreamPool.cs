using Edge.Core.Configuration;
using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>
/// The connections to one target. Idle ones are kept as a stack, so that the warmest is used first and the rest grow old and are
/// closed. It owns every connection that no exchange owns. Thread-safe.
/// </summary>
internal sealed class UpstreamPool : IDisposable
{
    private readonly UpstreamPlan _plan;
    private readonly UpstreamSweeper _sweeper;
    private readonly UpstreamDialer _dialer;
    private readonly Lock _gate = new();
    private readonly List<UpstreamConnection> _all = [];
    private readonly List<UpstreamConnection> _idle = [];
    private readonly List<UpstreamConnection> _expired = [];
    private int _dialing;
    private bool _disposed;
    private bool _isSwept;

    /// <summary>A pool for one target of a service.</summary>
    public UpstreamPool(UpstreamPlan plan, TargetPlan target, UpstreamSweeper sweeper, UpstreamDialer dialer)
    {
        _plan = plan;
        _sweeper = sweeper;
        _dialer = dialer;
        Target = target;
        _isSwept = true;
        sweeper.Add(this);
    }

    /// <summary>Where the connections lead.</summary>
    public TargetPlan Target { get; }

    /// <summary>Connections open now, idle ones included.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (_gate)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>Connections waiting for work now.</summary>
    public int IdleCount
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>
    /// Takes the warmest idle connection that is still quiet and not too old; the caller owns it from then on. Null: none is
    /// there.
    /// </summary>
    public UpstreamConnection? TakeIdle()
    {
        var bornAfterMs = _sweeper.NowMs - (long)_plan.ConnectionLifetime.TotalMilliseconds;
        while (true)
        {
            UpstreamConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.CreatedAtMs >= bornAfterMs && connection.IsQuietNow)
            {
                return connection;
            }

            Close(connection);
        }
    }

    /// <summary>Makes a new connection; the caller owns it.</summary>
    /// <returns>The connection, or why there is none and what our own log should say.</returns>
    public async ValueTask<ConnectResult> ConnectAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_all.Count + _dialing >= _plan.ConnectionsMax)
            {
                return new ConnectResult(null, Failure.EdgeConnectionLimit, null);
            }

            _dialing++;
            if (!_isSwept)
            {
                // A request that was admitted before the pool was disposed: its deadlines hold all the same.
                _isSwept = true;
                _sweeper.Add(this);
            }
        }

        UpstreamConnection? connection = null;
        DialResult dialed = default;
        try
        {
            dialed = await _dialer.DialAsync(cancellation);
            if (dialed.Socket is not null)
            {
                connection = new UpstreamConnection(dialed.Socket, dialed.Tls, _plan.ResponseHeadersMax, _sweeper.NowMs);
            }
        }
        finally
        {
            lock (_gate)
            {
                // In one step, so that the place of the dial is never free in between.
                _dialing--;
                if (connection is not null)
                {
                    connection.PoolIndex = _all.Count;
                    _all.Add(connection);
                }

                LeaveSweeperWhenEmpty();
            }
        }

        return new ConnectResult(connection, dialed.Failure, dialed.Detail);
    }

    /// <summary>
    /// Takes back a connection whose exchange has ended cleanly: explicit framing, both bodies whole, nothing left over.
    /// </summary>
    public void Return(UpstreamConnection connection)
    {
        connection.IdleSinceMs = _sweeper.NowMs;
        var rests = connection.TryRest();
        if (rests)
        {
            lock (_gate)
            {
                if (!_disposed)
                {
                    _idle.Add(connection);
                    return;
                }
            }
        }

        Close(connection);
    }

    /// <summary>Closes a connection that its exchange cannot vouch for.</summary>
    public void Close(UpstreamConnection connection)
    {
        lock (_gate)
        {
            Forget(connection);
        }

        connection.Dispose();
    }

    /// <summary>
    /// Breaks exchanges whose time is up and closes idle connections that are too old. Called by the sweeper only.
    /// </summary>
    public void Sweep(long nowMs)
    {
        var idleSince = nowMs - (long)_plan.ConnectionIdleTimeout.TotalMilliseconds;
        var bornAfter = nowMs - (long)_plan.ConnectionLifetime.TotalMilliseconds;
        lock (_gate)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                var connection = _idle[i];
                if (connection.IdleSinceMs < idleSince || connection.CreatedAtMs < bornAfter || !connection.IsQuiet)
                {
                    _idle.RemoveAt(i);
                    Forget(connection);
                    _expired.Add(connection);
                }
            }
        }

        foreach (var connection in _expired)
        {
            connection.Dispose();
        }

        _expired.Clear();
        AbortOverdue(nowMs);
    }

    /// <summary>
    /// Closes what is idle. Requests that still hold the pool can use it to their end, but nothing is kept any more.
    /// </summary>
    public void Dispose()
    {
        UpstreamConnection[] idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in idle)
        {
            Close(connection);
        }

        lock (_gate)
        {
            LeaveSweeperWhenEmpty();
        }
    }

    private void AbortOverdue(long nowMs)
    {
        var index = 0;
        while (true)
        {
            UpstreamConnection? overdue = null;
            var lease = 0L;
            var reason = Failure.None;
            lock (_gate)
            {
                for (; index < _all.Count && overdue is null; index++)
                {
                    // The lease is read first: a deadline seen after it belongs to that exchange or to a later one, whose
                    // lease then differs, and the abort below does nothing.
                    lease = _all[index].Lease;
                    reason = lease > 0 ? _all[index].Deadlines.Expired(nowMs) : Failure.None;
                    overdue = reason == Failure.None ? null : _all[index];
                }

                if (overdue is null)
                {
                    break;
                }
            }

            // Outside the lock, since the exchange's continuation may run inside this call.
            overdue.TryAbort(lease, reason);
        }
    }

    private void Forget(UpstreamConnection connection)
    {
        var index = connection.PoolIndex;
        if (index < 0)
        {
            return;
        }

        var last = _all[^1];
        _all[index] = last;
        last.PoolIndex = index;
        _all.RemoveAt(_all.Count - 1);
        connection.PoolIndex = -1;
        LeaveSweeperWhenEmpty();
    }

    private void LeaveSweeperWhenEmpty()
    {
        if (_disposed && _isSwept && _all.Count + _dialing == 0)
        {
            _isSwept = false;
            _sweeper.Remove(this);
        }
    }
}

/// <summary>What became of an attempt to connect.</summary>
/// <param name="Connection">The connection, owned by who asked for it; null on failure.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="Detail">What our own log should say; never for the caller.</param>
internal readonly record struct ConnectResult(UpstreamConnection? Connection, Failure Failure, string? Detail);
