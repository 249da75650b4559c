using Edge.Pipeline;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Hosting;

/// <summary>
/// The heartbeat of one connection while the server drains. Kestrel's own stops when the server is told to stop; but it is by the
/// heartbeat alone that an HTTP/2 connection notices that its last stream has ended, and it would stay until the drain's time is
/// over. From the moment that the connection is asked to close this one beats in its place. It owns nothing.
/// </summary>
internal sealed class DrainHeartbeat : IConnectionHeartbeatFeature
{
    /// <summary>As often as Kestrel's own: it counts what a peer may not do too often from one beat to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _connection;
    private readonly IConnectionHeartbeatFeature _inner;
    private readonly TimeProvider _time;
    private Action<object>? _action;
    private object? _state;

    private DrainHeartbeat(ConnectionContext connection, IConnectionHeartbeatFeature inner, TimeProvider time)
    {
        _connection = connection;
        _inner = inner;
        _time = time;
    }

    /// <summary>Has a connection one. Before HTTP is spoken on it.</summary>
    public static void AddTo(ConnectionContext connection, TimeProvider time)
    {
        var heartbeat = new DrainHeartbeat(connection, connection.Features.Require<IConnectionHeartbeatFeature>(), time);
        connection.Features.Set<IConnectionHeartbeatFeature>(heartbeat);

        // It goes with the connection, whose source of this token it is.
        _ = connection.Features.Require<IConnectionLifetimeNotificationFeature>().ConnectionClosedRequested.UnsafeRegister(
            static state => _ = ((DrainHeartbeat)state!).BeatAsync(), heartbeat);
    }

    /// <inheritdoc/>
    public void OnHeartbeat(Action<object> action, object state)
    {
        (_state, _action) = (state, action);
        _inner.OnHeartbeat(action, state);
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _time, _connection.ConnectionClosed);
                _action?.Invoke(_state!);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }
}
