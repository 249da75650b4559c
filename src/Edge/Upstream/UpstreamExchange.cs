using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Threading;

namespace Edge.Upstream;

/// <summary>
/// One request to a target and its answer, over one connection:
/// <code>
///   Open ── SendAsync ──┬── ReceiveHeadAsync ── TryReadBody / ReceiveMoreAsync ... ── CloseAsync
///                       └── StartUpload (a body that is still arriving, side by side with the answer)
/// </code>
/// The object is kept and used again for the next request of the same caller; between Open and CloseAsync it owns the connection.
/// All members are for one thread at a time, except <see cref="Abort"/>.
/// </summary>
/// <remarks>
/// Nothing here throws for what a network or a target can do: every step answers with a <see cref="Failure"/>.
/// </remarks>
internal sealed partial class UpstreamExchange
{
    /// <summary>Most interim (1xx) answers before the final one.</summary>
    public const int InterimResponsesMax = 8;

    private readonly UpstreamSweeper _sweeper;
    private UpstreamPool? _pool;
    private UpstreamConnection? _connection;
    private UpstreamTimeouts _timeouts = new();
    private long _lease;
    private bool _requestIsHead;
    private bool _requestIsWhole;
    private bool _requestSent;
    private int _requestBytes;
    private bool _anyReceived;
    private int _headLength;
    private BodyFraming _framing;
    private long _remaining;
    private ChunkedDecoder _chunks;
    private bool _bodyEnded;
    private bool _isDistrusted;

    /// <summary>An exchange that takes its time from the sweeper.</summary>
    public UpstreamExchange(UpstreamSweeper sweeper) => _sweeper = sweeper;

    /// <summary>
    /// The request's head, and its body where that is small and already here. Filled by the user each time before it is sent, and
    /// empty after that: an upstream that takes long to answer holds no memory of it.
    /// </summary>
    public HeadBuffer Request { get; } = new();

    /// <summary>Whose work it is: the target that was picked for it, on behalf of the user.</summary>
    public TargetPick Pick { get; } = new();

    /// <summary>Whose connection it uses; null while it is closed.</summary>
    public UpstreamPool? Pool => _pool;

    /// <summary>The final answer's head, after <see cref="ReceiveHeadAsync"/> succeeded.</summary>
    public ResponseHead Head => _connection!.Head;

    /// <summary>The bytes of that head, until <see cref="BeginBody"/>.</summary>
    public ReadOnlySpan<byte> HeadBytes => _connection!.Received[.._headLength];

    /// <summary>How the answer's body is framed.</summary>
    public BodyFraming Framing => _framing;

    /// <summary>True where the answer has no body, or an empty one of known length.</summary>
    public bool HasEmptyBody => _bodyEnded && _framing != BodyFraming.Chunked;

    /// <summary>The clock behind the sweeper's.</summary>
    public TimeProvider Time => _sweeper.Time;

    /// <summary>Trailers of the answer, once its body has ended; null without any.</summary>
    public TrailerSection? Trailers => _framing == BodyFraming.Chunked ? _chunks.Trailers : null;

    /// <summary>What exactly was wrong with the answer, for our own log; null where the failure says it all.</summary>
    public string? Fault { get; private set; }

    /// <summary>True while a connection is held.</summary>
    public bool IsOpen => _connection is not null;

    /// <summary>True when the connection had been idle before, and may have been closed behind our back.</summary>
    public bool IsReused => _connection is { HasRested: true };

    /// <summary>True when the kernel refused the request's first byte, so that the target cannot have seen any of it.</summary>
    public bool IsUnsent { get; private set; }

    /// <summary>True once a byte of an answer has come.</summary>
    public bool AnyReceived => _anyReceived;

    /// <summary>What the sweeper's clock will say after this long.</summary>
    public long DueIn(TimeSpan span) => After(span);

    /// <summary>Takes a connection over and starts the clock of the whole exchange where it is not running yet.</summary>
    /// <param name="pool">Where the connection goes back to.</param>
    /// <param name="connection">Owned by the exchange from here on.</param>
    /// <param name="timeouts">How long each step may take.</param>
    /// <param name="requestIsHead">True for HEAD, whose answer has no body.</param>
    /// <param name="wholeByMs">When everything must be over, on the sweeper's clock.</param>
    public void Open(
        UpstreamPool pool, UpstreamConnection connection, UpstreamTimeouts timeouts, bool requestIsHead, long wholeByMs)
    {
        _pool = pool;
        _connection = connection;
        _timeouts = timeouts;
        _requestIsHead = requestIsHead;
        _requestSent = false;
        _anyReceived = false;
        _headLength = 0;
        _framing = BodyFraming.None;
        _remaining = 0;
        _chunks = default;
        _bodyEnded = false;
        _isDistrusted = false;
        AsksUpgrade = false;
        Fault = null;
        IsUnsent = false;
        ResetUpload();
        _lease = connection.BeginExchange();
        connection.Deadlines.WholeBy(wholeByMs);
    }

    /// <summary>Receives until the final answer's head is whole. Interim answers are passed over.</summary>
    public async PooledValueTask<Failure> ReceiveHeadAsync()
    {
        var connection = _connection!;
        var interim = 0;
        try
        {
            while (true)
            {
                if (connection.Received.Length > 0)
                {
                    var failure = ParseHead(connection, ref interim, out var isFinal);
                    if (failure != Failure.None || isFinal)
                    {
                        connection.Deadlines.HeadIsHere();
                        return failure;
                    }
                }

                if (!connection.EnsureRoom(int.MaxValue))
                {
                    return Failure.UpstreamHeadTooLarge;
                }

                var received = await connection.ReceiveAsync();
                connection.EndReceive(received);
                if (received == 0)
                {
                    NoteRefusal(connection);
                    Fault = _anyReceived ? "the connection ended within the head" : null;
                    return ReasonElse(_anyReceived ? Failure.UpstreamHeadInvalid : Failure.UpstreamClosed);
                }

                _anyReceived = true;
            }
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            NoteRefusal(connection);
            return FailureOfReceive(exception, Failure.UpstreamClosed);
        }
    }

    // A send that was put off has failed in the meantime.
    private void NoteRefusal(UpstreamConnection connection) =>
        IsUnsent |= _requestIsWhole && connection.HasRefused && IsTakenAtOnce(connection);

    // A request that fits the kernel's buffer is taken whole or not at all, if that is empty.
    private bool IsTakenAtOnce(UpstreamConnection connection) =>
        _requestBytes <= UpstreamConnection.SmallBufferBytes
        && !connection.HasTakenPart
        && connection.AbortReason == Failure.None;

    /// <summary>The head has been read: its bytes are forgotten and the body begins.</summary>
    public void BeginBody()
    {
        var connection = _connection!;
        _framing = Head.FramingFor(_requestIsHead);
        _remaining = _framing == BodyFraming.ContentLength ? Head.ContentLength : 0;
        _bodyEnded = _framing == BodyFraming.None || (_framing == BodyFraming.ContentLength && _remaining == 0);
        connection.Head.ForgetFields();
        connection.Consume(_headLength);
        _headLength = 0;
        if (_remaining - connection.Received.Length > UpstreamConnection.SmallBufferBytes)
        {
            connection.ExpectMuch();
        }
    }

    /// <summary>
    /// Takes the next run of the body out of what has been received. The run is valid until <see cref="ReceiveMoreAsync"/>.
    /// </summary>
    public BodyStatus TryReadBody(out ReadOnlyMemory<byte> run)
    {
        run = default;
        if (_bodyEnded)
        {
            return BodyStatus.End;
        }

        var connection = _connection!;
        var received = connection.ReceivedMemory;
        if (_framing == BodyFraming.Chunked)
        {
            return TryReadChunked(connection, received, out run);
        }

        if (received.IsEmpty)
        {
            return BodyStatus.NeedMore;
        }

        if (_framing == BodyFraming.ContentLength)
        {
            run = received.Length <= _remaining ? received : received[..(int)_remaining];
            _remaining -= run.Length;
            _bodyEnded = _remaining == 0;
        }
        else
        {
            run = received;
        }

        connection.Consume(run.Length);
        return BodyStatus.Data;
    }

    /// <summary>
    /// Starts to receive more of the body. It may be outstanding while what was read before is flushed; before it is awaited
    /// comes <see cref="AwaitMore"/>, after it <see cref="EndReceive"/>. Awaiting it may throw what
    /// <see cref="UpstreamConnection.IsConnectionError"/> names, of which <see cref="FailureOfReceive"/> must then be told.
    /// </summary>
    public ValueTask<int> ReceiveMoreAsync()
    {
        var connection = _connection!;
        connection.EnsureRoom(UpstreamConnection.LargeBufferBytes);
        return connection.ReceiveAsync();
    }

    /// <summary>The receive that <see cref="ReceiveMoreAsync"/> started, to be waited for more than once. In its place.</summary>
    public Task<int> ReceivingAsTask() => _connection!.PendingReceiveAsTask();

    /// <summary>From now on the target is waited for, and the idle timeout runs.</summary>
    public void AwaitMore() => _connection!.Deadlines.ReceiveBy(After(_timeouts.Idle));

    /// <summary>The same, until a time on the sweeper's clock.</summary>
    public void AwaitMoreUntil(long timeMs) => _connection!.Deadlines.ReceiveBy(timeMs);

    /// <summary>True where a time of <see cref="DueIn"/> has come.</summary>
    public bool IsDue(long timeMs) => _sweeper.NowMs >= timeMs;

    /// <summary>Counts what was received; tells what its end means.</summary>
    public Failure EndReceive(int received)
    {
        var connection = _connection!;
        connection.Deadlines.ReceiveWheneverReady();
        connection.EndReceive(received);
        if (received > 0)
        {
            if (connection.IsFull)
            {
                // More was waiting than it could take.
                connection.ExpectMuch();
            }

            return Failure.None;
        }

        // Closing our own socket may show as an end too: one that we made ends no body.
        var failure = ReasonElse(_framing == BodyFraming.UntilClose ? Failure.None : Failure.UpstreamBodyIncomplete);
        _bodyEnded = failure == Failure.None;
        return failure;
    }

    /// <summary>
    /// The receive threw: what that means is the reason given by whoever aborted the connection, else
    /// <paramref name="otherwise"/>.
    /// </summary>
    public Failure FailureOfReceive(Exception exception, Failure otherwise)
    {
        _connection!.EndReceive(0);
        return FailureOf(exception, otherwise);
    }

    /// <summary>
    /// Breaks the exchange from any thread; its owner then sees <paramref name="reason"/>. Harmless when it is over.
    /// </summary>
    public void Abort(Failure reason)
    {
        var connection = _connection;
        connection?.TryAbort(Volatile.Read(ref _lease), reason);
    }

    /// <summary>What it holds now: enough to break it, and nothing that comes after it, later on.</summary>
    public (UpstreamConnection? Connection, long Lease) Holding => (_connection, Volatile.Read(ref _lease));

    /// <summary>
    /// The answer was not what it ought to be, even if its framing held: the connection will not be used again.
    /// </summary>
    public void Distrust() => _isDistrusted = true;

    /// <summary>
    /// Ends the exchange. The connection goes back to its pool when both messages were whole, the answer's end was told by its
    /// framing and not one byte is left over; otherwise it is closed. Waits for an upload that is still running.
    /// </summary>
    public ValueTask CloseAsync()
    {
        if (_connection is not { } connection)
        {
            return ValueTask.CompletedTask;
        }

        if (HasUpload)
        {
            return StopAndCloseAsync(connection);
        }

        Close(connection);
        return ValueTask.CompletedTask;
    }

    private async ValueTask StopAndCloseAsync(UpstreamConnection connection)
    {
        await StopUploadAsync(connection);
        Close(connection);
    }

    private void Close(UpstreamConnection connection)
    {
        var isWhole = _bodyEnded && _requestSent && _framing != BodyFraming.UntilClose;
        var reusable = isWhole && !_isDistrusted && connection.Head.MayPersist && connection.Received.IsEmpty;
        _connection = null;
        if (connection.TryEndExchange(_lease) && reusable)
        {
            _pool!.Return(connection);
        }
        else
        {
            _pool!.Close(connection);
        }

        _pool = null;
    }

    private BodyStatus TryReadChunked(UpstreamConnection connection, ReadOnlyMemory<byte> received, out ReadOnlyMemory<byte> run)
    {
        var status = _chunks.Read(received.Span, out var consumed, out var start, out var length);
        run = received.Slice(start, length);
        connection.Consume(consumed);
        switch (status)
        {
            case ChunkedStatus.Data:
                return BodyStatus.Data;
            case ChunkedStatus.End:
                _bodyEnded = true;
                return BodyStatus.End;
            case ChunkedStatus.Invalid:
                Fault = _chunks.Fault;
                return BodyStatus.Invalid;
            default:
                return BodyStatus.NeedMore;
        }
    }

    private Failure FailureOf(Exception exception, Failure otherwise)
    {
        if (_connection!.AbortReason == Failure.None)
        {
            Fault = exception.Message;
        }

        return ReasonElse(otherwise);
    }

    /// <summary>
    /// Why the connection was aborted from outside, if it was; that explains whatever was seen on it afterwards.
    /// </summary>
    private Failure ReasonElse(Failure otherwise)
    {
        var reason = _connection!.AbortReason;
        return reason == Failure.None ? otherwise : reason;
    }

    private Failure ParseHead(UpstreamConnection connection, ref int interim, out bool isFinal)
    {
        isFinal = false;
        while (true)
        {
            var head = connection.Head;
            switch (head.Parse(connection.Received, out _headLength))
            {
                case ParseStatus.NeedMore:
                    return Failure.None;
                case ParseStatus.Invalid:
                    Fault = head.Fault;
                    return head.Failure;
            }

            if (!head.IsInformational || (head.StatusCode == 101 && AsksUpgrade))
            {
                isFinal = true;
                return Failure.None;
            }

            // Nobody asked for an upgrade, so 101 makes no sense; and a target must not keep us busy with interim answers.
            if (head.StatusCode == 101 || ++interim > InterimResponsesMax)
            {
                Fault = head.StatusCode == 101 ? "unasked switch of protocols" : "too many interim responses";
                return Failure.UpstreamHeadInvalid;
            }

            if (head.StatusCode == 100)
            {
                ContinueUpload();
            }

            connection.Consume(_headLength);
            head.Reset();
        }
    }

    private void RequestIsSent()
    {
        _requestSent = true;
        _connection!.Deadlines.HeadBy(After(_timeouts.FirstByte));
    }

    private long After(TimeSpan span) => _sweeper.NowMs + (span.Ticks / TimeSpan.TicksPerMillisecond);
}

/// <summary>What <see cref="UpstreamExchange.TryReadBody"/> found.</summary>
internal enum BodyStatus
{
    /// <summary>A run of the body.</summary>
    Data,

    /// <summary>Nothing more without receiving.</summary>
    NeedMore,

    /// <summary>The body is whole.</summary>
    End,

    /// <summary>The framing is broken.</summary>
    Invalid,
}
