using Edge.Pipeline;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Hosting;

/// <summary>
/// Ends a connection whose TLS handshake is not over when the server drains: nobody has asked for anything on it, and the server
/// would wait for it. One per connection, which owns it.
/// </summary>
internal sealed class HandshakeWatch
{
    private readonly CancellationTokenRegistration _drain;

    private HandshakeWatch(ConnectionContext connection) =>
        _drain = connection.Features.Require<IConnectionLifetimeNotificationFeature>().ConnectionClosedRequested.UnsafeRegister(
            static state => ((ConnectionContext)state!).Abort(new ConnectionAbortedException("The server drains.")), connection);

    /// <summary>Watches a connection. Before anything is spoken on it.</summary>
    public static void AddTo(ConnectionContext connection) => connection.Features.Set(new HandshakeWatch(connection));

    /// <summary>The handshake is over.</summary>
    public static void End(ConnectionContext connection)
    {
        connection.Features.Require<HandshakeWatch>()._drain.Dispose();
        connection.Features.Set<HandshakeWatch>(null);
    }
}
