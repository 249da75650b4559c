using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Edge.Core.Memory;
using Microsoft.AspNetCore.Connections;

namespace Edge.Transport;

/// <summary>
/// What a connection receives, as the pipe reader that Kestrel expects; but no pipe is behind it. A read asks the socket itself,
/// and one that must wait is completed on the loop's thread, which runs the reader's continuation. Memory is rented when bytes
/// are there and returned when they have been consumed: a quiet connection holds none.
/// </summary>
/// <remarks>
/// For one reader at a time, except <see cref="CancelPendingRead"/>, which is for any thread. What is not read stays in the
/// kernel, which stops the peer (TCP's flow control), so there is no other limit.
/// </remarks>
internal sealed class SocketReader : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    // Less room than this left in a block, and the next bytes go to another.
    private const int RoomBytesMin = 512;

    private readonly LoopConnection _connection;
    private readonly LoopSocket _socket;
    private ManualResetValueTaskSourceCore<ReadResult> _waiting;
    private CancellationTokenRegistration _cancellation;
    private ReadBlock? _first;
    private ReadBlock? _last;
    private bool _hasUnexamined;
    private bool _hasEnded;
    private bool _isCompleted;
    private int _isCancelled;
    private Exception? _error;

    /// <summary>The reader of a connection's socket.</summary>
    public SocketReader(LoopConnection connection, LoopSocket socket)
    {
        _connection = connection;
        _socket = socket;
    }

    /// <summary>True once the end was received, or the connection broke.</summary>
    public bool HasEnded => _hasEnded;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ThrowIfCompleted();
        if (!TryTake(out result) && !(TryReceive() && TryTake(out result)))
        {
            return false;
        }

        return _error is null ? true : throw _error;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        while (true)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<ReadResult>(cancellationToken);
            }

            if (TryTake(out var result))
            {
                return _error is null ? new ValueTask<ReadResult>(result) : ValueTask.FromException<ReadResult>(_error);
            }

            if (TryReceive())
            {
                continue;
            }

            ShrinkHeld(BlockPool.MediumBytes);
            _waiting.Reset();
            var version = _waiting.Version;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(
                    static state => ((SocketReader)state!).CancelWait(), this);
            }

            if (_socket.TryAwaitReadable())
            {
                // Whoever cancels comes either before the wait, and then finds nothing to take back, or after it.
                if (Volatile.Read(ref _isCancelled) != 0 || cancellationToken.IsCancellationRequested)
                {
                    CancelWait();
                }

                return new ValueTask<ReadResult>(this, version);
            }

            _cancellation.Dispose();
            _cancellation = default;
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_last is null)
        {
            return;
        }

        _hasUnexamined = !ReferenceEquals(examined.GetObject(), _last) || examined.GetInteger() != _last.End;
        var upTo = (ReadBlock)consumed.GetObject()!;
        while (!ReferenceEquals(_first, upTo))
        {
            ReturnFirst();
        }

        upTo.Start = consumed.GetInteger();
        if (upTo.Start == upTo.End)
        {
            ReturnFirst();
        }

        ShrinkHeld(BlockPool.SmallBytes);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        Volatile.Write(ref _isCancelled, 1);
        CancelWait();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        if (_socket.TryStopAwaitingReadable())
        {
            // Nobody ought to wait any more; who does all the same is not left waiting.
            _waiting.SetResult(new ReadResult(default, isCanceled: true, isCompleted: true));
        }

        while (_first is not null)
        {
            ReturnFirst();
        }
    }

    /// <summary>The socket can be read: ends the wait. Called on the loop's thread.</summary>
    public void OnReadable()
    {
        ReadResult result;
        while (!TryTake(out result))
        {
            if (!TryReceive() && _socket.TryAwaitReadable())
            {
                return;
            }
        }

        _cancellation.Dispose();
        _cancellation = default;
        if (_error is null)
        {
            _waiting.SetResult(result);
        }
        else
        {
            _waiting.SetException(_error);
        }
    }

    /// <summary>A wait that was taken back ends. Runs on the loop's thread.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var token = _cancellation.Token;
        _cancellation.Dispose();
        _cancellation = default;
        if (Interlocked.Exchange(ref _isCancelled, 0) == 0 && token.IsCancellationRequested)
        {
            _waiting.SetException(new OperationCanceledException(token));
            return;
        }

        _waiting.SetResult(new ReadResult(Buffered(), isCanceled: true, isCompleted: _hasEnded));
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing is read after the reader was completed.");
        }
    }

    private void CancelWait()
    {
        if (_socket.TryStopAwaitingReadable())
        {
            _socket.Loop.Post(this);
        }
    }

    /// <summary>Hands out what is here and has not been examined yet, or the end.</summary>
    private bool TryTake(out ReadResult result)
    {
        if (Volatile.Read(ref _isCancelled) != 0 && Interlocked.Exchange(ref _isCancelled, 0) != 0)
        {
            result = new ReadResult(Buffered(), isCanceled: true, isCompleted: _hasEnded);
            return true;
        }

        if (_hasUnexamined || _hasEnded)
        {
            result = new ReadResult(Buffered(), isCanceled: false, isCompleted: _hasEnded);
            return true;
        }

        result = default;
        return false;
    }

    private ReadOnlySequence<byte> Buffered() =>
        _first is null ? default : new ReadOnlySequence<byte>(_first, _first.Start, _last!, _last!.End);

    /// <summary>Receives once. False: nothing was there.</summary>
    private bool TryReceive()
    {
        if (!_socket.MayReceive)
        {
            return false;
        }

        var block = _last is not null && _last.Room.Length >= RoomBytesMin ? _last
            : ReadBlock.Rent(NextBytes());
        var room = block.Room;
        var count = _socket.Receive(room);
        if (count > 0)
        {
            block.Received(count);
            _connection.IsMidRequest = true;
            _hasUnexamined = true;
            Append(block);
            return true;
        }

        if (!ReferenceEquals(block, _last))
        {
            block.Return();
        }

        if (count == LinuxSocket.WouldBlock)
        {
            return false;
        }

        _hasEnded = true;
        _error = _connection.AbortReason ?? (count == 0 ? null : ErrorOf(count));
        return true;
    }

    private static Exception ErrorOf(int result)
    {
        var inner = LinuxSocket.ExceptionOf(result);
        return inner.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown
            ? new ConnectionResetException(inner.Message, inner)
            : new IOException(inner.Message, inner);
    }

    // As much as the last event brought, but where some is held already only a little more than that.
    private int NextBytes()
    {
        if (_last is null)
        {
            return _socket.BringsMuch ? BlockPool.LargeBytes : BlockPool.SmallBytes;
        }

        return _last.Room.IsEmpty ? BlockPool.After(_last.Capacity) : BlockPool.SmallBytes;
    }

    /// <summary>
    /// Moves what is left, where it is no more than so many bytes, to a block that is no larger than it has to be: whoever sends
    /// a little and then nothing for long must not hold a large one with it.
    /// </summary>
    private void ShrinkHeld(int bytesMax)
    {
        if (_first is not { Capacity: > BlockPool.SmallBytes } block || block != _last || block.End - block.Start > bytesMax)
        {
            return;
        }

        var fitting = block.End - block.Start <= BlockPool.SmallBytes ? BlockPool.SmallBytes : BlockPool.MediumBytes;
        if (block.Capacity > fitting)
        {
            var small = ReadBlock.Rent(fitting);
            block.Memory.Span[block.Start..].CopyTo(small.Room);
            small.Received(block.End - block.Start);
            block.Return();
            _first = _last = small;
        }
    }

    private void Append(ReadBlock block)
    {
        if (_last is null)
        {
            _first = block;
        }
        else if (!ReferenceEquals(_last, block))
        {
            _last.Following = block;
        }

        _last = block;
    }

    private void ReturnFirst()
    {
        var block = _first!;
        _first = block.Following;
        if (_first is null)
        {
            _last = null;
        }

        block.Return();
    }
}
