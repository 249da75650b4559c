using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Edge.Transport;

/// <summary>Kestrel's way to this transport, instead of its own sockets. Stateless.</summary>
/// <param name="gate">Says which connections are closed at once, of all that are accepted.</param>
/// <param name="lingering">Takes those that are over before all of them was read.</param>
/// <param name="slow">Ends those whose peers take too slowly what is sent.</param>
/// <param name="heartbeats">Looks after them.</param>
internal sealed class LoopTransport(
    ConnectionGate gate, LingeringSockets lingering, SlowReceivers slow, Heartbeats heartbeats)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new LoopListener((IPEndPoint)endpoint, gate, lingering, slow, heartbeats));
}
