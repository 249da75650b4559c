using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>What a socket receives and sends together with others of its loop: see <see cref="SocketBatch"/>.</summary>
/// <remarks>
/// To the owner a send that waits for the end of the turn is done. What the kernel then does not take is kept, and the next send
/// finds that the socket takes nothing now; a failure is told to the next send too. Nothing that was sent is lost by closing:
/// the descriptor stays until the kernel has it, or the peer has taken nothing for <see cref="LastBytesTimeoutMs"/>.
/// </remarks>
internal sealed partial class LoopSocket
{
    /// <summary>How long a peer may leave the last bytes of a closed socket where they are.</summary>
    public const int LastBytesTimeoutMs = 30_000;

    private const int NoPiece = 0;
    private const int OnlyResult = -1;
    private const int EndSending = 1;
    private const int EndBoth = 2;
    private const int EndByReset = 4;

    private int _piece;
    private int _pieceStart;
    private int _received;
    private bool _isFresh;
    private bool _isListening;
    private volatile bool _isPutOff;
    private volatile byte[]? _rest;
    private int _restStart;
    private int _restEnd;
    private volatile int _sendError;
    private int _endings;
    private int _endingsAfterRest;
    private bool _isClosing;
    private volatile bool _mustReset;

    /// <summary>Never receives together with others: it is a listening socket.</summary>
    public void ServeAlone() => _isListening = true;

    /// <summary>
    /// True where the last event had more to give than fits a receive together with others: it is served alone, and its receives
    /// may well be given more room.
    /// </summary>
    public bool BringsMuch { get; private set; }

    /// <summary>True while the kernel has not yet taken all that was sent.</summary>
    public bool HasUnsent => _isPutOff || _rest is not null;

    /// <summary>True once the kernel refused a send as a whole.</summary>
    public bool HasRefused { get; private set; }

    /// <summary>Has the batch receive for it, where somebody waits for that. Called by the loop, when an event came.</summary>
    public void ReceiveAhead(SocketBatch batch)
    {
        if (Volatile.Read(ref _read) != Awaited || BringsMuch || _isListening || _piece != NoPiece || !TryEnter())
        {
            return;
        }

        if (!batch.TryAddReceive(this, _descriptor))
        {
            Exit();
        }
    }

    /// <summary>What came of <see cref="ReceiveAhead"/>. Nobody is told yet.</summary>
    public void Received(SocketBatch batch, int piece, int result)
    {
        if (result > 0)
        {
            _pieceStart = 0;
            _received = result;
            _isFresh = true;
            Volatile.Write(ref _piece, piece + 1);
        }
        else
        {
            batch.Return(piece, isOnLoop: true);
            if (result is not (LinuxSocket.WouldBlock or LinuxSocket.Interrupted))
            {
                _received = result;
                _isFresh = true;
                Volatile.Write(ref _piece, OnlyResult);
            }
        }

        Exit();
    }

    /// <summary>
    /// The batch sent for it. True: somebody waits for room, and is to be told by <see cref="TellWritable"/>.
    /// </summary>
    public bool Sent(ReadOnlySpan<byte> bytes, int result)
    {
        if (result < 0 && result is not (LinuxSocket.WouldBlock or LinuxSocket.Interrupted))
        {
            HasRefused = true;
            _sendError = result;
            if (result is not (LinuxSocket.BrokenPipe or LinuxSocket.ConnectionReset))
            {
                // The kernel is short of something, and who waits for an answer would not hear of that.
                LinuxSocket.Shutdown(_descriptor);
            }
        }
        else if (result < bytes.Length)
        {
            KeepRest(bytes[Math.Max(result, 0)..]);
        }

        _isPutOff = false;
        Interlocked.MemoryBarrier();
        var isAwaited = _rest is null && Volatile.Read(ref _write) != Ready
            && Interlocked.Exchange(ref _write, Ready) == Awaited;
        Exit();
        return isAwaited;
    }

    /// <summary>Ends a wait for room.</summary>
    public void TellWritable() => Volatile.Read(ref _owner).OnWritable();

    private int TakeReceived(Span<byte> into)
    {
        if (!TryEnter())
        {
            return 0;
        }

        var isOnLoop = EventLoop.Current == _loop;
        var count = _received;
        if (_piece > NoPiece)
        {
            var bytes = _loop.Batch.Piece(_piece - 1, _pieceStart, _received);
            count = Math.Min(bytes.Length, into.Length);
            bytes[..count].CopyTo(into);
            _pieceStart += count;
            if (count < bytes.Length)
            {
                Exit();
                return count;
            }

            _loop.Batch.Return(_piece - 1, isOnLoop);
        }

        BringsMuch = _received >= SocketBatch.ReceiveBytes;
        Volatile.Write(ref _piece, NoPiece);
        if (isOnLoop && _isFresh)
        {
            // No event can have come since. Otherwise one may have, and the kernel is asked once more.
            Volatile.Write(ref _read, count <= 0 || BringsMuch || _peerEnded ? Ready : Unknown);
        }

        Exit();
        return count;
    }

    /// <summary>The kernel does not take these now: they go before anything else.</summary>
    private void KeepRest(ReadOnlySpan<byte> bytes)
    {
        // For as long as there is a rest, it is a user.
        Interlocked.Increment(ref _users);
        var rest = BlockPool.Rent(bytes.Length);
        bytes.CopyTo(rest);
        _restStart = 0;
        _restEnd = bytes.Length;
        _rest = rest;

        // Another thread may wait already, and still does.
        Interlocked.CompareExchange(ref _write, Unknown, Ready);
        if (!TrySendRest() && _isClosed != 0)
        {
            _ = LinuxSocket.SetOption(_descriptor, LinuxSocket.LevelTcp, LinuxSocket.UserTimeout, LastBytesTimeoutMs);
        }
    }

    /// <summary>Sends what was kept. False: the kernel does not take all of it yet. On the loop's thread.</summary>
    private bool TrySendRest()
    {
        if (_rest is not { } rest)
        {
            return true;
        }

        while (_restStart < _restEnd)
        {
            var sent = LinuxSocket.Send(_descriptor, rest.AsSpan(_restStart, _restEnd - _restStart));
            if (sent == LinuxSocket.WouldBlock)
            {
                return false;
            }

            if (sent < 0)
            {
                _sendError = sent;
                break;
            }

            _restStart += sent;
        }

        _rest = null;
        BlockPool.Return(rest);
        End(Interlocked.Exchange(ref _endingsAfterRest, 0));
        Exit();
        return true;
    }

    /// <summary>
    /// True: what was sent before goes first, and the end follows it. A reset waits only for what is due in this turn.
    /// </summary>
    private bool IsPutOff(int ending)
    {
        if (EventLoop.Current == _loop)
        {
            if (_isPutOff)
            {
                _loop.Batch.Send();
            }

            if (_rest is not null && ending != EndByReset)
            {
                Interlocked.Or(ref _endingsAfterRest, ending);
                return true;
            }
        }
        else if (_isPutOff || (_rest is not null && ending != EndByReset))
        {
            // Closed before the loop comes to it, it must not look like an ordinary end.
            _mustReset |= ending == EndByReset;
            Interlocked.Or(ref _endings, ending);
            _loop.Post(this);
            return true;
        }

        return false;
    }

    private void End(int endings)
    {
        if ((endings & EndByReset) != 0)
        {
            Reset();
        }
        else if ((endings & EndBoth) != 0)
        {
            Shutdown();
        }
        else if (endings != 0)
        {
            ShutdownSend();
        }
    }

    /// <summary>It has been closed, but by <see cref="Exit"/> only once nothing is left to be sent.</summary>
    private void KeepForLastBytes()
    {
        if (_rest is not null)
        {
            _ = LinuxSocket.SetOption(_descriptor, LinuxSocket.LevelTcp, LinuxSocket.UserTimeout, LastBytesTimeoutMs);
        }

        if (HasUnsent)
        {
            _isClosing = true;
            ClosingSockets.OfProcess.Add();
        }
    }

    private void ForgetBatch()
    {
        if (_isClosing)
        {
            ClosingSockets.OfProcess.Remove();
        }

        if (_piece > NoPiece)
        {
            _loop.Batch.Return(_piece - 1, EventLoop.Current == _loop);
            _piece = NoPiece;
        }
    }
}
