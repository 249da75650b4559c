using System.IO.Pipelines;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// A server-sent event stream on its way to the caller: whole events pass at once, an unfinished one is held back until its end
/// has come, which no reader notices since it acts on whole events only. So it knows where a heartbeat or a last event of our
/// own may be put, and a stream that breaks never leaves half an event behind.
/// One for each stream; owns the bytes that it holds back.
/// </summary>
internal sealed class EventStream
{
    /// <summary>Longest unfinished event that is held back; a longer one passes in parts.</summary>
    public const int HeldBytesMax = 64 * 1024;

    // Kestrel's flush on HTTP/2 waits while 4096 bytes or more are queued, until fewer than 2048 are. A reset overtakes the
    // queue: with so much behind it, the error has left the queue before the flush ends.
    private const int Http2FlushBytes = 4096;

    private readonly HeadBuffer _held = new();
    private readonly StreamEnding? _ending;
    private readonly bool _hidesUsage;
    private SseEventTracker _events;
    private bool _isWithinEvent;

    /// <summary>A stream that begins.</summary>
    /// <param name="heartbeat">Quiet time after which the caller gets a comment line, or null for never.</param>
    /// <param name="ending">Knows the last event of a stream whose framing cannot tell the end from a cut; else null.</param>
    /// <param name="hidesUsage">True: the usage is taken out, and what says that there is none yet.</param>
    public EventStream(TimeSpan? heartbeat, StreamEnding? ending, bool hidesUsage)
    {
        _hidesUsage = hidesUsage;
        Heartbeat = heartbeat;
        _ending = ending;
    }

    /// <summary>Quiet time after which the caller gets a comment line.</summary>
    public TimeSpan? Heartbeat { get; }

    /// <summary>True where the stream has to end with an event that has not come.</summary>
    public bool LacksEnding => _ending is { HasCome: false };

    /// <summary>Hands on what has become whole.</summary>
    public void Write(PipeWriter to, ReadOnlySpan<byte> run)
    {
        _ending?.Take(run);
        var whole = _events.LastEventEnd(run);
        if (whole > 0)
        {
            if (_hidesUsage)
            {
                WriteWithoutUsage(to, run[..whole]);
            }
            else
            {
                WriteHeld(to);
                to.Put(run[..whole]);
            }

            _isWithinEvent = false;
        }

        if (whole == run.Length)
        {
            return;
        }

        _held.Write(run[whole..]);
        if (_held.Length > HeldBytesMax)
        {
            WriteHeld(to);
            _isWithinEvent = true;
        }
    }

    private void WriteWithoutUsage(PipeWriter to, ReadOnlySpan<byte> run)
    {
        if (_held.Length > 0)
        {
            _held.Write(run);
            run = _held.Written.Span;
        }

        while (UsageChunk.TryFind(run, out var start, out var length))
        {
            PutWithoutNull(to, run[..start]);
            run = run[(start + length)..];
        }

        PutWithoutNull(to, run);
        _held.ReturnMemory();
    }

    private static void PutWithoutNull(PipeWriter to, ReadOnlySpan<byte> run)
    {
        while (UsageChunk.TryFindNull(run, out var start, out var length))
        {
            to.Put(run[..start]);
            run = run[(start + length)..];
        }

        to.Put(run);
    }

    /// <summary>Hands on the unfinished event too, since the stream ended with it.</summary>
    public void WriteHeld(PipeWriter to)
    {
        if (_held.Length > 0)
        {
            to.Put(_held.Written.Span);
            _held.ReturnMemory();
        }
    }

    /// <summary>
    /// Ends a stream that broke, in the words of the dialect: the unfinished event is dropped, and an event says that this is an
    /// error. The body must then be flushed and aborted.
    /// </summary>
    public void WriteError(PipeWriter to, Dialect dialect, Failure failure, string? requestId, bool isHttp2)
    {
        _held.ReturnMemory();
        if (_isWithinEvent)
        {
            // Of an event that was too long to be held the caller has a part, which this ends.
            _held.Write("\n\n"u8);
        }

        ErrorBody.WriteStreamEvent(
            _held, dialect, Failures.StatusCode(failure), Failures.Code(failure), Failures.Message(failure), requestId);
        if (isHttp2)
        {
            var padding = _held.GetSpan(Http2FlushBytes)[..Http2FlushBytes];
            padding.Fill((byte)':');
            padding[^1] = (byte)'\n';
            _held.Advance(Http2FlushBytes);
        }

        WriteHeld(to);
    }

    /// <summary>
    /// Waits for a receive, and writes a comment line to the caller as often as the wait is longer than the heartbeat.
    /// </summary>
    public async Task<int> BeatUntilAsync(Task<int> receiving, TimeSpan every, RequestContext context, UpstreamExchange exchange)
    {
        while (true)
        {
            try
            {
                return await receiving.WaitAsync(every, exchange.Time);
            }
            catch (TimeoutException) when (!receiving.IsCompleted)
            {
                await BeatAsync(context);
            }
        }
    }

    /// <summary>Writes a comment line to the caller, where it would not fall into an event.</summary>
    public async Task BeatAsync(RequestContext context)
    {
        if (!_isWithinEvent)
        {
            context.ResponseBody.Writer.Put(": heartbeat\n\n"u8);
            await context.ResponseBody.Writer.FlushAsync();
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void ReturnMemory() => _held.ReturnMemory();
}
