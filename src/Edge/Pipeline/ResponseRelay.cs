using Edge.Core.Http;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Hands the body of an answer on to the caller as it arrives: every wake-up that brought bytes ends with a flush, and the
/// upstream's socket is read no further than one buffer ahead of what the caller has taken.
/// </summary>
/// <remarks>
/// Of an event stream only whole events are handed on; an unfinished one waits for its end. So a stream that breaks can be closed
/// with an event that the caller's parser understands, instead of half a line of JSON.
/// </remarks>
internal static class ResponseRelay
{
    /// <summary>Bytes handed to the caller's connection before it is flushed even though more are here.</summary>
    public const int UnflushedBytesMax = 64 * 1024;

    /// <summary>True where the answer of a head is started before the end of its body: no empty one is.</summary>
    public static bool StartsAtOnce(RequestContext context, ResponseHead head) =>
        head.StatusCode != StatusCodes.Status205ResetContent
        && head.FramingFor(HttpMethods.IsHead(context.Method)) switch
        {
            BodyFraming.None => false,
            BodyFraming.ContentLength => head.ContentLength > 0,
            _ => true,
        };

    /// <summary>Relays until the body's end. The head has been copied to the answer, which has not started.</summary>
    public static PooledValueTask<Failure> RunAsync(RequestContext context, UpstreamExchange exchange)
    {
        if (exchange.HasEmptyBody)
        {
            context.Cache?.Complete(context);
            return new PooledValueTask<Failure>(Failure.None);
        }

        var starting = StartAsync(context);
        if (!starting.IsCompletedSuccessfully)
        {
            return StartAndRelayAsync(context, exchange, starting);
        }

        // A small answer is here together with its head.
        var unflushed = 0;
        var status = Drain(context, exchange, context.EventStream, ref unflushed);
        return status == BodyStatus.End ? EndAsync(context, exchange, context.EventStream, isHeadFlushed: false)
            : PassedBody.Is(context, exchange) ? PassedBody.RunAsync(context, exchange, unflushed)
            : RelayAsync(context, exchange, status, unflushed);
    }

    private static async PooledValueTask<Failure> StartAndRelayAsync(
        RequestContext context, UpstreamExchange exchange, Task starting)
    {
        await starting;
        var unflushed = 0;
        var status = Drain(context, exchange, context.EventStream, ref unflushed);
        return await RelayAsync(context, exchange, status, unflushed);
    }

    /// <summary>Goes on after the first <see cref="Drain"/>.</summary>
    private static async PooledValueTask<Failure> RelayAsync(
        RequestContext context, UpstreamExchange exchange, BodyStatus status, int unflushed)
    {
        context.BeginLongAnswer();
        var stream = context.EventStream;
        var isHeadFlushed = false;
        while (true)
        {
            if (status == BodyStatus.End)
            {
                return await EndAsync(context, exchange, stream, isHeadFlushed);
            }

            var receiving = status == BodyStatus.NeedMore ? exchange.ReceiveMoreAsync() : default;
            if (context.HasAnswerStarted && (!receiving.IsCompleted || status != BodyStatus.NeedMore))
            {
                unflushed = 0;
                isHeadFlushed = true;
                var flushing = FlushAsync(context);
                if (!flushing.IsCompleted && context.Cache?.Lead?.TryHoldUp() == false)
                {
                    return await SharedRelay.RunAsync(context, exchange, flushing, status == BodyStatus.NeedMore, receiving);
                }

                if (await flushing != Failure.None)
                {
                    return await ReadOnAsync(context, exchange, status, receiving);
                }

                context.Cache?.Lead?.GoOn();
            }

            if (status == BodyStatus.Invalid)
            {
                return WhyInvalid(context);
            }

            if (status == BodyStatus.NeedMore)
            {
                // Here rather than in a method of its own, whose state each quiet stream would keep too.
                exchange.AwaitMore();
                int received;
                try
                {
                    received = stream is { Heartbeat: { } every } && !receiving.IsCompleted
                        ? await stream.BeatUntilAsync(exchange.ReceivingAsTask(), every, context, exchange)
                        : await receiving;
                }
                catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
                {
                    return exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
                }

                var failure = exchange.EndReceive(received);
                if (failure != Failure.None)
                {
                    return failure;
                }
            }

            status = Drain(context, exchange, stream, ref unflushed);
        }
    }

    private static Failure WhyInvalid(RequestContext context) =>
        context.Meter is { Excess: not Failure.None and var excess } ? excess
        : context.Translation is { IsBroken: true } ? Failure.UpstreamAnswerNotTranslatable
        : Failure.UpstreamBodyInvalid;

    /// <summary>The body has come to its end; most of the time nothing is waited for.</summary>
    public static PooledValueTask<Failure> EndAsync(
        RequestContext context, UpstreamExchange exchange, EventStream? stream, bool isHeadFlushed)
    {
        if (stream is { LacksEnding: true })
        {
            return new PooledValueTask<Failure>(Failure.UpstreamBodyIncomplete);
        }

        if (context.Translation is { } translation)
        {
            var failure = translation.EndStream();
            if (failure != Failure.None)
            {
                return new PooledValueTask<Failure>(failure);
            }

            Put(context, stream, translation.Output.Span);
            translation.ReturnOutput();
        }

        context.Meter?.End();
        context.Cache?.Complete(context);
        stream?.WriteHeld(context.ResponseBody.Writer);

        // The server sends the end of the body in the same packet as its last bytes. A body of known length has no such end: the
        // server flushes what is left of it only together with the head.
        ResponseTrailers.Copy(context, exchange);
        UsageHeader.SetTrailer(context);
        return isHeadFlushed && context.ResponseHeaders.ContentLength is not null
            ? FlushAsync(context)
            : new PooledValueTask<Failure>(Failure.None);
    }

    /// <summary>
    /// The caller has left, and the route wants to know what its answer uses, or others want the answer: reads on until its end,
    /// or until so many tokens more have come as the route allows, and as long as anybody else wants it.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="exchange">Its exchange.</param>
    /// <param name="status">How far its body has been read.</param>
    /// <param name="receiving">The receive that is under way where that needs more.</param>
    private static async PooledValueTask<Failure> ReadOnAsync(
        RequestContext context, UpstreamExchange exchange, BodyStatus status, ValueTask<int> receiving)
    {
        var meter = context.Meter;
        var until = meter is null ? 0 : meter.AnswerTokens + (context.Route!.Plan.DrainTokens ?? 0);
        while (status != BodyStatus.Invalid
            && ((meter is not null && meter.AnswerTokens < until) || context.Cache is { IsShared: true }))
        {
            if (status == BodyStatus.NeedMore && await EndReceiveAsync(exchange, receiving) != Failure.None)
            {
                return Failure.CallerGone;
            }

            status = exchange.TryReadBody(out var run);
            switch (status)
            {
                case BodyStatus.Data:
                    meter?.Take(run.Span);
                    Keep(context, run);
                    break;
                case BodyStatus.End:
                    meter?.End();
                    Complete(context);
                    return Failure.CallerGone;
            }

            receiving = status == BodyStatus.NeedMore ? exchange.ReceiveMoreAsync() : default;
        }

        return Failure.CallerGone;
    }

    /// <summary>Gives the cache what nobody else gets.</summary>
    private static void Keep(RequestContext context, ReadOnlyMemory<byte> run)
    {
        if (context.Translation is not { } translation)
        {
            context.Cache?.Take(run.Span);
            return;
        }

        translation.Take(run);
        context.Cache?.Take(translation.Output.Span);
        translation.ReturnOutput();
    }

    private static void Complete(RequestContext context)
    {
        if (context.Translation is { } translation)
        {
            if (translation.EndStream() != Failure.None)
            {
                return;
            }

            context.Cache?.Take(translation.Output.Span);
        }

        context.Cache?.Complete(context);
    }

    // Writes the head into the connection's buffer; it leaves with the first flush. Not for 205, which may be framed as if it had
    // a body but must turn out to have none (RFC 9110, section 15.3.6): see Drain.
    private static Task StartAsync(RequestContext context) =>
        context.StatusCode == StatusCodes.Status205ResetContent ? Task.CompletedTask : context.StartAnswerAsync();

    /// <summary>Waits for bytes for which nobody else waits any more.</summary>
    public static async PooledValueTask<Failure> EndReceiveAsync(UpstreamExchange exchange, ValueTask<int> receiving)
    {
        exchange.AwaitMore();
        try
        {
            return exchange.EndReceive(await receiving);
        }
        catch (Exception exception) when (UpstreamConnection.IsConnectionError(exception))
        {
            return exchange.FailureOfReceive(exception, Failure.UpstreamBodyIncomplete);
        }
    }

    /// <summary>Waits until the caller's connection has taken what was written, or is no more.</summary>
    public static async PooledValueTask<Failure> FlushAsync(RequestContext context)
    {
        var flushed = await context.ResponseBody.Writer.FlushAsync();
        return flushed.IsCompleted || flushed.IsCanceled ? Failure.CallerGone : Failure.None;
    }

    /// <summary>
    /// Copies what has been received to the caller's connection. Data: there is more, but a flush is due. The bytes are counted
    /// from flush to flush, however many receives they came in: so a fast upstream cannot fill the memory behind a slow caller.
    /// </summary>
    private static BodyStatus Drain(RequestContext context, UpstreamExchange exchange, EventStream? stream, ref int unflushed)
    {
        while (unflushed < UnflushedBytesMax)
        {
            var status = exchange.TryReadBody(out var run);
            if (status != BodyStatus.Data)
            {
                return status;
            }

            if (context.StatusCode == StatusCodes.Status205ResetContent)
            {
                return BodyStatus.Invalid;
            }

            context.Meter?.Take(run.Span);
            if (context.Translation is { } translation)
            {
                // What stands before a fault is the caller's too.
                translation.Take(run);
                unflushed += translation.Output.Length;
                Put(context, stream, translation.Output.Span);
                translation.ReturnOutput();
                if (translation.IsBroken)
                {
                    return BodyStatus.Invalid;
                }
            }
            else
            {
                unflushed += run.Length;
                Put(context, stream, run.Span);
            }

            if (context.Meter is { Excess: not Failure.None })
            {
                return BodyStatus.Invalid;
            }
        }

        return BodyStatus.Data;
    }

    private static void Put(RequestContext context, EventStream? stream, ReadOnlySpan<byte> run)
    {
        context.Cache?.Take(run);
        context.ResponseBytes += run.Length;
        if (stream is null)
        {
            context.ResponseBody.Writer.Put(run);
        }
        else if (!run.IsEmpty)
        {
            context.MarkEvent();
            stream.Write(context.ResponseBody.Writer, run);
        }
    }
}
