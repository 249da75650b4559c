using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Transport;

/// <summary>
/// A caller's connection, as Kestrel expects it from a transport. It owns its socket. Kestrel disposes it when the last request
/// on it is over; where that was not read to its end, the socket then lingers (<see cref="LingeringSockets"/>).
/// </summary>
internal sealed class LoopConnection : ConnectionContext, IDuplexPipe, ILoopSocketOwner, IThreadPoolWorkItem
{
    private static long LastId;

    private readonly LoopSocket _socket;
    private readonly SocketReader _reader;
    private readonly SocketWriter _writer;
    private readonly LingeringSockets _lingering;
    private readonly SlowReceivers _slow;
    private readonly CancellationTokenSource _closed = new();
    private readonly long _number = Interlocked.Increment(ref LastId);
    private IDictionary<object, object?>? _items;
    private string? _id;
    private volatile ConnectionAbortedException? _abortReason;
    private int _isEndTold;
    private volatile bool _isMidRequest;
    private IConnectionWatcher? _watcher;
    private ConnectionGate? _gate;
    private UInt128? _gateKey;
    private StreamCounts _streams;

    /// <summary>Takes an accepted descriptor over.</summary>
    public LoopConnection(
        EventLoop loop, int descriptor, EndPoint? local, EndPoint? remote, LingeringSockets lingering, SlowReceivers slow,
        Heartbeats heartbeats)
    {
        Heartbeat = new Heartbeat(this, heartbeats);
        _lingering = lingering;
        _slow = slow;
        _socket = new LoopSocket(loop, descriptor, this);
        _reader = new SocketReader(this, _socket);
        _writer = new SocketWriter(this, _socket);
        LocalEndPoint = local ?? _socket.LocalEndPoint();
        RemoteEndPoint = remote;
        Features = new ConnectionFeatures(Heartbeat) { [typeof(LoopConnection)] = this };
        Transport = this;
        ConnectionClosed = _closed.Token;
    }

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => _id ??= _number.ToString("x", CultureInfo.InvariantCulture);
        set => _id = value;
    }

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; }

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>Why the server broke the connection, once it has.</summary>
    public ConnectionAbortedException? AbortReason => _abortReason;

    /// <inheritdoc/>
    public PipeReader Input => _reader;

    /// <inheritdoc/>
    public PipeWriter Output => _writer;

    /// <summary>
    /// From now on tells of the connection's end, also where that has come already; the one that was told before is forgotten.
    /// Costs no memory, which a registration with <see cref="ConnectionClosed"/> does.
    /// </summary>
    public void Tell(IConnectionWatcher watcher)
    {
        // The one side writes the watcher and then asks for the end, the other says that it is there and then looks for a
        // watcher.
        Volatile.Write(ref _watcher, watcher);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isEndTold) != 0)
        {
            watcher.OnConnectionEnded();
        }
    }

    /// <summary>It has entered a gate, which it leaves when its socket is closed.</summary>
    public void LeavesGate(ConnectionGate gate, UInt128? key) => (_gate, _gateKey) = (gate, key);

    /// <summary>Has the loop watch the socket. False: the system would not, and the connection is to be disposed.</summary>
    public bool TryWatch() => _socket.Watch() >= 0;

    /// <summary>
    /// True while the peer may be sending a request, as far as is known: something came since the last one that was read to its
    /// end. Set by who receives, and by who serves requests.
    /// </summary>
    public bool IsMidRequest
    {
        get => _isMidRequest;
        set => _isMidRequest = value;
    }

    /// <summary>True while what is to be sent waits for the peer to take what was. Any thread.</summary>
    public bool IsWaitingToSend => _socket.IsWritableAwaited;

    /// <summary>Bytes that the peer has taken, ever. Any thread.</summary>
    public long TakenBytes => _writer.SentBytes - _socket.UntakenBytes();

    /// <summary>What is to be sent has begun to wait for the peer, whose patience with it has limits.</summary>
    public void BeganToWait() => _slow.Add(this);

    /// <summary>What the server looks after once a second.</summary>
    public Heartbeat Heartbeat { get; }

    /// <summary>How its streams have ended, where it has any.</summary>
    public ref StreamCounts Streams => ref _streams;

    /// <summary>The loop that serves it.</summary>
    public EventLoop Loop => _socket.Loop;

    /// <summary>
    /// True where an abort resets the connection only after what its loop has been given to do: what the loop is to send before,
    /// such as the reason, is not lost.
    /// </summary>
    public bool AbortsAfterTurn { get; set; }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _abortReason ??= abortReason;
        if (AbortsAfterTurn)
        {
            Loop.Post(this);
        }
        else
        {
            ((IThreadPoolWorkItem)this).Execute();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        _socket.Reset();
        TellEnd();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Heartbeat.Stop();
        var isPeerDone = _reader.HasEnded || _abortReason is not null;
        _reader.Complete();
        _writer.Complete();
        if (!isPeerDone && !_socket.IsClosed && (_isMidRequest || _socket.MayReceive))
        {
            _lingering.Take(_socket, Interlocked.Exchange(ref _gate, null), _gateKey);
        }
        else
        {
            _socket.Shutdown();
            _socket.Dispose();
        }

        TellEnd();
        return base.DisposeAsync();
    }

    void ILoopSocketOwner.OnReadable() => _reader.OnReadable();

    void ILoopSocketOwner.OnWritable() => _writer.OnWritable();

    void ILoopSocketOwner.OnPeerEnded() => TellEnd();

    void ILoopSocketOwner.OnClosed() => Interlocked.Exchange(ref _gate, null)?.Leave(_gateKey);

    // Not on the loop's thread: what is registered there is Kestrel's and may take its time.
    private void TellEnd()
    {
        if (Interlocked.Exchange(ref _isEndTold, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static connection =>
                {
                    Volatile.Read(ref connection._watcher)?.OnConnectionEnded();
                    connection._closed.Cancel();
                },
                this,
                preferLocal: false);
        }
    }
}
