using System.Buffers;
using System.IO.Pipelines;
using Edge.Core.Configuration;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// A server-sent event stream on its way to the caller: whole lines pass at once, an unfinished one is held back until its end
/// has come. It knows where the stream stands, and so where a heartbeat or a last event of our own may be put.
/// One for each stream; owns the bytes that it holds back.
/// </summary>
internal sealed class EventStream
{
    /// <summary>Longest unfinished line that is held back; a longer one passes in parts.</summary>
    public const int HeldBytesMax = 64 * 1024;

    private readonly HeadBuffer _held = new();
    private SseLineTracker _lines;
    private bool _isWithinLine;

    /// <summary>A stream that begins.</summary>
    /// <param name="heartbeat">Quiet time after which the caller gets a comment line, or null for never.</param>
    public EventStream(TimeSpan? heartbeat) => Heartbeat = heartbeat;

    /// <summary>Quiet time after which the caller gets a comment line.</summary>
    public TimeSpan? Heartbeat { get; }

    /// <summary>Hands on what has become whole.</summary>
    public void Write(PipeWriter to, ReadOnlySpan<byte> run)
    {
        var whole = _lines.LastLineEnd(run);
        if (whole > 0)
        {
            WriteHeld(to);
            to.Write(run[..whole]);
            _isWithinLine = false;
        }

        if (whole == run.Length)
        {
            return;
        }

        _held.Write(run[whole..]);
        if (_held.Length > HeldBytesMax)
        {
            WriteHeld(to);
            _isWithinLine = true;
        }
    }

    /// <summary>Hands on the unfinished line too, since the stream ended with it.</summary>
    public void WriteHeld(PipeWriter to)
    {
        if (_held.Length > 0)
        {
            to.Write(_held.Written.Span);
            _held.ReturnMemory();
        }
    }

    /// <summary>
    /// Ends a stream that broke, in the words of the dialect: the unfinished line is dropped, and an event says that this is an
    /// error. The body must then be aborted.
    /// </summary>
    public void WriteError(PipeWriter to, Dialect dialect, Failure failure, string? requestId)
    {
        if (_isWithinLine)
        {
            to.Write("\n\n"u8);
        }
        else if (_held.Length > 0 || !_lines.AtEventBoundary)
        {
            to.Write("\n"u8);
        }

        _held.ReturnMemory();
        ErrorBody.WriteStreamEvent(to, dialect, Failures.Code(failure), Failures.Message(failure), requestId);
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
            catch (TimeoutException)
            {
                if (!_isWithinLine)
                {
                    // One line end, not two: a blank line would end an event that the upstream has only begun.
                    context.ResponseBody.Writer.Write(": heartbeat\n"u8);
                    await context.ResponseBody.Writer.FlushAsync();
                }
            }
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void ReturnMemory() => _held.ReturnMemory();
}
