using System.Net;
using System.Net.Sockets;

namespace Edge.Upstream;

/// <summary>The one step of a dial that touches the network's TCP: a seam, so that races are tested without a network.</summary>
internal interface IConnector
{
    /// <summary>Connects. The socket is the receiver's; nothing is left open when it throws.</summary>
    /// <exception cref="SocketException">The connection could not be made.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public Task<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken ct);
}

/// <summary>Connects real sockets. Stateless.</summary>
internal sealed class SocketConnector : IConnector
{
    /// <summary>A connection silent for this long is probed, so that a peer that vanished is noticed.</summary>
    public const int KeepAliveTimeSeconds = 60;

    /// <summary>Between two probes without an answer.</summary>
    public const int KeepAliveIntervalSeconds = 15;

    /// <summary>This many probes without an answer end the connection.</summary>
    public const int KeepAliveProbesMax = 4;

    /// <inheritdoc/>
    public Task<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken ct) =>
        ConnectAsync(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp), endpoint, ct);

    /// <summary>Connects a socket that it owns from here on, until it is returned.</summary>
    internal static async Task<Socket> ConnectAsync(Socket socket, IPEndPoint endpoint, CancellationToken ct)
    {
        try
        {
            // Heads and events are written whole: waiting for more (Nagle's algorithm) would only delay them.
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveTimeSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbesMax);
            await socket.ConnectAsync(endpoint, ct);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
