using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Edge.Tests.Hosting;

/// <summary>For a server that is never started.</summary>
internal sealed class NoTransport : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
