using System.Buffers;
using System.Runtime.CompilerServices;
using Edge.Core.Http;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// Hands the body of an answer on to the caller as it arrives: every wake-up that brought bytes ends with a flush, and the
/// upstream's socket is read no further than one buffer ahead of what the caller has taken.
/// </summary>
/// <remarks>
/// Of an event stream only whole lines are handed on; an unfinished one waits for its end. So a stream that breaks can be closed
/// with an event that the caller's parser understands, instead of half a line of JSON.
/// </remarks>
internal static class ResponseRelay
{
    /// <summary>Bytes handed to the caller's connection before it is flushed even though more are here.</summary>
    public const int UnflushedBytesMax = 64 * 1024;

    /// <summary>Relays until the body's end. The head has been copied to the answer, which has not started.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Failure> RunAsync(RequestContext context, UpstreamExchange exchange)
    {
        if (exchange.HasEmptyBody)
        {
            return Failure.None;
        }

        // Writes the head into the connection's buffer; it leaves with the first flush.
        await context.ResponseBody.StartAsync();
        var stream = context.EventStream;
        while (true)
        {
            var status = Drain(context, exchange, stream);
            if (status == BodyStatus.End)
            {
                // Not flushed here: the server sends the end of the body in the same packet.
                ResponseTrailers.Copy(context, exchange);
                return Failure.None;
            }

            var receiving = status == BodyStatus.NeedMore ? exchange.ReceiveMoreAsync() : default;
            if (!receiving.IsCompleted || status != BodyStatus.NeedMore)
            {
                var flushed = await context.ResponseBody.Writer.FlushAsync();
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    return Failure.CallerGone;
                }
            }

            if (status == BodyStatus.Invalid)
            {
                return Failure.UpstreamBodyInvalid;
            }

            if (status == BodyStatus.NeedMore)
            {
                exchange.AwaitMore();
                Failure failure;
                try
                {
                    var received = stream is { Heartbeat: { } every }
                        ? await stream.BeatUntilAsync(receiving.AsTask(), every, context, exchange)
                        : await receiving;
                    failure = exchange.EndReceive(received);
                }
                catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
                {
                    failure = exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
                }

                if (failure != Failure.None)
                {
                    return failure;
                }
            }
        }
    }

    /// <summary>Copies what has been received to the caller's connection. Data: there is more, but a flush is due.</summary>
    private static BodyStatus Drain(RequestContext context, UpstreamExchange exchange, EventStream? stream)
    {
        var writer = context.ResponseBody.Writer;
        var unflushed = 0;
        while (unflushed < UnflushedBytesMax)
        {
            var status = exchange.TryReadBody(out var run);
            if (status != BodyStatus.Data)
            {
                if (status == BodyStatus.End)
                {
                    stream?.WriteHeld(writer);
                }

                return status;
            }

            context.ResponseBytes += run.Length;
            unflushed += run.Length;
            if (stream is null)
            {
                writer.Write(run.Span);
            }
            else
            {
                stream.Write(writer, run.Span);
            }
        }

        return BodyStatus.Data;
    }
}
