using System.Net;
using System.Net.Sockets;

namespace Edge.Transport;

/// <summary>
/// One attempt to connect a socket. Used once; it owns the socket until it is returned.
/// </summary>
internal sealed class ConnectAttempt : ILoopSocketOwner
{
    // What follows runs on the socket's loop, where the connection is going to live.
    private readonly TaskCompletionSource _writable = new();

    /// <summary>Connects.</summary>
    /// <param name="loop">Where the connection is going to live.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="tune">Sets options before the first packet.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The socket, watched by its loop; the receiver passes it on to itself.</returns>
    /// <exception cref="SocketException">The connection could not be made.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Task<LoopSocket> RunAsync(
        EventLoop loop, IPEndPoint endpoint, Action<LoopSocket> tune, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var attempt = new ConnectAttempt();
        var socket = LoopSocket.Create(loop, endpoint.AddressFamily, attempt);
        return attempt.RunAsync(socket, endpoint, tune, cancellation);
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
    }

    /// <inheritdoc/>
    public void OnWritable() => _writable.TrySetResult();

    /// <inheritdoc/>
    public void OnPeerEnded()
    {
    }

    private async Task<LoopSocket> RunAsync(
        LoopSocket socket, IPEndPoint endpoint, Action<LoopSocket> tune, CancellationToken cancellation)
    {
        try
        {
            tune(socket);
            var result = socket.Connect(endpoint);
            if (result is 0 or LinuxSocket.InProgress)
            {
                // Not before: an unconnected socket would be told as one whose peer is gone.
                var watched = socket.Watch();
                result = watched < 0 ? watched : result;
            }

            if (result == LinuxSocket.InProgress)
            {
                await using var stop = cancellation.UnsafeRegister(static state => ((LoopSocket)state!).Dispose(), socket);
                if (socket.TryAwaitWritable())
                {
                    await _writable.Task;
                }

                result = socket.ConnectResult();
            }

            cancellation.ThrowIfCancellationRequested();
            return result == 0 ? socket : throw LinuxSocket.ExceptionOf(result);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
