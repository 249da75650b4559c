using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Upstream;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Breaks the exchange with the upstream when the caller goes away. On HTTP/1.1 that is the end of its connection, for which this
/// is registered once, however many requests come over it; the server's own token would be made anew, and registered with, for
/// each request. An HTTP/2 stream has no connection of its own, so there it is the server's token.
/// Where others share the call, it is left alone until they have gone too.
/// One for each <see cref="RequestContext"/>; <see cref="Guard"/> and <see cref="Release"/> are for the request's owner.
/// </summary>
internal sealed class CallerWatch(IFeatureCollection features, UpstreamExchange exchange) : IFlightSource
{
    private readonly IHttpRequestLifetimeFeature _request = features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
    private readonly IConnectionLifetimeFeature? _connection = features.Get<IConnectionLifetimeFeature>();
    private readonly Lock _gate = new();
    private CacheFlight? _flight;
    private (UpstreamConnection? Connection, long Lease) _held;
    private CancellationTokenRegistration _stream;
    private bool _isRegistered;
    private volatile bool _isGone;

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

    /// <summary>From here until <see cref="Release"/> the open exchange is broken when the caller goes, or has gone.</summary>
    public void Guard(string protocol)
    {
        if (!IsConnectionsOwn(protocol))
        {
            // Disposed before the exchange closes: so the abort can only ever meet the connection that this attempt owns.
            _stream = _request.RequestAborted.UnsafeRegister(
                static state => ((CallerWatch)state!).CallerLeft(), this);
            return;
        }

        if (!_isRegistered)
        {
            _isRegistered = true;
            _connection!.ConnectionClosed.UnsafeRegister(static state => ((CallerWatch)state!).ConnectionClosed(), this);
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
    void IFlightSource.Break() => _held.Connection?.TryAbort(_held.Lease, Failure.CallerGone);

    /// <summary>The exchange is about to close.</summary>
    public void Release()
    {
        _stream.Dispose();
        _stream = default;
    }

    private bool IsConnectionsOwn(string protocol) => _connection is not null && !HttpProtocol.IsHttp2(protocol);

    // No harm if the exchange is over or another request's by now: that one's caller is the same and gone too.
    private void ConnectionClosed()
    {
        _isGone = true;
        Interlocked.MemoryBarrier();
        CallerLeft();
    }

    private void CallerLeft()
    {
        lock (_gate)
        {
            if (_flight is not null)
            {
                _held = exchange.Holding;
                if (_flight.TryOrphan(this))
                {
                    return;
                }
            }
        }

        exchange.Abort(Failure.CallerGone);
    }
}
