using System.Net;
using System.Net.Sockets;

namespace Edge.Transport;

/// <summary>
/// One attempt to connect a socket. Used once; it owns the socket until it has connected. A task of its own instead of async
/// methods: a burst of new callers has thousands of attempts under way, and each method would keep its state.
/// </summary>
internal sealed class ConnectAttempt : TaskCompletionSource<SocketChannel>, ILoopSocketOwner
{
    // What waits for it goes on on the socket's loop, where the connection is going to live.
    private readonly LoopSocket _socket;
    private readonly CancellationToken _cancellation;
    private CancellationTokenRegistration _stop;

    private ConnectAttempt(EventLoop loop, AddressFamily family, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _socket = LoopSocket.Create(loop, family, this);
    }

    /// <summary>Connects.</summary>
    /// <param name="loop">Where the connection is going to live.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="tune">Sets options before the first packet.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The connected socket, watched by its loop and the receiver's.</returns>
    /// <exception cref="SocketException">The connection could not be made.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Task<SocketChannel> RunAsync(
        EventLoop loop, IPEndPoint endpoint, Action<LoopSocket> tune, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var attempt = new ConnectAttempt(loop, endpoint.AddressFamily, cancellation);
        attempt.Start(endpoint, tune);
        return attempt.Task;
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
    }

    /// <inheritdoc/>
    public void OnWritable() => End(_socket.ConnectResult());

    /// <inheritdoc/>
    public void OnPeerEnded()
    {
    }

    private void Start(IPEndPoint endpoint, Action<LoopSocket> tune)
    {
        try
        {
            tune(_socket);
            var result = _socket.Connect(endpoint);
            if (result is 0 or LinuxSocket.InProgress)
            {
                // Not before: an unconnected socket would be told as one whose peer is gone.
                var watched = _socket.Watch();
                result = watched < 0 ? watched : result;
            }

            if (result != LinuxSocket.InProgress)
            {
                End(result);
                return;
            }

            _stop = _cancellation.UnsafeRegister(static state => ((LoopSocket)state!).Dispose(), _socket);
            if (!_socket.TryAwaitWritable())
            {
                End(_socket.ConnectResult());
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    private void End(int result)
    {
        // Whoever gives up from here on comes too late; who has done so before has closed the socket, or is about to.
        _stop.Unregister();
        if (result == 0 && !_cancellation.IsCancellationRequested)
        {
            SetResult(new SocketChannel(_socket));
            return;
        }

        _socket.Dispose();
        if (_cancellation.IsCancellationRequested)
        {
            SetCanceled(_cancellation);
        }
        else
        {
            SetException(LinuxSocket.ExceptionOf(result));
        }
    }
}
