using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>
/// The open connections of a pool, and which of them to look at for deadlines that have passed: each has its turn once a second,
/// some at every call; and at every call those whose deadline comes before their next turn. So a deadline is noticed at the first
/// call after it, and ten thousand open streams are not all gone through at each. For one thread at a time.
/// </summary>
/// <remarks>
/// At its turn a connection is looked at only if a deadline may be near by then. What the last look saw is noted with the
/// deadlines, so that whoever sets a nearer one tells. Who sets one at that very moment may have read the old note: so what was
/// noted counts once the next look has found nothing nearer.
/// </remarks>
internal sealed class ConnectionRound
{
    /// <summary>Milliseconds in which every connection has its turn.</summary>
    public const int RoundMs = 1000;

    /// <summary>
    /// A deadline nearer than this, when it is set, may come before the connection's turn: who sets it calls
    /// <see cref="LookSoon"/>. From a turn early in one round to a late one in the next it may be two rounds, each of them may
    /// end a call late, and the clock by which the deadline is set be one behind.
    /// </summary>
    public const int SoonMs = (2 * RoundMs) + (3 * UpstreamSweeper.RestPeriodMs);

    private readonly List<Place> _all = [];
    private readonly List<UpstreamConnection> _soon = [];
    private int _next;
    private long _roundBeganMs;

    /// <summary>How many are open.</summary>
    public int Count => _all.Count;

    /// <summary>True where a deadline of one of them may come soon.</summary>
    public bool HasSoon => _soon.Count > 0;

    /// <summary>All of them.</summary>
    public UpstreamConnection[] ToArray()
    {
        var all = new UpstreamConnection[_all.Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = _all[i].Connection;
        }

        return all;
    }

    /// <summary>One more is open.</summary>
    public void Add(UpstreamConnection connection)
    {
        _all.Add(new Place(connection, 0));
        connection.RoundIndex = _all.Count - 1;
    }

    /// <summary>One is open no more. False: it was not here.</summary>
    public bool Remove(UpstreamConnection connection)
    {
        var index = connection.RoundIndex;
        if (index < 0)
        {
            return false;
        }

        connection.RoundIndex = -1;
        if (index < _next)
        {
            // The gap moves to the border of those that had their turn, since the last of all has not had its.
            _next--;
            Move(_next, index);
            index = _next;
        }

        Move(_all.Count - 1, index);
        _all.RemoveAt(_all.Count - 1);
        return true;
    }

    /// <summary>
    /// A connection was given a deadline that may come before its turn, or before the one that is noted. It may have been closed
    /// meanwhile.
    /// </summary>
    public void LookSoon(UpstreamConnection connection)
    {
        if (connection.RoundIndex >= 0)
        {
            _all[connection.RoundIndex] = new Place(connection, 0);
            connection.Deadlines.NotedMs = ExchangeDeadlines.NoneNoted;
        }

        if (!connection.IsLookedAtSoon)
        {
            connection.IsLookedAtSoon = true;
            _soon.Add(connection);
        }
    }

    /// <summary>Looks at those whose turn it is.</summary>
    /// <param name="nowMs">The time, on the sweeper's clock.</param>
    /// <param name="overdue">Gets the exchanges whose time is up.</param>
    public void Look(long nowMs, List<OverdueExchange> overdue)
    {
        for (var i = _soon.Count - 1; i >= 0; i--)
        {
            var connection = _soon[i];
            if (connection.RoundIndex < 0 || !IsDueSoon(connection, nowMs, overdue))
            {
                connection.IsLookedAtSoon = false;
                _soon[i] = _soon[^1];
                _soon.RemoveAt(_soon.Count - 1);
            }
        }

        var elapsed = nowMs - _roundBeganMs;
        if (elapsed > RoundMs + (2 * UpstreamSweeper.RestPeriodMs))
        {
            // The machine stalled: what had its turn before that may be due by now.
            _next = 0;
        }

        var until = elapsed >= RoundMs ? _all.Count : (int)(_all.Count * elapsed / RoundMs);
        for (; _next < until; _next++)
        {
            var place = _all[_next];
            if (nowMs >= place.NotBeforeMs)
            {
                TakeTurn(place.Connection, nowMs, overdue);
            }
        }

        if (elapsed >= RoundMs)
        {
            _next = 0;
            _roundBeganMs = nowMs;
        }
    }

    private void TakeTurn(UpstreamConnection connection, long nowMs, List<OverdueExchange> overdue)
    {
        if (connection.IsLookedAtSoon)
        {
            return;
        }

        if (IsDueSoon(connection, nowMs, overdue))
        {
            LookSoon(connection);
        }
        else if (connection.Lease > 0)
        {
            Note(connection, nowMs);
        }
    }

    private void Note(UpstreamConnection connection, long nowMs)
    {
        var deadlines = connection.Deadlines;
        var nearestMs = deadlines.NearestMs;
        if (nearestMs < deadlines.NotedMs || deadlines.NotedMs < nowMs + SoonMs + RoundMs)
        {
            deadlines.NotedMs = nearestMs;
        }
        else
        {
            _all[connection.RoundIndex] = new Place(connection, deadlines.NotedMs - SoonMs);
        }
    }

    private static bool IsDueSoon(UpstreamConnection connection, long nowMs, List<OverdueExchange> overdue)
    {
        // The lease is read first: a deadline seen after it belongs to that exchange or to a later one, whose lease then differs,
        // and an abort does nothing.
        var lease = connection.Lease;
        if (lease <= 0)
        {
            return false;
        }

        if (connection.Deadlines.Expired(nowMs) != Failure.None)
        {
            overdue.Add(new OverdueExchange(connection, lease));
        }

        return connection.Deadlines.NearestMs < nowMs + SoonMs;
    }

    private void Move(int from, int to)
    {
        _all[to] = _all[from];
        if (from != to)
        {
            _all[to].Connection.RoundIndex = to;
        }
    }

    /// <summary>A connection, and when it is to be looked at again: beside it, so that to pass over it touches it not.</summary>
    private readonly record struct Place(UpstreamConnection Connection, long NotBeforeMs);
}

/// <summary>An exchange whose time is up.</summary>
/// <param name="Connection">Its connection.</param>
/// <param name="Lease">The exchange.</param>
internal readonly record struct OverdueExchange(UpstreamConnection Connection, long Lease)
{
    /// <summary>
    /// Breaks it. What is done for others whose time was up may take a while; where what was waited for has come meanwhile, it
    /// goes on.
    /// </summary>
    public void Abort(long nowMs)
    {
        var reason = Connection.Deadlines.Expired(nowMs);
        if (reason != Failure.None)
        {
            Connection.TryAbort(Lease, reason);
        }
    }
}
