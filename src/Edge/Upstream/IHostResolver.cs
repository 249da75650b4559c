using System.Net;

namespace Edge.Upstream;

/// <summary>Turns a host name into addresses. Called from any thread; one call at a time per target.</summary>
internal interface IHostResolver
{
    /// <summary>The addresses of a host, in the order in which they are to be tried.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name does not exist, or the name service failed.</exception>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct);
}

/// <summary>The system's name service, which sorts addresses as RFC 6724 says.</summary>
internal sealed class SystemHostResolver : IHostResolver
{
    /// <inheritdoc/>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct) => Dns.GetHostAddressesAsync(host, ct);
}
