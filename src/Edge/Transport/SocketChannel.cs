using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Edge.Transport;

/// <summary>
/// A connected socket as a client sees it: receive and send, each by one at a time. What waits goes on from the socket's loop, in
/// the same turn in which the kernel told. It owns the socket.
/// </summary>
internal sealed class SocketChannel : ILoopSocketOwner, IValueTaskSource<int>, IDisposable
{
    private readonly LoopSocket _socket;
    private ManualResetValueTaskSourceCore<int> _receiving;
    private IReceiveRoom? _room;
    private TaskCompletionSource? _writable;

    /// <summary>Takes over a connected socket on which nobody waits.</summary>
    public SocketChannel(LoopSocket socket)
    {
        _socket = socket;
        socket.PassTo(this);
    }

    /// <summary>The socket; the channel's own.</summary>
    public LoopSocket Socket => _socket;

    /// <summary>The loop that it lives on.</summary>
    public EventLoop Loop => _socket.Loop;

    /// <summary>The other end.</summary>
    public IPEndPoint? Remote => _socket.Remote;

    /// <summary>
    /// True while nothing is known to have come since the last receive: neither bytes nor an end. Mostly without a system call.
    /// </summary>
    public bool IsQuiet => _socket.IsQuiet;

    /// <summary>The same as the kernel sees it at this moment, of which the loop may not have heard yet. A system call.</summary>
    public bool IsQuietNow => _socket.IsQuiet && _socket.Peek() == LinuxSocket.WouldBlock;

    /// <summary>
    /// True once the kernel refused a send as a whole, of which <see cref="SendAsync"/> may not have known.
    /// </summary>
    public bool HasRefused => _socket.HasRefused;

    /// <summary>True where the last event had more to give than a small receive takes.</summary>
    public bool BringsMuch => _socket.BringsMuch;

    /// <summary>True while the kernel has not yet taken all that was sent.</summary>
    public bool HasUnsent => _socket.HasUnsent;

    /// <summary>True where the kernel took some of the last <see cref="SendAsync"/>, but not all at once.</summary>
    public bool HasTakenPart { get; private set; }

    /// <summary>False: a receive would have to wait, as far as is known.</summary>
    public bool MayReceive => _socket.MayReceive;

    /// <summary>
    /// Receives. Zero bytes are the end, also where the socket was closed on this side.
    /// </summary>
    /// <exception cref="SocketException">The connection broke; told by awaiting.</exception>
    public ValueTask<int> ReceiveAsync(IReceiveRoom room)
    {
        while (true)
        {
            var count = TryReceive(room);
            if (count >= 0)
            {
                return new ValueTask<int>(count);
            }

            if (count != LinuxSocket.WouldBlock)
            {
                return ValueTask.FromException<int>(LinuxSocket.ExceptionOf(count));
            }

            _room = room;
            _receiving.Reset();
            var version = _receiving.Version;
            if (_socket.TryAwaitReadable())
            {
                return new ValueTask<int>(this, version);
            }
        }
    }

    /// <summary>
    /// Waits until <see cref="Receive"/> may find something, and takes nothing. The number says nothing. Where there is something
    /// but the socket has used up its turn, it waits for the next.
    /// </summary>
    public ValueTask<int> AwaitReadableAsync()
    {
        _room = null;
        _receiving.Reset();
        var version = _receiving.Version;
        return _socket.TryAwaitReadable() ? new ValueTask<int>(this, version) : default;
    }

    /// <summary>
    /// Receives what is there. Zero: the end. Negative: an error number, of which <see cref="LinuxSocket.WouldBlock"/> asks for
    /// <see cref="AwaitReadableAsync"/>.
    /// </summary>
    public int Receive(Span<byte> into) => _socket.Receive(into);

    /// <summary>
    /// Sends all of it; completes at once as long as the kernel has room. What is little goes at the end of the loop's turn: that
    /// it failed is then told by the next send, and by receiving.
    /// </summary>
    /// <exception cref="SocketException">The connection broke; told by awaiting.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        HasTakenPart = false;
        var sent = _socket.Send(bytes.Span);
        return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(bytes, sent);
    }

    /// <summary>The end of what is sent; what comes is still received.</summary>
    public void EndSending() => _socket.ShutdownSend();

    /// <summary>Closes the socket. Whoever waits goes on, on this thread.</summary>
    public void Dispose() => _socket.Dispose();

    void ILoopSocketOwner.OnReadable()
    {
        if (_room is not { } room)
        {
            _receiving.SetResult(0);
            return;
        }

        while (true)
        {
            var count = TryReceive(room);
            if (count != LinuxSocket.WouldBlock)
            {
                if (count >= 0)
                {
                    _receiving.SetResult(count);
                }
                else
                {
                    _receiving.SetException(LinuxSocket.ExceptionOf(count));
                }

                return;
            }

            if (_socket.TryAwaitReadable())
            {
                return;
            }
        }
    }

    void ILoopSocketOwner.OnWritable() => _writable!.SetResult();

    void ILoopSocketOwner.OnPeerEnded()
    {
    }

    int IValueTaskSource<int>.GetResult(short token) => _receiving.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _receiving.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receiving.OnCompleted(continuation, state, token, flags);

    private int TryReceive(IReceiveRoom room)
    {
        if (!_socket.MayReceive)
        {
            return LinuxSocket.WouldBlock;
        }

        var count = _socket.Receive(room.Room);
        if (count == LinuxSocket.WouldBlock)
        {
            room.ReleaseRoom();
        }

        return count;
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes, int sent)
    {
        while (true)
        {
            if (sent >= 0)
            {
                HasTakenPart |= sent > 0;
                bytes = bytes[sent..];
                if (bytes.IsEmpty)
                {
                    return;
                }
            }
            else if (sent == LinuxSocket.WouldBlock)
            {
                _writable = new TaskCompletionSource();
                if (_socket.TryAwaitWritable())
                {
                    await _writable.Task;
                }
            }
            else
            {
                throw LinuxSocket.ExceptionOf(sent);
            }

            sent = _socket.Send(bytes.Span);
        }
    }
}
