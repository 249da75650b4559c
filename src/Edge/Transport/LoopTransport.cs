using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Edge.Transport;

/// <summary>Kestrel's way to this transport, instead of its own sockets. Stateless.</summary>
internal sealed class LoopTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new LoopListener((IPEndPoint)endpoint));
}
