using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>One of <see cref="LingeringSockets"/>. It owns the socket. What comes is received on the socket's loop.</summary>
internal sealed class LingeringSocket : ILoopSocketOwner
{
    private readonly LingeringSockets _all;
    private readonly LoopSocket _socket;
    private readonly ConnectionGate? _gate;
    private readonly UInt128? _gateKey;
    private long _heardAt;
    private long _bytes;
    private int _isClosed;

    /// <summary>Of a socket that was told to send no more and on which nobody waits.</summary>
    public LingeringSocket(LingeringSockets all, LoopSocket socket, ConnectionGate? gate, UInt128? gateKey)
    {
        _all = all;
        _socket = socket;
        _gate = gate;
        _gateKey = gateKey;
        BeganAt = all.Now;
        _heardAt = BeganAt;
        socket.PassTo(this);
    }

    /// <summary>When it began to linger.</summary>
    public long BeganAt { get; }

    /// <summary>When something came last, or it began.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>Throws away what is here, and waits for more.</summary>
    public void Begin() => OnReadable();

    /// <summary>Closes it. Where more has come than was read, or comes, the peer gets a reset. Any thread.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _socket.Dispose();
            _all.Remove(this);
        }
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        var block = BlockPool.Rent(BlockPool.LargeBytes);
        int count;
        do
        {
            count = _socket.Receive(block);
            if (count > 0)
            {
                _bytes += count;
                Volatile.Write(ref _heardAt, _all.Now);
            }
        }
        while (_bytes <= LingeringSockets.BytesMax
            && (count > 0 || (count == LinuxSocket.WouldBlock && !_socket.TryAwaitReadable())));

        BlockPool.Return(block);
        if (_bytes > LingeringSockets.BytesMax || count != LinuxSocket.WouldBlock)
        {
            Close();
        }
    }

    /// <inheritdoc/>
    public void OnWritable()
    {
    }

    /// <inheritdoc/>
    public void OnPeerEnded()
    {
    }

    /// <inheritdoc/>
    public void OnClosed() => _gate?.Leave(_gateKey);
}
