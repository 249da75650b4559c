using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Edge.Transport;

/// <summary>
/// A listening socket on an event loop. Accepted connections go to the loop that has the fewest. It owns the socket.
/// </summary>
internal sealed class LoopListener : IConnectionListener, ILoopSocketOwner
{
    /// <summary>Connections that the kernel keeps for us until they are accepted; it has a limit of its own besides.</summary>
    public const int BacklogMax = 4096;

    /// <summary>After the system had no descriptor or no memory for another connection, this long none is accepted.</summary>
    public static readonly TimeSpan ShortagePause = TimeSpan.FromMilliseconds(100);

    private readonly LoopSocket _socket;
    private readonly EndPoint? _local;
    private readonly ConnectionGate _gate;
    private readonly LingeringSockets _lingering;
    private readonly SlowReceivers _slow;
    private readonly Heartbeats _heartbeats;
    private TaskCompletionSource _readable = new();
    private volatile bool _isUnbound;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The address is in use or not ours.</exception>
    public LoopListener(
        IPEndPoint endpoint, ConnectionGate gate, LingeringSockets lingering, SlowReceivers slow, Heartbeats heartbeats)
    {
        _gate = gate;
        _lingering = lingering;
        _slow = slow;
        _heartbeats = heartbeats;
        var descriptor = LinuxSocket.Create(endpoint.AddressFamily);
        if (descriptor < 0)
        {
            throw LinuxSocket.ExceptionOf(descriptor);
        }

        _socket = new LoopSocket(EventLoops.Idlest, descriptor, this);
        _socket.ServeAlone();

        // Whatever a listening socket has set, on Linux the accepted ones have too.
        _ = LinuxSocket.SetOption(descriptor, LinuxSocket.LevelTcp, LinuxSocket.NoDelay, 1);
        var result = LinuxSocket.Bind(descriptor, endpoint);
        result = result < 0 ? result : LinuxSocket.Listen(descriptor, BacklogMax);
        result = result < 0 ? result : _socket.Watch();
        if (result < 0)
        {
            _socket.Dispose();
            throw LinuxSocket.ExceptionOf(result);
        }

        EndPoint = _socket.LocalEndPoint()!;
        _local = endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any) ? null : EndPoint;
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (!_isUnbound)
        {
            var (descriptor, remote) = TryAccept();
            if (descriptor >= 0)
            {
                var key = _gate.KeyOf(remote?.Address);
                if (!_gate.TryEnter(key))
                {
                    LinuxSocket.Close(descriptor);
                    continue;
                }

                var connection = new LoopConnection(
                    EventLoops.Idlest, descriptor, _local, remote, _lingering, _slow, _heartbeats);
                connection.LeavesGate(_gate, key);
                if (connection.TryWatch())
                {
                    return connection;
                }

                await connection.DisposeAsync();
            }
            else if (descriptor == LinuxSocket.WouldBlock)
            {
                if (_socket.TryAwaitReadable())
                {
                    await _readable.Task;
                    _readable = new TaskCompletionSource();
                }
            }
            else if (IsShortage(descriptor))
            {
                // The connection stays in the kernel's queue; to ask again at once would only turn in a circle.
                await Task.Delay(ShortagePause, CancellationToken.None);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _isUnbound = true;
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    void ILoopSocketOwner.OnReadable() => _readable.TrySetResult();

    void ILoopSocketOwner.OnWritable()
    {
    }

    void ILoopSocketOwner.OnPeerEnded()
    {
    }

    private (int Descriptor, IPEndPoint? Remote) TryAccept()
    {
        Span<byte> address = stackalloc byte[LinuxSocket.AddressBytesMax];
        var descriptor = _socket.Accept(address);
        return (descriptor, descriptor >= 0 ? LinuxSocket.ParseAddress(address) : null);
    }

    // EMFILE, ENFILE, ENOBUFS, ENOMEM. Any other error is of the one connection that was to be accepted: accept(2).
    private static bool IsShortage(int result) => result is -24 or -23 or -105 or -12;
}
