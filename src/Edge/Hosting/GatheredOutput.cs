using System.Collections.Concurrent;
using System.IO.Pipelines;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;

namespace Edge.Hosting;

/// <summary>
/// Has what an HTTP/2 connection writes in one turn of its loop encrypted together, and written there. Kestrel flushes after
/// every answer; each flush is a TLS record, which costs as much for an answer of 1 KB as all of HTTP/2 does. And it writes the
/// answers of all streams from one task, which the thread pool wakes up each time that there is one.
/// </summary>
/// <remarks>
/// <para>What is flushed goes out at the end of the turn, a whole record and more at once. Kestrel waits, and its limits of
/// slowness count, once <see cref="UnsentMax"/> bytes are not taken by the connection.</para>
/// <para>The task that writes resumes in the <see cref="SynchronizationContext"/> in which it began to wait, as every task does:
/// a flush on a thread of the pool leaves the loop's behind, and from then on the loop resumes it.</para>
/// </remarks>
internal sealed class GatheredOutput : IDuplexPipe, IThreadPoolWorkItem
{
    /// <summary>Bytes that wait for the connection before the writer does: what two large answers flush at a time.</summary>
    public const int UnsentMax = 128 * 1024;

    // What a large answer flushes at a time is one piece.
    private const int SegmentBytes = 64 * 1024;

    /// <summary>A record's most (RFC 8446, section 5.1).</summary>
    private const int RecordBytes = 16 * 1024;

    private readonly ConnectionContext _served;
    private readonly IDuplexPipe _connection;
    private readonly EventLoop _loop;
    private readonly LoopContext _context;
    private readonly ConcurrentQueue<KeyValuePair<SendOrPostCallback, object?>> _resumed = new();
    private readonly Pipe _frames;
    private Action<object?>? _sender;
    private object? _senderState;
    private bool _sendsAtOnce;
    private int _isPosted;

    private GatheredOutput(ConnectionContext served, EventLoop loop)
    {
        _served = served;
        _connection = served.Transport;
        _loop = loop;
        _context = new LoopContext(this);
        _frames = new Pipe(new PipeOptions(
            readerScheduler: new SenderScheduler(this),
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: UnsentMax,
            resumeWriterThreshold: UnsentMax / 2,
            minimumSegmentSize: SegmentBytes,
            useSynchronizationContext: false));
        Output = new FrameWriter(this, _frames.Writer);
    }

    /// <inheritdoc/>
    public PipeReader Input => _connection.Input;

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>
    /// Serves a connection of HTTP/2, and ends once all that was written is sent or can't be. To Kestrel a stream is over once
    /// its end is written. How long the caller may take for the rest is for the connection to say, as ever.
    /// </summary>
    /// <param name="connection">Whose transport takes what is written.</param>
    /// <param name="loop">That serves it.</param>
    /// <param name="next">Serves what is on it.</param>
    public static async Task ServeAsync(ConnectionContext connection, EventLoop loop, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var gathered = new GatheredOutput(connection, loop);
        connection.Transport = gathered;
        var sending = gathered.SendAsync();
        try
        {
            await next(connection);
        }
        finally
        {
            await gathered._frames.Writer.CompleteAsync();
            await sending;
            connection.Transport = transport;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        SynchronizationContext.SetSynchronizationContext(_context);
        for (var left = _resumed.Count; left > 0 && _resumed.TryDequeue(out var resumed); left--)
        {
            resumed.Key(resumed.Value);
        }

        SynchronizationContext.SetSynchronizationContext(null);
        if (Interlocked.Exchange(ref _sender, null) is { } sender)
        {
            sender(_senderState);
        }

        Volatile.Write(ref _isPosted, 0);
        Interlocked.MemoryBarrier();
        if (!_resumed.IsEmpty || Volatile.Read(ref _sender) is not null)
        {
            Post();
        }
    }

    private void Post()
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            _loop.Post(this);
        }
    }

    private async Task SendAsync()
    {
        var frames = _frames.Reader;
        try
        {
            bool isOver;
            do
            {
                var written = await frames.ReadAsync();
                isOver = written.IsCompleted;
                foreach (var piece in written.Buffer)
                {
                    var flushed = await _connection.Output.WriteAsync(piece);
                    isOver |= flushed.IsCompleted;
                }

                frames.AdvanceTo(written.Buffer.End);
            }
            while (!isOver);
        }
        catch (Exception exception)
        {
            // The connection is broken, as a rule. Whatever it is, nothing is sent any more: nothing is to be taken either.
            _served.Abort(new ConnectionAbortedException("What is written can't be sent.", exception));
        }
        finally
        {
            await frames.CompleteAsync();
        }
    }

    /// <summary>Wakes the sender. One at a time.</summary>
    private sealed class SenderScheduler(GatheredOutput output) : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state)
        {
            if (output._sendsAtOnce)
            {
                action(state);
                return;
            }

            output._senderState = state;
            Volatile.Write(ref output._sender, action);
            output.Post();
        }
    }

    /// <summary>Has what waits in it resumed on the loop.</summary>
    private sealed class LoopContext(GatheredOutput output) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            output._resumed.Enqueue(new(d, state));
            output.Post();
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

        public override SynchronizationContext CreateCopy() => this;
    }

    /// <summary>What Kestrel writes to.</summary>
    private sealed class FrameWriter(GatheredOutput output, PipeWriter frames) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => frames.UnflushedBytes;

        public override void Advance(int bytes) => frames.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => frames.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => frames.GetSpan(sizeHint);

        public override void CancelPendingFlush() => frames.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => frames.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
            {
                // The pool clears it when it has run what it is running. The thread of the heartbeats, which flushes too, would
                // keep it.
                SynchronizationContext.SetSynchronizationContext(output._context);
            }

            output._sendsAtOnce = frames.UnflushedBytes >= RecordBytes;
            return frames.FlushAsync(cancellationToken);
        }
    }
}
