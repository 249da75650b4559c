using System.Net;
using System.Net.Sockets;

namespace Edge.Transport;

/// <summary>
/// A non-blocking stream socket on an <see cref="EventLoop"/>. It owns the descriptor. One thread at a time may receive and one
/// at a time may send; <see cref="Shutdown"/> and <see cref="Dispose"/> are for any thread at any time.
/// </summary>
/// <remarks>
/// Edge-triggered: the kernel tells once that bytes came, and that is remembered in a number until they are asked for. So the
/// kernel is never asked in vain (half of the receives of a level-triggered or always-pending design are), a wait needs no call
/// to begin, and nothing is held for a socket that is quiet. A receive that fills less than its buffer has emptied the socket
/// (epoll(7), "Questions and answers", 9).
/// </remarks>
internal sealed partial class LoopSocket : IThreadPoolWorkItem, IDisposable
{
    /// <summary>
    /// Receives in a row before the loop's other sockets get their turn, so that one fast sender can't keep a thread to itself.
    /// </summary>
    public const int ReceivesPerTurnMax = 16;

    private const int Unknown = 0;
    private const int Ready = 1;
    private const int Awaited = 2;

    private static readonly Lock Gate = new();
    private static LoopSocket?[] Sockets = new LoopSocket?[1024];
    private static uint LastGeneration;

    private readonly EventLoop _loop;
    private readonly ulong _key;
    private ILoopSocketOwner _owner;
    private int _descriptor;
    private int _users = 1;
    private int _isClosed;
    private bool _isAdded;
    private volatile bool _peerEnded;
    private int _read;
    private int _write;
    private int _receivesInTurn;

    /// <summary>Takes a descriptor over. It is watched from <see cref="Watch"/> on.</summary>
    public LoopSocket(EventLoop loop, int descriptor, ILoopSocketOwner owner)
    {
        _loop = loop;
        _owner = owner;
        _descriptor = descriptor;
        _key = ((ulong)Interlocked.Increment(ref LastGeneration) << 32) | (uint)descriptor;
    }

    /// <summary>The loop that watches it.</summary>
    public EventLoop Loop => _loop;

    /// <summary>
    /// True while nothing is known to have come since the last receive: neither bytes nor an end. The kernel is asked only where
    /// there may be something: what a receive took may have been told of after it, or have filled its memory to the last byte.
    /// </summary>
    public bool IsQuiet => !_peerEnded && (Volatile.Read(ref _read) != Ready || HasNothing());

    /// <summary>True when <see cref="Receive"/> may find something; false: it would not.</summary>
    public bool MayReceive => Volatile.Read(ref _read) == Ready || Volatile.Read(ref _isClosed) != 0;

    /// <summary>Where <see cref="Connect"/> went; null of an accepted socket.</summary>
    public IPEndPoint? Remote { get; private set; }

    /// <summary>True once <see cref="Dispose"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>The socket of an event's data; null: it has been closed since.</summary>
    public static LoopSocket? Find(ulong key)
    {
        var sockets = Volatile.Read(ref Sockets);
        var descriptor = (uint)key;
        return descriptor < (uint)sockets.Length && sockets[descriptor] is { } socket && socket._key == key ? socket : null;
    }

    /// <summary>A new TCP socket of a loop, on its way to <see cref="ConnectAttempt"/>.</summary>
    /// <exception cref="SocketException">The system has none to give, or not of this family.</exception>
    public static LoopSocket Create(EventLoop loop, AddressFamily family, ILoopSocketOwner owner)
    {
        var descriptor = LinuxSocket.Create(family);
        return descriptor >= 0
            ? new LoopSocket(loop, descriptor, owner)
            : throw LinuxSocket.ExceptionOf(descriptor);
    }

    /// <summary>
    /// Passes the socket on: from now on the new owner is told. The old one must not be waiting.
    /// </summary>
    public void PassTo(ILoopSocketOwner owner) => Volatile.Write(ref _owner, owner);

    /// <summary>Gives it to its loop. Events may come before this returns.</summary>
    /// <returns>Zero, or a negative error number.</returns>
    public int Watch()
    {
        lock (Gate)
        {
            if (_descriptor >= Sockets.Length)
            {
                Array.Resize(ref Sockets, Math.Max(_descriptor + 1, Sockets.Length * 2));
            }

            Sockets[_descriptor] = this;
        }

        _isAdded = true;
        return _loop.Add(_descriptor, _key);
    }

    /// <summary>
    /// Receives what is there. Zero: the peer has ended. Negative: an error number, of which
    /// <see cref="LinuxSocket.WouldBlock"/> asks for <see cref="TryAwaitReadable"/>.
    /// </summary>
    public int Receive(Span<byte> into)
    {
        if (Volatile.Read(ref _read) != Ready)
        {
            return _isClosed == 0 ? LinuxSocket.WouldBlock : 0;
        }

        if (_receivesInTurn++ >= ReceivesPerTurnMax)
        {
            return LinuxSocket.WouldBlock;
        }

        if (Volatile.Read(ref _piece) != NoPiece)
        {
            return TakeReceived(into);
        }

        // Forgotten before the kernel is asked (to enter is a full fence): an event from here on is remembered anew.
        Volatile.Write(ref _read, Unknown);
        if (!TryEnter())
        {
            return 0;
        }

        var count = LinuxSocket.Receive(_descriptor, into);
        BringsMuch = count >= SocketBatch.ReceiveBytes || (BringsMuch && _receivesInTurn > 1);
        if (count != LinuxSocket.WouldBlock && (count <= 0 || count == into.Length || _peerEnded))
        {
            Interlocked.CompareExchange(ref _read, Ready, Unknown);
        }

        Exit();
        return count;
    }

    /// <summary>
    /// Asks the kernel what a receive would find: bytes, zero for the end, or a negative error number. Takes nothing.
    /// </summary>
    public int Peek()
    {
        if (!TryEnter())
        {
            return 0;
        }

        var count = Volatile.Read(ref _piece) != NoPiece ? 1 : LinuxSocket.Peek(_descriptor);
        Exit();
        return count;
    }

    /// <summary>Accepts a connection, of a listening socket; its address is written in the kernel's form.</summary>
    /// <returns>The descriptor, or a negative error number.</returns>
    public int Accept(Span<byte> address)
    {
        if (!MayReceive || !TryEnter())
        {
            return LinuxSocket.WouldBlock;
        }

        // Forgotten before the kernel is asked; known again while there may be more.
        Volatile.Write(ref _read, Unknown);
        Interlocked.MemoryBarrier();
        var result = LinuxSocket.Accept(_descriptor, address);
        if (result != LinuxSocket.WouldBlock)
        {
            Interlocked.CompareExchange(ref _read, Ready, Unknown);
        }

        Exit();
        return result;
    }

    /// <summary>
    /// Has the owner told, once, when there is something to receive. False: there is already, or the socket is closed.
    /// </summary>
    public bool TryAwaitReadable()
    {
        if (_receivesInTurn > ReceivesPerTurnMax)
        {
            // There is more, but others first: the loop comes back to it after them.
            _receivesInTurn = 0;
            Volatile.Write(ref _read, Awaited);
            _loop.Post(this);
            return true;
        }

        if (Interlocked.CompareExchange(ref _read, Awaited, Unknown) != Unknown)
        {
            return false;
        }

        return _isClosed == 0 || Interlocked.CompareExchange(ref _read, Unknown, Awaited) != Awaited;
    }

    /// <summary>Takes the wait back. False: the owner is being told, or there was no wait.</summary>
    public bool TryStopAwaitingReadable() => Interlocked.CompareExchange(ref _read, Unknown, Awaited) == Awaited;

    /// <summary>
    /// Has the owner told, once, when the kernel takes bytes again. False: it does already, or the socket is closed.
    /// </summary>
    public bool TryAwaitWritable()
    {
        if (Interlocked.CompareExchange(ref _write, Awaited, Unknown) != Unknown)
        {
            return false;
        }

        return _isClosed == 0 || Interlocked.CompareExchange(ref _write, Unknown, Awaited) != Awaited;
    }

    /// <summary>True from <see cref="TryAwaitWritable"/> on until the owner is told.</summary>
    public bool IsWritableAwaited => Volatile.Read(ref _write) == Awaited;

    /// <summary>Takes the wait back. False: the owner is being told, or there was no wait.</summary>
    public bool TryStopAwaitingWritable() => Interlocked.CompareExchange(ref _write, Unknown, Awaited) == Awaited;

    /// <summary>Starts to connect. Zero: done. <see cref="LinuxSocket.InProgress"/>: it becomes writable at the end.</summary>
    public int Connect(IPEndPoint to)
    {
        Remote = to;
        if (!TryEnter())
        {
            return LinuxSocket.BrokenPipe;
        }

        var result = LinuxSocket.Connect(_descriptor, to);
        Exit();
        return result;
    }

    /// <summary>How an attempt to connect ended: zero, or a negative error number.</summary>
    public int ConnectResult()
    {
        if (!TryEnter())
        {
            return LinuxSocket.BrokenPipe;
        }

        var result = LinuxSocket.ConnectResult(_descriptor);
        Exit();
        return result;
    }

    /// <summary>
    /// Bytes that were sent and that the peer has not taken; none where the system can't tell, or the socket is closed.
    /// </summary>
    public int UntakenBytes()
    {
        if (!TryEnter())
        {
            return 0;
        }

        var bytes = LinuxSocket.Untaken(_descriptor);
        Exit();
        return Math.Max(bytes, 0);
    }

    /// <summary>Sets an option that is a number; what the system does not know stays as it is.</summary>
    public void SetOption(int level, int name, int value)
    {
        if (TryEnter())
        {
            _ = LinuxSocket.SetOption(_descriptor, level, name, value);
            Exit();
        }
    }

    /// <summary>Reads an option that is a number; a negative error number where it can't be had.</summary>
    public int GetOption(int level, int name)
    {
        if (!TryEnter())
        {
            return LinuxSocket.BrokenPipe;
        }

        var value = LinuxSocket.GetOption(_descriptor, level, name);
        Exit();
        return value;
    }

    /// <summary>The address of this end, or null.</summary>
    public IPEndPoint? LocalEndPoint()
    {
        if (!TryEnter())
        {
            return null;
        }

        var endpoint = LinuxSocket.LocalEndPoint(_descriptor);
        Exit();
        return endpoint;
    }

    /// <summary>
    /// Breaks the connection: waits end on the loop's thread, receives find the end and sends fail. Any thread.
    /// </summary>
    public void Shutdown()
    {
        if (!IsPutOff(EndBoth) && TryEnter())
        {
            LinuxSocket.Shutdown(_descriptor);
            Exit();
        }
    }

    /// <summary>Tells the peer that nothing more comes (TCP's half-close). Any thread.</summary>
    public void ShutdownSend()
    {
        if (!IsPutOff(EndSending) && TryEnter())
        {
            LinuxSocket.ShutdownSend(_descriptor);
            Exit();
        }
    }

    /// <summary>
    /// Breaks the connection in a way that the peer can't take for its end: a reset, and what was not yet sent is dropped. Waits
    /// end on the loop's thread, receives and sends fail. Any thread.
    /// </summary>
    public void Reset()
    {
        if (!IsPutOff(EndByReset) && TryEnter())
        {
            LinuxSocket.Disconnect(_descriptor);
            Exit();
        }
    }

    /// <summary>
    /// Closes the socket, once nobody is inside a call on it. A wait ends by a call of the owner, on this thread.
    /// </summary>
    public void Dispose()
    {
        if (!TryEnter())
        {
            return;
        }

        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            KeepForLastBytes();
            Exit();
            Signal(readable: true, writable: true);
        }

        Exit();
    }

    /// <summary>An event came. Called by the loop.</summary>
    public void Dispatch(uint events)
    {
        const uint Ended = LinuxSocket.EventPeerEnded | LinuxSocket.EventHangUp | LinuxSocket.EventError;
        var hasEnded = (events & Ended) != 0 && !_peerEnded;
        if (hasEnded)
        {
            _peerEnded = true;
        }

        _receivesInTurn = 0;
        var owner = Volatile.Read(ref _owner);
        Signal(
            readable: (events & (LinuxSocket.EventIn | Ended)) != 0,
            writable: (events & (LinuxSocket.EventOut | Ended)) != 0 && TrySendRest());
        _isFresh = false;
        if (hasEnded)
        {
            owner.OnPeerEnded();
        }
    }

    /// <summary>The loop comes back to a socket that had used up its turn, or that another thread wants to end.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var endings = Interlocked.Exchange(ref _endings, 0);
        if (endings == 0)
        {
            Signal(readable: true, writable: false);
        }
        else
        {
            End(endings);
        }
    }

    private bool HasNothing()
    {
        // Forgotten before the kernel is asked: an event from here on is remembered anew.
        Volatile.Write(ref _read, Unknown);
        Interlocked.MemoryBarrier();
        if (Peek() == LinuxSocket.WouldBlock)
        {
            return true;
        }

        Interlocked.CompareExchange(ref _read, Ready, Unknown);
        return false;
    }

    private void Signal(bool readable, bool writable)
    {
        if (readable && Volatile.Read(ref _read) != Ready && Interlocked.Exchange(ref _read, Ready) == Awaited)
        {
            Volatile.Read(ref _owner).OnReadable();
        }

        if (writable && Volatile.Read(ref _write) != Ready && Interlocked.Exchange(ref _write, Ready) == Awaited)
        {
            Volatile.Read(ref _owner).OnWritable();
        }
    }

    private bool TryEnter()
    {
        Interlocked.Increment(ref _users);
        if (Volatile.Read(ref _isClosed) == 0)
        {
            return true;
        }

        Exit();
        return false;
    }

    // The descriptor's number may be given to another connection the moment it is closed: so the last one out closes it.
    private void Exit()
    {
        if (Interlocked.Decrement(ref _users) != 0)
        {
            return;
        }

        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor < 0)
        {
            return;
        }

        lock (Gate)
        {
            if (Sockets[descriptor] == this)
            {
                Sockets[descriptor] = null;
            }
        }

        if (_mustReset)
        {
            LinuxSocket.Disconnect(descriptor);
        }

        LinuxSocket.Close(descriptor);
        ForgetBatch();
        if (_isAdded)
        {
            _loop.Remove();
        }

        Volatile.Read(ref _owner).OnClosed();
    }
}
