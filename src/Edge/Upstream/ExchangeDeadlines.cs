using Edge.Core.Http;

namespace Edge.Upstream;

/// <summary>
/// When an exchange is to be given up, in milliseconds of the sweeper's clock. The owner of the exchange sets plain numbers; the
/// sweeper reads them, those that are further away seldom. So a timeout costs a store, not a timer.
/// </summary>
/// <param name="connection">The exchange's connection.</param>
/// <param name="pool">Who is told of a deadline that is near, or nearer than was noted; null: nobody.</param>
internal sealed class ExchangeDeadlines(UpstreamConnection? connection = null, UpstreamPool? pool = null)
{
    /// <summary>What <see cref="NotedMs"/> says where nobody is to be told.</summary>
    public const long NoneNoted = long.MinValue;

    private const long Never = long.MaxValue;

    private long _headBy = Never;
    private bool _headIsHere;
    private long _receiveBy = Never;
    private long _sendBy = Never;
    private long _wholeBy = Never;
    private long _notedMs = NoneNoted;

    /// <summary>Who looks at the deadlines knows of none before this. Its own; whoever sets one that is nearer tells.</summary>
    public long NotedMs
    {
        get => Volatile.Read(ref _notedMs);
        set => Volatile.Write(ref _notedMs, value);
    }

    /// <summary>The first of them; <see cref="long.MaxValue"/>: there is none.</summary>
    public long NearestMs
    {
        get
        {
            var headBy = Volatile.Read(ref _headBy);
            var answerBy = Math.Min(Volatile.Read(ref _headIsHere) ? Never : headBy, Volatile.Read(ref _receiveBy));
            return Math.Min(answerBy, Math.Min(Volatile.Read(ref _sendBy), Volatile.Read(ref _wholeBy)));
        }
    }

    /// <summary>
    /// The answer's head must be here by then. Set by whoever sends the request's last byte, which may be another thread than the
    /// one that receives: so it has no effect once <see cref="HeadIsHere"/> was called.
    /// </summary>
    public void HeadBy(long timeMs) => Set(ref _headBy, timeMs);

    /// <summary>The head has come; its deadline is void, even if it is set later.</summary>
    public void HeadIsHere() => Volatile.Write(ref _headIsHere, true);

    /// <summary>The next bytes of the answer's body must be here by then.</summary>
    public void ReceiveBy(long timeMs) => Set(ref _receiveBy, timeMs);

    /// <summary>Nothing is awaited from the target now.</summary>
    public void ReceiveWheneverReady() => Volatile.Write(ref _receiveBy, Never);

    /// <summary>The bytes being sent must be taken by then.</summary>
    public void SendBy(long timeMs) => Set(ref _sendBy, timeMs);

    /// <summary>Nothing is being sent now.</summary>
    public void SendWheneverReady() => Volatile.Write(ref _sendBy, Never);

    /// <summary>Everything must be over by then.</summary>
    public void WholeBy(long timeMs) => Set(ref _wholeBy, timeMs);

    /// <summary>No exchange: no deadline.</summary>
    public void Clear()
    {
        Volatile.Write(ref _headBy, Never);
        Volatile.Write(ref _headIsHere, false);
        ReceiveWheneverReady();
        SendWheneverReady();
        Volatile.Write(ref _wholeBy, Never);
    }

    /// <summary>Which deadline has passed, or <see cref="Failure.None"/>. Called by the sweeper's thread.</summary>
    public Failure Expired(long nowMs)
    {
        if (nowMs > Volatile.Read(ref _headBy) && !Volatile.Read(ref _headIsHere))
        {
            return Failure.UpstreamFirstByteTimeout;
        }

        if (nowMs > Volatile.Read(ref _receiveBy) || nowMs > Volatile.Read(ref _sendBy))
        {
            return Failure.UpstreamIdleTimeout;
        }

        return nowMs > Volatile.Read(ref _wholeBy) ? Failure.UpstreamTotalTimeout : Failure.None;
    }

    private void Set(ref long deadline, long timeMs)
    {
        Volatile.Write(ref deadline, timeMs);
        if (pool is not null && (timeMs < NotedMs || pool.IsSoon(timeMs)))
        {
            pool.LookSoon(connection!);
        }
    }
}
