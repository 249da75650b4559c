using System.Threading.Tasks.Sources;

namespace Edge.Core.Caching;

/// <summary>What one who waits at a <see cref="CacheFlight"/> is woken for.</summary>
public enum FlightNews
{
    /// <summary>There is more to read, or the end has come, or its caller has gone: it looks.</summary>
    More,

    /// <summary>The call failed before there was an answer, and it is its turn to make one.</summary>
    Leads,
}

/// <summary>
/// A request that reads the answer to another's call, at its own pace. Its owner uses it again for the next request, once it has
/// left. For one thread at a time, but for <see cref="CallerLeft"/>.
/// </summary>
public sealed class FlightJoiner : IValueTaskSource<FlightNews>
{
    // The leader must not have everybody's answer to write before it goes on with its own.
    private ManualResetValueTaskSourceCore<FlightNews> _told = new() { RunContinuationsAsynchronously = true };
    private CacheCursor _cursor;
    private CacheFlight? _flight;
    private FlightJoiner? _next;
    private volatile bool _isGone;
    private bool _leads;

    /// <summary>True once its caller has gone.</summary>
    public bool IsGone => _isGone;

    /// <summary>True once it was told that it leads: it joins no more, and lets go of the flight as the leader does.</summary>
    public bool Leads => _leads;

    /// <summary>Bytes of the body that it has read.</summary>
    public long Position { get; private set; }

    /// <summary>The next one in the line of those who wait.</summary>
    internal FlightJoiner? Next
    {
        get => _next;
        set => _next = value;
    }

    /// <summary>The same, to be changed in place.</summary>
    internal ref FlightJoiner? NextLink => ref _next;

    /// <summary>Waits until there is something new; to be called when there was nothing left to read.</summary>
    public ValueTask<FlightNews> WaitAsync()
    {
        _told.Reset();
        var version = _told.Version;
        return _flight!.TryWait(this) ? new ValueTask<FlightNews>(this, version) : new ValueTask<FlightNews>(FlightNews.More);
    }

    /// <summary>The next bytes of the body, in place; valid until it leaves.</summary>
    /// <returns>False: there are none now.</returns>
    public bool TryRead(out ReadOnlySpan<byte> run)
    {
        if (!_flight!.TryRead(ref _cursor, Position, out run))
        {
            return false;
        }

        Position += run.Length;
        return true;
    }

    /// <summary>True where all that was recorded so far has been read.</summary>
    public bool IsAtEnd => !_flight!.HasUnread(this);

    /// <summary>Its caller has gone: it is woken.</summary>
    public void CallerLeft()
    {
        _isGone = true;
        Interlocked.MemoryBarrier();
        _flight?.Wake(this);
    }

    /// <summary>It has its answer, or wants it no more. Called again, it does nothing.</summary>
    public void Leave()
    {
        var flight = _flight;
        _flight = null;
        flight?.Leave(_leads);
    }

    /// <inheritdoc/>
    public FlightNews GetResult(short token) => _told.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _told.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _told.OnCompleted(continuation, state, token, flags);

    internal void Begin(CacheFlight flight)
    {
        _flight = flight;
        _cursor = default;
        _isGone = false;
        _leads = false;
        Position = 0;
    }

    internal void Skip(long bytes)
    {
        while (Position < bytes && _flight!.TryRead(ref _cursor, Position, out var run))
        {
            var over = (int)Math.Max(0, Position + run.Length - bytes);
            _cursor.Offset -= over;
            Position += run.Length - over;
        }
    }

    internal void Tell(FlightNews news)
    {
        _leads |= news == FlightNews.Leads;
        _told.SetResult(news);
    }
}
