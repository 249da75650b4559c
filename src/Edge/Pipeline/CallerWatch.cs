using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Transport;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Breaks exchanges with the upstream when the caller goes away. On HTTP/1.1 that is the end of its connection, which tells this
/// once, however many requests come over it; with the server's own token it would have to register for each request, and that is
/// made for who asks. An HTTP/2 stream has no connection of its own, so there it is the server's token.
/// Where others share the call, it is left alone until they have gone too.
/// One for each <see cref="RequestContext"/>; <see cref="Guard"/> and <see cref="Release"/> are for the owners of its attempts.
/// </summary>
/// <param name="features">Of the request.</param>
/// <param name="first">The exchange of its attempts; those of a race have more (<see cref="Add"/>).</param>
internal sealed class CallerWatch(IFeatureCollection features, UpstreamExchange first) : IFlightSource, IConnectionWatcher
{
    private readonly IHttpRequestLifetimeFeature _request = features.Require<IHttpRequestLifetimeFeature>();
    private readonly LoopConnection? _connection = features.Find<LoopConnection>();
    private readonly Lock _gate = new();
    private UpstreamExchange[]? _others;
    private (UpstreamConnection? Connection, long Lease)[]? _held;
    private CacheFlight? _flight;
    private CancellationTokenRegistration _stream;
    private int _streamGuards;
    private bool _isTold;
    private volatile bool _isGone;
    private volatile bool _isIgnored;

    /// <summary>Cancelled when the caller goes away; for waits that happen seldom.</summary>
    public CancellationToken TokenFor(string protocol) =>
        IsConnectionsOwn(protocol) ? _connection!.ConnectionClosed : _request.RequestAborted;

    /// <summary>The call that this request makes for others too, from now on; null: it makes none.</summary>
    public void Share(CacheFlight? flight)
    {
        lock (_gate)
        {
            _flight = flight;
        }
    }

    /// <summary>Another exchange of the request's is to be broken too. Before it is first opened.</summary>
    public void Add(UpstreamExchange exchange)
    {
        lock (_gate)
        {
            _others = [.. _others ?? [], exchange];
            _held = null;
        }
    }

    /// <summary>
    /// From here until <see cref="Release"/> the attempt's open exchange is broken when the caller goes, or has gone. Of a
    /// connection's own caller that holds until <see cref="Ignore"/>, for whichever exchange is open when it goes.
    /// </summary>
    public void Guard(RequestAttempt attempt, string protocol)
    {
        _isIgnored = false;
        if (!IsConnectionsOwn(protocol))
        {
            GuardStream(attempt);
            return;
        }

        if (!_isTold)
        {
            _isTold = true;
            _connection!.Tell(this);
        }

        // The one side opens the exchange and then asks whether the caller is gone, the other says so and then looks for an open
        // exchange: one of them sees the other.
        Interlocked.MemoryBarrier();
        if (_isGone)
        {
            CallerLeft();
        }
    }

    /// <inheritdoc/>
    void IFlightSource.Break()
    {
        foreach (var (connection, lease) in _held ?? [])
        {
            connection?.TryAbort(lease, Failure.CallerGone);
        }
    }

    /// <summary>
    /// From here until the next <see cref="Guard"/> the end of the caller's connection breaks nothing: who reads from it learns
    /// of that, or the answer is wanted all the same.
    /// </summary>
    public void Ignore() => _isIgnored = true;

    /// <summary>The attempt's exchange is about to close.</summary>
    public void Release(RequestAttempt attempt)
    {
        if (!attempt.IsGuarded)
        {
            return;
        }

        attempt.IsGuarded = false;
        CancellationTokenRegistration stream = default;
        lock (_gate)
        {
            if (--_streamGuards == 0)
            {
                (stream, _stream) = (_stream, default);
            }
        }

        // Outside of the lock, since it waits for a callback that is running, which takes it.
        stream.Dispose();
    }

    // Disposed of before the last exchange closes: so the abort can only ever meet connections that this request owns.
    private void GuardStream(RequestAttempt attempt)
    {
        attempt.IsGuarded = true;
        lock (_gate)
        {
            if (_streamGuards++ == 0)
            {
                _stream = _request.RequestAborted.UnsafeRegister(static state => ((CallerWatch)state!).CallerLeft(), this);
                return;
            }
        }

        // Who has been told already was not told of this exchange.
        if (_request.RequestAborted.IsCancellationRequested)
        {
            CallerLeft();
        }
    }

    private bool IsConnectionsOwn(string protocol) => _connection is not null && !HttpProtocol.IsHttp2(protocol);

    // No harm if the exchange is over or another request's by now: that one's caller is the same and gone too.
    void IConnectionWatcher.OnConnectionEnded()
    {
        _isGone = true;
        Interlocked.MemoryBarrier();
        CallerLeft();
    }

    private void CallerLeft()
    {
        if (_isIgnored)
        {
            return;
        }

        lock (_gate)
        {
            if (_flight is not null)
            {
                _held ??= new (UpstreamConnection?, long)[1 + (_others?.Length ?? 0)];
                _held[0] = first.Holding;
                for (var i = 1; i < _held.Length; i++)
                {
                    _held[i] = _others![i - 1].Holding;
                }

                if (_flight.TryOrphan(this))
                {
                    return;
                }
            }
        }

        first.Abort(Failure.CallerGone);
        foreach (var exchange in _others ?? [])
        {
            exchange.Abort(Failure.CallerGone);
        }
    }
}
