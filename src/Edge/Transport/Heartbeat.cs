using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Transport;

/// <summary>
/// What the server wants done once a second for a connection: it then notices that the connection has been idle for too long, or
/// that a head or a body comes too slowly. A connection's own, made with it.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="all">Who sees to it that the time has come.</param>
internal sealed class Heartbeat(ConnectionContext connection, Heartbeats all) : IConnectionHeartbeatFeature
{
    private Action<object>? _action;
    private object? _state;
    private volatile bool _isPaused;
    private volatile int _index = -1;

    /// <summary>Its place among those that beat, whose own this is; -1: it does not.</summary>
    public int Index
    {
        get => _index;
        set => _index = value;
    }

    /// <summary>True while there is nothing that the server could notice.</summary>
    public bool IsPaused => _isPaused;

    /// <inheritdoc/>
    /// <remarks>The server asks once, for what it knows of the connection's protocol.</remarks>
    public void OnHeartbeat(Action<object> action, object state)
    {
        (_state, _action) = (state, action);
        all.Add(this);
    }

    /// <summary>
    /// Nothing is awaited from the peer from here on, however long that takes. It costs a store: the next beat passes over it,
    /// and those that follow know nothing of it.
    /// </summary>
    public void Pause() => _isPaused = true;

    /// <summary>Something is awaited again. Whoever paused it; before the server begins to count its time.</summary>
    public void Resume()
    {
        // The one side says that it is paused no more and then asks whether it was left out, the other leaves it out and then
        // asks whether it is still paused.
        _isPaused = false;
        Interlocked.MemoryBarrier();
        if (_index < 0)
        {
            // The server counts from its last beat.
            Beat();
            all.Add(this);
        }
    }

    /// <summary>The time has come.</summary>
    public void Beat()
    {
        try
        {
            _action?.Invoke(_state!);
        }
        catch (Exception exception)
        {
            connection.Abort(new ConnectionAbortedException("The server failed to look at the connection.", exception));
        }
    }

    /// <summary>The connection is over.</summary>
    public void Stop() => all.Remove(this);
}
