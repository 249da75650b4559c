using System.Runtime.CompilerServices;
using Edge.Pipeline;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Hosting;

/// <summary>
/// What becomes of one connection while the server drains. One whose TLS handshake is not over is ended: nobody has asked for
/// anything on it. On any other the heart beats on: Kestrel's own stops when the server is told to stop, but it is by the
/// heartbeat alone that an HTTP/2 connection notices that its last stream has ended, and it would stay until the drain's time is
/// over. It owns nothing.
/// </summary>
internal sealed class DrainHeartbeat : IConnectionHeartbeatFeature
{
    /// <summary>As often as Kestrel's own: it counts what a peer may not do too often from one beat to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _connection;
    private readonly IConnectionHeartbeatFeature _inner;
    private readonly TimeProvider _time;
    private readonly StrongBox<bool> _isDraining;
    private volatile bool _isOpen;
    private Action<object>? _action;
    private object? _state;

    private DrainHeartbeat(
        ConnectionContext connection, IConnectionHeartbeatFeature inner, TimeProvider time, StrongBox<bool> isDraining)
    {
        _connection = connection;
        _inner = inner;
        _time = time;
        _isDraining = isDraining;
    }

    /// <summary>Has a connection one. Before anything is spoken on it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isDraining">True from the moment on that the server is told to stop.</param>
    public static void AddTo(ConnectionContext connection, TimeProvider time, StrongBox<bool> isDraining)
    {
        var inner = connection.Features.Require<IConnectionHeartbeatFeature>();
        var heartbeat = new DrainHeartbeat(connection, inner, time, isDraining);
        connection.Features.Set<IConnectionHeartbeatFeature>(heartbeat);

        // It goes with the connection, whose source of this token it is. Callers and limits ask for the end of a connection too.
        _ = connection.Features.Require<IConnectionLifetimeNotificationFeature>().ConnectionClosedRequested.UnsafeRegister(
            static state => ((DrainHeartbeat)state!).OnCloseRequested(), heartbeat);
    }

    /// <summary>The connection's handshake, if there is one, is over.</summary>
    public static void Open(ConnectionContext connection) =>
        ((DrainHeartbeat)connection.Features.Require<IConnectionHeartbeatFeature>())._isOpen = true;

    /// <inheritdoc/>
    public void OnHeartbeat(Action<object> action, object state)
    {
        (_state, _action) = (state, action);
        _inner.OnHeartbeat(action, state);
    }

    private void OnCloseRequested()
    {
        if (_isOpen)
        {
            _ = BeatAsync();
        }
        else
        {
            _connection.Abort(new ConnectionAbortedException("The server drains."));
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _time, _connection.ConnectionClosed);
                if (Volatile.Read(ref _isDraining.Value))
                {
                    _action?.Invoke(_state!);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }
}
