using System.Text;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Telemetry;
using Edge.Threading;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>
/// The connections to one target. Idle ones are kept as stacks, so that the warmest is used first and the rest grow old and are
/// closed; one for each event loop, so that a request and its connection live on the same thread where they can
/// (<see cref="LoopDemand"/>). It owns every connection that no exchange owns. Thread-safe.
/// </summary>
internal sealed class UpstreamPool : IDisposable
{
    /// <summary>After so much rest an idle connection is looked at once more before it is used.</summary>
    public const int RestMsMin = 500;

    /// <summary>Time between two looks for idle connections that are too old.</summary>
    public const int IdleLookMs = 500;

    private readonly UpstreamPlan _plan;
    private readonly UpstreamSweeper _sweeper;
    private readonly UpstreamDialer _dialer;
    private readonly Lock _gate = new();
    private readonly ConnectionRound _all = new();
    private readonly List<UpstreamConnection>[] _idle = new List<UpstreamConnection>[EventLoops.All.Length];
    private readonly List<UpstreamConnection> _expired = [];
    private readonly List<OverdueExchange> _overdue = [];
    private readonly LoopDemand _demand = new();
    private readonly long _lifetimeMs;
    private readonly long _idleTimeoutMs;
    private long _idleLookedAtMs;
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
        _lifetimeMs = (long)plan.ConnectionLifetime.TotalMilliseconds;
        _idleTimeoutMs = (long)plan.ConnectionIdleTimeout.TotalMilliseconds;
        HostLine = Encoding.Latin1.GetBytes($"Host: {target.Authority}\r\n");
        for (var i = 0; i < _idle.Length; i++)
        {
            _idle[i] = [];
        }

        _isSwept = true;
        sweeper.Add(this);
    }

    /// <summary>Where the connections lead.</summary>
    public TargetPlan Target { get; }

    /// <summary>The header by which requests name it.</summary>
    public byte[] HostLine { get; }

    /// <summary>Where attempts at it are counted; null: nowhere.</summary>
    public TargetMetrics? Metrics { get; init; }

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
                var count = 0;
                foreach (var idle in _idle)
                {
                    count += idle.Count;
                }

                return count;
            }
        }
    }

    /// <summary>True while a request waits for what has to come soon.</summary>
    public bool HasDeadlineSoon
    {
        get
        {
            lock (_gate)
            {
                return _all.HasSoon;
            }
        }
    }

    /// <summary>
    /// Takes the warmest idle connection that is still quiet and not too old; the caller owns it from then on. Null: none is
    /// there.
    /// </summary>
    public UpstreamConnection? TakeIdle()
    {
        var bornAfterMs = _sweeper.NowMs - _lifetimeMs;
        while (true)
        {
            var connection = PopIdle();
            if (connection is null)
            {
                return null;
            }

            // One that was at work a moment ago is not asked about at the kernel: a target that closes does so after a time of
            // rest, and says so in its answer where it closes at once.
            var isFresh = _sweeper.NowMs - connection.IdleSinceMs < RestMsMin;
            if (connection.CreatedAtMs >= bornAfterMs && (isFresh ? connection.IsQuiet : connection.IsQuietNow))
            {
                if (EventLoop.Current is { } own && own != connection.Loop)
                {
                    NoteBorrowed(own);
                }

                return connection;
            }

            Close(connection);
        }
    }

    /// <summary>Makes a new connection; the caller owns it.</summary>
    /// <returns>The connection, or why there is none and what our own log should say.</returns>
    public async PooledValueTask<ConnectResult> ConnectAsync(CancellationToken cancellation)
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

        // Where the request is at work now; not where it will be after the dial's waits.
        var loop = EventLoops.CurrentOrIdlest;
        UpstreamConnection? connection = null;
        DialResult dialed = default;
        try
        {
            dialed = await _dialer.DialAsync(loop, cancellation);
            if (dialed.Channel is not null)
            {
                connection = new UpstreamConnection(dialed.Channel, dialed.Tls, _plan.ResponseHeadersMax, _sweeper.NowMs, this);
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
                    _all.Add(connection);
                    _demand.Added(loop);
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
                    _idle[connection.Loop.Index].Add(connection);
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

    /// <summary>True where a deadline may come before the connection's turn to be looked at.</summary>
    public bool IsSoon(long timeMs) => timeMs - _sweeper.NowMs < ConnectionRound.SoonMs;

    /// <summary>A connection of this pool was given such a deadline, or one that is nearer than was noted.</summary>
    public void LookSoon(UpstreamConnection connection)
    {
        lock (_gate)
        {
            _all.LookSoon(connection);
        }

        _sweeper.Rouse();
    }

    /// <summary>
    /// Closes idle connections that are too old, and finds the exchanges whose time is up. Called by the sweeper only.
    /// </summary>
    /// <returns>True where there are such exchanges: <see cref="AbortOverdue"/> is to be called before this is again.</returns>
    public bool Sweep(long nowMs)
    {
        lock (_gate)
        {
            if (nowMs - _idleLookedAtMs >= IdleLookMs)
            {
                _idleLookedAtMs = nowMs;
                CollectExpired(nowMs);
            }

            _all.Look(nowMs, _overdue);
        }

        foreach (var connection in _expired)
        {
            connection.Dispose();
        }

        _expired.Clear();
        return _overdue.Count > 0;
    }

    /// <summary>Breaks exchanges whose time is up. What their owners do then may run inside this call.</summary>
    public void AbortOverdue()
    {
        foreach (var exchange in _overdue)
        {
            exchange.Abort(_sweeper.NowMs);
        }

        _overdue.Clear();
    }

    /// <summary>Breaks all exchanges that there are; their owners then see the reason.</summary>
    public void BreakOff(Failure reason)
    {
        UpstreamConnection[] all;
        lock (_gate)
        {
            all = _all.ToArray();
        }

        foreach (var connection in all)
        {
            connection.TryAbort(connection.Lease, reason);
        }
    }

    /// <summary>
    /// Closes what is idle. Requests that still hold the pool can use it to their end, but nothing is kept any more.
    /// </summary>
    public void Dispose()
    {
        var closing = new List<UpstreamConnection>();
        lock (_gate)
        {
            _disposed = true;
            foreach (var idle in _idle)
            {
                closing.AddRange(idle);
                idle.Clear();
            }
        }

        foreach (var connection in closing)
        {
            Close(connection);
        }

        lock (_gate)
        {
            LeaveSweeperWhenEmpty();
        }
    }

    // The own loop's first; those of the others before a new one is made.
    private UpstreamConnection? PopIdle()
    {
        var own = EventLoop.Current?.Index ?? 0;
        lock (_gate)
        {
            for (var i = 0; i < _idle.Length; i++)
            {
                var idle = _idle[(own + i) % _idle.Length];
                if (idle.Count > 0)
                {
                    var connection = idle[^1];
                    idle.RemoveAt(idle.Count - 1);
                    return connection;
                }
            }
        }

        return null;
    }

    private void NoteBorrowed(EventLoop own)
    {
        lock (_gate)
        {
            // At least half of the places are requests'.
            if (_all.Count + _dialing >= _plan.ConnectionsMax / 2 || !_demand.Borrowed(own, _sweeper.NowMs))
            {
                return;
            }
        }

        _ = ConnectOwnAsync(own);
    }

    /// <summary>
    /// Gives the loop of this thread an idle connection. No request waits for it, and none suffers where it fails.
    /// </summary>
    private async Task ConnectOwnAsync(EventLoop own)
    {
        try
        {
            if ((await ConnectAsync(CancellationToken.None)).Connection is { } connection)
            {
                Return(connection);
            }
        }
        finally
        {
            lock (_gate)
            {
                _demand.Ended(own, _sweeper.NowMs);
            }
        }
    }

    private void CollectExpired(long nowMs)
    {
        var idleSince = nowMs - _idleTimeoutMs;
        var bornAfter = nowMs - _lifetimeMs;
        foreach (var idle in _idle)
        {
            for (var i = idle.Count - 1; i >= 0; i--)
            {
                var connection = idle[i];
                if (connection.IdleSinceMs < idleSince || connection.CreatedAtMs < bornAfter || !connection.IsQuiet)
                {
                    idle.RemoveAt(i);
                    Forget(connection);
                    _expired.Add(connection);
                }
            }
        }
    }

    private void Forget(UpstreamConnection connection)
    {
        if (_all.Remove(connection))
        {
            _demand.Removed(connection.Loop);
            LeaveSweeperWhenEmpty();
        }
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
