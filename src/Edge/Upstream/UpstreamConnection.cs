// CA2012: a receive is kept in a field, so that one which nobody awaited can be waited for before its buffer goes. It is awaited
// once: by whoever asked for it, or by ReleaseAsync.
#pragma warning disable CA2012
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Edge.Core.Http;
using Edge.Core.Memory;
using Edge.Transport;

namespace Edge.Upstream;

/// <summary>
/// One connection to a target: socket, TLS if any, and the receive buffer. It belongs either to its <see cref="UpstreamPool"/>
/// (idle, and watched by its loop, so that a stray byte or an end is noticed) or to exactly one exchange.
/// </summary>
/// <remarks>
/// Ownership is one number, the lease: an exchange takes it with <see cref="BeginExchange"/> and gives it back with
/// <see cref="TryEndExchange"/>. Whoever wants to break in from another thread (a timeout, a caller that went away) must win the
/// same number by <see cref="TryAbort"/>; so a late timeout can never hit the next exchange, and an aborted connection can never
/// go back to the pool. No two exchanges of the process have the same one. All other members are for the owner alone.
/// The receive buffer is there only while there are bytes in it: a quiet connection holds none.
/// </remarks>
internal sealed class UpstreamConnection : IReceiveRoom, IDisposable
{
    /// <summary>Receive buffer for a head and a stream of small events.</summary>
    public const int SmallBufferBytes = BlockPool.SmallBytes;

    /// <summary>Receive buffer while a large body passes.</summary>
    public const int LargeBufferBytes = BlockPool.LargeBytes;

    private static int LastNumber;

    private readonly SocketChannel _channel;
    private readonly SslStream? _tls;
    private readonly long _firstLease = (long)Interlocked.Increment(ref LastNumber) << 32;
    private byte[]? _buffer;
    private int _bufferBytes = SmallBufferBytes;
    private int _start;
    private int _end;
    private ValueTask<int> _pendingReceive;
    private bool _receivePending;
    private long _lease;
    private long _exchanges;
    private int _abortReason;
    private int _closed;

    /// <summary>Takes ownership of a connected socket and of the TLS session on it.</summary>
    /// <param name="channel">The socket.</param>
    /// <param name="tls">The session; null: none.</param>
    /// <param name="headBytesMax">Most bytes of an answer's head.</param>
    /// <param name="createdAtMs">The time, on the sweeper's clock.</param>
    /// <param name="pool">Where its deadlines are looked at.</param>
    public UpstreamConnection(
        SocketChannel channel, SslStream? tls, int headBytesMax, long createdAtMs, UpstreamPool? pool)
    {
        _channel = channel;
        _tls = tls;
        Head = new ResponseHead(headBytesMax);
        CreatedAtMs = createdAtMs;
        Deadlines = new ExchangeDeadlines(this, pool);
    }

    /// <summary>The loop that it lives on.</summary>
    public EventLoop Loop => _channel.Loop;

    /// <summary>The head of the current answer; offsets in it count from <see cref="Received"/>.</summary>
    public ResponseHead Head { get; }

    /// <summary>When the current exchange is to be given up; read by the sweeper.</summary>
    public ExchangeDeadlines Deadlines { get; }

    /// <summary>When it was connected, on the sweeper's clock.</summary>
    public long CreatedAtMs { get; }

    /// <summary>When it became idle, on the sweeper's clock. Meaningful while the pool owns it.</summary>
    public long IdleSinceMs { get; set; }

    /// <summary>Its place in <see cref="ConnectionRound"/>, whose own this is; -1: it has none.</summary>
    public int RoundIndex { get; set; } = -1;

    /// <summary>True where it is looked at out of turn; likewise.</summary>
    public bool IsLookedAtSoon { get; set; }

    /// <summary>True once it has been idle: the target may have closed it behind our back.</summary>
    public bool HasRested { get; private set; }

    /// <summary>
    /// Cancelled by <see cref="TryAbort"/>, for an owner that may wait for another than this connection; null: nobody does.
    /// </summary>
    public CancellationTokenSource? Broken { get; set; }

    /// <summary>Why it was aborted from outside, or <see cref="Failure.None"/>.</summary>
    public Failure AbortReason => (Failure)Volatile.Read(ref _abortReason);

    /// <summary>The exchange that now owns the connection; zero or less when none does.</summary>
    public long Lease => Volatile.Read(ref _lease);

    /// <summary>Bytes received and not yet consumed.</summary>
    public ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The same, for a write that may wait. Valid until the next <see cref="ReceiveAsync"/>.</summary>
    public ReadOnlyMemory<byte> ReceivedMemory => _buffer.AsMemory(_start, _end - _start);

    /// <summary>True when the buffer has no room left: more was waiting than it could take.</summary>
    public bool IsFull => _end == _buffer?.Length;

    /// <summary>
    /// True while an idle connection is fit for use: neither a byte nor an end has come. What comes over TLS may be of TLS alone
    /// (tickets): there a pending read tells.
    /// </summary>
    public bool IsQuiet => _tls is null ? _channel.IsQuiet : !_pendingReceive.IsCompleted;

    /// <summary>
    /// The same, and the kernel has nothing either: neither an end that would fail the next request nor bytes that would be taken
    /// for its answer. The loop may tell too late, when it is busy with the request for which the connection is wanted. Costs a
    /// system call.
    /// </summary>
    public bool IsQuietNow => IsQuiet && _channel.IsQuietNow;

    /// <inheritdoc/>
    public Span<byte> Room =>
        (_buffer ??= BlockPool.Rent(_channel.BringsMuch ? LargeBufferBytes : _bufferBytes)).AsSpan(_end);

    /// <inheritdoc/>
    public void ReleaseRoom()
    {
        if (_start == _end)
        {
            ReturnBuffer();
        }
    }

    /// <summary>
    /// True where the kernel refused all of what was sent last. Over TLS that is not known: what it refused may be of TLS alone.
    /// </summary>
    public bool HasRefused => _tls is null && _channel.HasRefused;

    /// <summary>True where the kernel took some of what was sent last, but not all at once.</summary>
    public bool HasTakenPart => _channel.HasTakenPart;

    /// <summary>The exchange begins: the connection is its own until <see cref="TryEndExchange"/>.</summary>
    public long BeginExchange()
    {
        var lease = _firstLease + Interlocked.Increment(ref _exchanges);
        Volatile.Write(ref _lease, lease);
        return lease;
    }

    /// <summary>The exchange is over. False: somebody aborted it in the meantime, and the connection must be disposed.</summary>
    public bool TryEndExchange(long lease)
    {
        Deadlines.Clear();
        return Interlocked.CompareExchange(ref _lease, 0, lease) == lease;
    }

    /// <summary>
    /// Breaks the exchange from any thread: closes the socket, which ends every wait on it with an exception.
    /// Does nothing when that exchange is already over.
    /// </summary>
    public void TryAbort(long lease, Failure reason)
    {
        if (lease > 0 && Interlocked.CompareExchange(ref _lease, -lease, lease) == lease)
        {
            Volatile.Write(ref _abortReason, (int)reason);
            _channel.Dispose();
            Broken?.Cancel();
        }
    }

    /// <summary>Sends all bytes. Usually completes at once, from the kernel's buffer.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) =>
        _tls is null ? _channel.SendAsync(bytes) : _tls.WriteAsync(bytes);

    /// <summary>Tells the target that nothing more is sent. What it sends is still received.</summary>
    public async ValueTask EndSendingAsync()
    {
        if (_tls is not null)
        {
            await _tls.ShutdownAsync();
        }

        _channel.EndSending();
    }

    /// <summary>
    /// Receives more bytes behind those not yet consumed; one receive at a time, and asking again while it is outstanding gives
    /// the same one, which may be awaited once. Its end is told by <see cref="EndReceive"/>. Zero bytes are the end of the
    /// connection. The buffer must have room: see <see cref="EnsureRoom"/>.
    /// </summary>
    public ValueTask<int> ReceiveAsync()
    {
        if (!_receivePending)
        {
            _receivePending = true;
            _pendingReceive = _tls is null ? BeginReceive() : BeginReceive(_tls);
        }

        return _pendingReceive;
    }

    private ValueTask<int> BeginReceive()
    {
        if (_start == _end && (!_channel.MayReceive || _buffer?.Length < _bufferBytes))
        {
            // While it waits it needs no memory: the loop asks for Room when there are bytes.
            ReturnBuffer();
        }

        return _channel.ReceiveAsync(this);
    }

    // A session that was closed by an abort throws at once: whoever awaits is to see that like any other end.
    private ValueTask<int> BeginReceive(SslStream tls)
    {
        if (_start == _end && _buffer?.Length < _bufferBytes)
        {
            ReturnBuffer();
        }

        _buffer ??= BlockPool.Rent(_bufferBytes);
        try
        {
            return tls.ReadAsync(_buffer.AsMemory(_end));
        }
        catch (Exception exception) when (IsConnectionError(exception))
        {
            return ValueTask.FromException<int>(exception);
        }
    }

    /// <summary>
    /// The outstanding receive as a task, for a wait that may end before it. It takes the place of the value task, which can be
    /// awaited only once, so that <see cref="Dispose"/> may wait for it too.
    /// </summary>
    public Task<int> PendingReceiveAsTask()
    {
        var task = _pendingReceive.AsTask();
        _pendingReceive = new ValueTask<int>(task);
        return task;
    }

    /// <summary>The receive was awaited and put so many bytes into the buffer; zero also when it threw.</summary>
    public void EndReceive(int count)
    {
        _receivePending = false;
        _end += count;
    }

    /// <summary>Forgets bytes at the front of <see cref="Received"/>.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
    }

    /// <summary>
    /// Makes room to receive: moves what is there to the front, or takes a larger buffer when it is full. False: it already holds
    /// <paramref name="bytesMax"/> bytes.
    /// </summary>
    public bool EnsureRoom(int bytesMax)
    {
        if (_buffer is null || _end < _buffer.Length)
        {
            return true;
        }

        if (_start > 0)
        {
            Received.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            return true;
        }

        if (_buffer.Length >= bytesMax)
        {
            return false;
        }

        Enlarge(Math.Min(Math.Max(_buffer.Length * 4, LargeBufferBytes), bytesMax));
        return true;
    }

    /// <summary>
    /// True where <see cref="Receive"/> may be used: what comes is the target's as it is, and all that came has been consumed.
    /// </summary>
    public bool CanReceiveElsewhere => _tls is null && _start == _end;

    /// <summary>False: a receive would have to wait, as far as is known.</summary>
    public bool MayReceive => _channel.MayReceive;

    /// <summary>
    /// Receives what is there into memory of another's. Zero: the end. Negative: an error number, of which
    /// <see cref="LinuxSocket.WouldBlock"/> asks for <see cref="AwaitReadableAsync"/>.
    /// </summary>
    public int Receive(Span<byte> into) => _channel.Receive(into);

    /// <summary>
    /// Waits until <see cref="Receive"/> may find something. It needs no memory meanwhile: see <see cref="ReleaseRoom"/>.
    /// </summary>
    public ValueTask<int> AwaitReadableAsync() => _channel.AwaitReadableAsync();

    /// <summary>Large buffers for the rest of this exchange, since much is to come.</summary>
    public void ExpectMuch() => _bufferBytes = LargeBufferBytes;

    /// <summary>
    /// Prepares for the pool: gives the buffer back and, over TLS, leaves a read pending. False: bytes came that nobody asked
    /// for, or the end, or the target did not take all of its request; the connection must not be used again.
    /// </summary>
    public bool TryRest()
    {
        if (_end != _start || _channel.HasUnsent)
        {
            return false;
        }

        ReturnBuffer();
        _bufferBytes = SmallBufferBytes;
        Head.Reset();
        HasRested = true;
        return _tls is null ? _channel.IsQuiet : !ReceiveAsync().IsCompleted;
    }

    /// <summary>Closes the connection. A read that is still pending ends with it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _channel.Dispose();
        _ = ReleaseAsync();
    }

    private static async ValueTask<int> IgnoreAsync(ValueTask<int> receive)
    {
        try
        {
            return await receive;
        }
        catch (Exception e) when (IsConnectionError(e))
        {
            return 0;
        }
    }

    /// <summary>True for what socket and TLS stream throw when a connection breaks or is closed under a wait.</summary>
    public static bool IsConnectionError(Exception exception) =>
        exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException
            or AuthenticationException;

    private async Task ReleaseAsync()
    {
        // A receive that nobody awaited may still write into the buffer: it must end before the buffer or the TLS stream goes.
        if (_receivePending)
        {
            _receivePending = false;
            await IgnoreAsync(_pendingReceive);
        }

        ReturnBuffer();
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }
    }

    private void Enlarge(int bytes)
    {
        var larger = BlockPool.Rent(bytes);
        var received = Received;
        received.CopyTo(larger);
        var count = received.Length;
        ReturnBuffer();
        _buffer = larger;
        _end = count;
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            BlockPool.Return(_buffer);
            _buffer = null;
        }

        _start = 0;
        _end = 0;
    }
}
