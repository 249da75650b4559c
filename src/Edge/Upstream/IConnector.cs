using System.Net;
using System.Net.Sockets;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>The one step of a dial that touches the network's TCP: a seam, so that races are tested without a network.</summary>
internal interface IConnector
{
    /// <summary>
    /// Connects. The channel is the receiver's; nothing is left open when it throws. It ends soon after it was given up, whatever
    /// comes of it.
    /// </summary>
    /// <param name="loop">Where the connection is going to live.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SocketException">The connection could not be made.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public Task<SocketChannel> ConnectAsync(EventLoop loop, IPEndPoint endpoint, CancellationToken ct);
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
    public Task<SocketChannel> ConnectAsync(EventLoop loop, IPEndPoint endpoint, CancellationToken ct) =>
        ConnectAttempt.RunAsync(loop, endpoint, static socket => Tune(socket), ct);

    private static void Tune(LoopSocket socket)
    {
        // Heads and events are written whole: waiting for more (Nagle's algorithm) would only delay them.
        socket.SetOption(LinuxSocket.LevelTcp, LinuxSocket.NoDelay, 1);
        socket.SetOption(LinuxSocket.LevelSocket, LinuxSocket.KeepAlive, 1);
        socket.SetOption(LinuxSocket.LevelTcp, LinuxSocket.KeepAliveTime, KeepAliveTimeSeconds);
        socket.SetOption(LinuxSocket.LevelTcp, LinuxSocket.KeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetOption(LinuxSocket.LevelTcp, LinuxSocket.KeepAliveProbes, KeepAliveProbesMax);
    }
}
