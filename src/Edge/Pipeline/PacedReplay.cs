using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Threading;

namespace Edge.Pipeline;

/// <summary>Gives a kept stream event by event, with a pause between two.</summary>
internal static class PacedReplay
{
    /// <summary>True where the answer, whose head is written, is a stream.</summary>
    public static bool IsFor(RequestContext context) =>
        context.ResponseHeaders.ContentType is [{ } type]
        && type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>Gives all of it. Whoever calls lets go of what is held.</summary>
    public static async PooledValueTask<StageResult> RunAsync(RequestContext context, CachePin pin, TimeSpan every)
    {
        var cursor = pin.Body;
        while (true)
        {
            var isLast = !PutEvent(context, pin, ref cursor);
            if (isLast)
            {
                context.EventStream?.WriteHeld(context.ResponseBody.Writer);
            }

            var flushed = await context.ResponseBody.Writer.FlushAsync();
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return StageResult.Failed(Failure.CallerGone);
            }

            if (isLast)
            {
                return StageResult.Responded;
            }

            await Task.Delay(every, context.Exchange.Time);
        }
    }

    /// <summary>Writes up to the end of an event, which is a blank line.</summary>
    /// <returns>False where nothing is left behind it.</returns>
    private static bool PutEvent(RequestContext context, CachePin pin, ref CacheCursor cursor)
    {
        var isAtLineStart = false;
        while (pin.TryRead(ref cursor, out var run))
        {
            var length = 0;
            var isEnd = false;
            while (length < run.Length && !isEnd)
            {
                var next = run[length++];
                isEnd = next == '\n' && isAtLineStart;
                isAtLineStart = next == '\n' || (next == '\r' && isAtLineStart);
            }

            CachePin.Unread(ref cursor, run.Length - length);
            Put(context, run[..length]);
            if (isEnd)
            {
                return CachePin.HasMore(cursor);
            }
        }

        return false;
    }

    private static void Put(RequestContext context, ReadOnlySpan<byte> run)
    {
        context.ResponseBytes += run.Length;
        if (context.EventStream is { } stream)
        {
            stream.Write(context.ResponseBody.Writer, run);
        }
        else
        {
            context.ResponseBody.Writer.Put(run);
        }
    }
}
