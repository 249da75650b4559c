using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Edge.Core.Memory;

namespace Edge.Transport;

/// <summary>
/// What a connection sends, as the pipe writer that Kestrel expects; but no pipe is behind it. A flush gives the bytes to the
/// kernel at once, and one that must wait, because the peer does not take them, goes on from the loop's thread. Memory is rented
/// when there is something to write and returned when the kernel has it all.
/// </summary>
/// <remarks>
/// For one writer at a time, except <see cref="CancelPendingFlush"/>, which is for any thread. After the connection broke,
/// flushes are complete at once, say so, and drop what was written.
/// </remarks>
internal sealed class SocketWriter : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private const int FullBlocksMin = 4;

    private readonly LoopConnection _connection;
    private readonly LoopSocket _socket;
    private WrittenBlock[] _full = [];
    private ManualResetValueTaskSourceCore<FlushResult> _waiting;
    private CancellationTokenRegistration _cancellation;
    private byte[]? _block;
    private int _fullCount;
    private int _start;
    private int _end;
    private long _fullBytes;
    private long _sentBytes;
    private bool _isBroken;
    private bool _isCompleted;
    private int _isCancelled;

    /// <summary>The writer of a connection's socket.</summary>
    public SocketWriter(LoopConnection connection, LoopSocket socket)
    {
        _connection = connection;
        _socket = socket;
    }

    /// <summary>Bytes that the kernel was given, ever. Any thread.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _fullBytes + _end - _start;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _block.AsMemory(_end);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _block.AsSpan(_end);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);

        // Completed by an abort after the memory was asked for: what is in it goes nowhere.
        if (bytes > 0 && !_isCompleted)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_block?.Length ?? 0) - _end);
            _end += bytes;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<FlushResult>(cancellationToken);
            }

            if (Interlocked.Exchange(ref _isCancelled, 0) != 0)
            {
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, _isBroken));
            }

            if (TrySend())
            {
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, _isBroken));
            }

            _waiting.Reset();
            var version = _waiting.Version;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(
                    static state => ((SocketWriter)state!).CancelWait(), this);
            }

            if (_socket.TryAwaitWritable())
            {
                _connection.BeganToWait();

                // Whoever cancels comes either before the wait, and then finds nothing to take back, or after it.
                if (Volatile.Read(ref _isCancelled) != 0 || cancellationToken.IsCancellationRequested)
                {
                    CancelWait();
                }

                return new ValueTask<FlushResult>(this, version);
            }

            _cancellation.Dispose();
            _cancellation = default;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        // What the kernel takes at once need not be copied.
        if (UnflushedBytes == 0 && !_isBroken && !source.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            var sent = Counted(_socket.Send(source.Span));
            if (sent == source.Length)
            {
                return FlushAsync(cancellationToken);
            }

            source = source[Math.Max(sent, 0)..];
        }

        System.Buffers.BuffersExtensions.Write(this, source.Span);
        return FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        Volatile.Write(ref _isCancelled, 1);
        CancelWait();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (!_isCompleted)
        {
            _isCompleted = true;
            var isAwaited = _socket.TryStopAwaitingWritable();
            if (!isAwaited)
            {
                // Written but not flushed: it is the last chance.
                TrySend();
            }

            Drop();
            _isBroken = true;
            if (isAwaited)
            {
                // Nobody ought to wait any more; who does all the same is not left waiting.
                _waiting.SetResult(new FlushResult(isCanceled: false, isCompleted: true));
            }
        }
    }

    /// <summary>The socket can be written to: goes on, and ends the wait when all is sent. Called on the loop's thread.</summary>
    public void OnWritable()
    {
        while (!TrySend())
        {
            if (_socket.TryAwaitWritable())
            {
                return;
            }
        }

        _cancellation.Dispose();
        _cancellation = default;
        _waiting.SetResult(new FlushResult(isCanceled: false, _isBroken));
    }

    /// <summary>A wait that was taken back ends; what is not sent stays for the next flush. Runs on the loop's thread.</summary>
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

        _waiting.SetResult(new FlushResult(isCanceled: true, _isBroken));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private void CancelWait()
    {
        if (_socket.TryStopAwaitingWritable())
        {
            _socket.Loop.Post(this);
        }
    }

    private void EnsureRoom(int sizeHint)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing is written after the writer was completed.");
        }

        var room = (_block?.Length ?? 0) - _end;
        if (_block is not null && room >= Math.Max(sizeHint, 1))
        {
            return;
        }

        var size = _block is null ? BlockPool.SmallBytes : BlockPool.After(_block.Length);
        if (_block is not null)
        {
            if (_fullCount == _full.Length)
            {
                Array.Resize(ref _full, Math.Max(_fullCount * 2, FullBlocksMin));
            }

            _full[_fullCount++] = new WrittenBlock(_block, _start, _end);
            _fullBytes += _end - _start;
        }

        _block = BlockPool.Rent(Math.Max(size, sizeHint));
        _start = 0;
        _end = 0;
    }

    private int Counted(int sent)
    {
        Volatile.Write(ref _sentBytes, _sentBytes + Math.Max(sent, 0));
        return sent;
    }

    /// <summary>Sends what the kernel takes. False: it does not take all of it now.</summary>
    private bool TrySend()
    {
        while (!_isBroken && UnflushedBytes > 0)
        {
            var sent = Counted(_fullCount == 0 ? _socket.Send(_block.AsSpan(_start, _end - _start)) : SendBlocks());
            if (sent >= 0)
            {
                Forget(sent);
            }
            else if (sent == LinuxSocket.WouldBlock)
            {
                return false;
            }
            else
            {
                _isBroken = true;
            }
        }

        Drop();
        return true;
    }

    // Most of the time there is one, that was too small for what came after the head, and the last.
    private int SendBlocks()
    {
        var last = _block.AsSpan(_start, _end - _start);
        return _fullCount == 1
            ? _socket.Send(_full[0].Rest, last, default)
            : _socket.Send(_full[0].Rest, _full[1].Rest, _fullCount == 2 ? last : default);
    }

    private void Forget(int sent)
    {
        var gone = 0;
        while (gone < _fullCount && sent >= _full[gone].Rest.Length)
        {
            var block = _full[gone++];
            sent -= block.Rest.Length;
            _fullBytes -= block.Rest.Length;
            BlockPool.Return(block.Bytes);
        }

        _fullCount -= gone;
        _full.AsSpan(gone, _fullCount).CopyTo(_full);
        _full.AsSpan(_fullCount, gone).Clear();
        if (_fullCount == 0)
        {
            _start += sent;
        }
        else
        {
            _full[0].Start += sent;
            _fullBytes -= sent;
        }
    }

    private void Drop()
    {
        for (var i = 0; i < _fullCount; i++)
        {
            BlockPool.Return(_full[i].Bytes);
        }

        _full.AsSpan(0, _fullCount).Clear();
        _fullCount = 0;
        _fullBytes = 0;
        if (_block is not null && !_isCompleted)
        {
            BlockPool.Return(_block);
        }

        // Whoever asked for memory before an abort completed the writer may still be filling it: then it must not be rented out
        // again, and the collector gets it.
        _block = null;

        _start = 0;
        _end = 0;
    }

    /// <summary>A block that is full, and how much of it is sent.</summary>
    private struct WrittenBlock(byte[] bytes, int start, int end)
    {
        public readonly byte[] Bytes => bytes;

        public int Start { get; set; } = start;

        public readonly ReadOnlySpan<byte> Rest => bytes.AsSpan(Start, end - Start);
    }
}
