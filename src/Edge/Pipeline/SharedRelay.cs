using Edge.Core.Caching;
using Edge.Core.Http;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// Hands on an answer that several share (<see cref="CacheFlight"/>): what has been recorded of it goes to a caller at the
/// caller's own pace. Whoever makes the call does so too, once its own caller is slow: so nobody waits for another's caller.
/// </summary>
internal static class SharedRelay
{
    /// <summary>
    /// The leader's caller is slow, and others want the answer: reads on from the upstream, and gives the caller what was
    /// recorded.
    /// </summary>
    /// <param name="context">The leader's.</param>
    /// <param name="exchange">Its exchange.</param>
    /// <param name="flushing">What its caller has not taken yet.</param>
    /// <param name="isReceiving">A receive is under way.</param>
    /// <param name="receiving">That receive.</param>
    public static async PooledValueTask<Failure> RunAsync(
        RequestContext context, UpstreamExchange exchange, PooledValueTask<Failure> flushing, bool isReceiving,
        ValueTask<int> receiving)
    {
        var cache = context.Cache!;
        var flight = cache.Lead!;
        var joiner = cache.Joiner;
        flight.JoinOwn(joiner, flight.Fill.BodyLength, context.CallerWatch);
        var serving = ServeOwnAsync(context, flight, joiner, flushing).AsTask();
        var failure = await ReadAllAsync(context, exchange, isReceiving, receiving);
        if (failure != Failure.None)
        {
            cache.Fail(failure);
        }

        var served = await serving;
        return failure != Failure.None ? failure
            : served != Failure.None ? served
            : await ResponseRelay.EndAsync(context, exchange, context.EventStream, isHeadFlushed: true);
    }

    /// <summary>Gives a caller what is recorded, to the end.</summary>
    /// <param name="context">The caller's request, whose answer has started.</param>
    /// <param name="flight">The call.</param>
    /// <param name="joiner">Has joined it.</param>
    public static async PooledValueTask<Failure> ServeAsync(RequestContext context, CacheFlight flight, FlightJoiner joiner)
    {
        while (true)
        {
            // The state before the bytes: those that came with the end are then seen, too.
            var state = flight.State;
            if (Put(context, joiner))
            {
                if (await ResponseRelay.FlushAsync(context) != Failure.None)
                {
                    return Failure.CallerGone;
                }
            }
            else if (state == FlightState.Whole)
            {
                return Failure.None;
            }
            else if (state != FlightState.Open)
            {
                return flight.Failure == Failure.None ? Failure.EdgeInternal : flight.Failure;
            }
            else if (!await WaitAsync(context, joiner))
            {
                // Who has all that was announced may leave, though it is not known here yet that this was all.
                return context.ResponseBytes == flight.BodyLength ? Failure.None : Failure.CallerGone;
            }
        }
    }

    private static async PooledValueTask<Failure> ServeOwnAsync(
        RequestContext context, CacheFlight flight, FlightJoiner joiner, PooledValueTask<Failure> flushing)
    {
        await using var watch = context.CallerWatch.TokenFor(context.Protocol)
            .UnsafeRegister(static state => ((FlightJoiner)state!).CallerLeft(), joiner);
        try
        {
            return await flushing is not Failure.None and var gone ? gone : await ServeAsync(context, flight, joiner);
        }
        finally
        {
            joiner.Leave();
        }
    }

    /// <summary>Reads the whole answer for those who have joined.</summary>
    private static async PooledValueTask<Failure> ReadAllAsync(
        RequestContext context, UpstreamExchange exchange, bool isReceiving, ValueTask<int> receiving)
    {
        while (true)
        {
            if (isReceiving && await ResponseRelay.EndReceiveAsync(exchange, receiving) is not Failure.None and var failure)
            {
                return failure;
            }

            var status = exchange.TryReadBody(out var run);
            switch (status)
            {
                case BodyStatus.Data:
                    context.Meter?.Take(run.Span);
                    context.Cache!.Take(run.Span);
                    break;
                case BodyStatus.End:
                    context.Meter?.End();
                    context.Cache!.Complete(context);
                    return Failure.None;
                case BodyStatus.Invalid:
                    return Failure.UpstreamBodyInvalid;
            }

            if (context.Meter is { Excess: not Failure.None and var excess })
            {
                return excess;
            }

            isReceiving = status == BodyStatus.NeedMore;
            receiving = isReceiving ? exchange.ReceiveMoreAsync() : default;
        }
    }

    /// <summary>Waits for news; the caller of a quiet stream is told that it goes on.</summary>
    /// <returns>False: the caller has gone.</returns>
    private static async PooledValueTask<bool> WaitAsync(RequestContext context, FlightJoiner joiner)
    {
        var waiting = joiner.WaitAsync();
        if (waiting.IsCompleted || context.EventStream is not { Heartbeat: { } every } stream)
        {
            await waiting;
            return !joiner.IsGone;
        }

        var news = waiting.AsTask();
        while (true)
        {
            try
            {
                await news.WaitAsync(every, context.Exchange.Time);
                return !joiner.IsGone;
            }
            catch (TimeoutException) when (!news.IsCompleted)
            {
                await stream.BeatAsync(context);
            }
        }
    }

    /// <summary>Hands over what may go before a flush.</summary>
    /// <returns>False: there was nothing.</returns>
    private static bool Put(RequestContext context, FlightJoiner joiner)
    {
        var writer = context.ResponseBody.Writer;
        var before = context.ResponseBytes;
        while (context.ResponseBytes - before < ResponseRelay.UnflushedBytesMax && joiner.TryRead(out var run))
        {
            context.ResponseBytes += run.Length;
            if (context.EventStream is { } stream)
            {
                context.MarkEvent();
                stream.Write(writer, run);
            }
            else
            {
                writer.Put(run);
            }
        }

        return context.ResponseBytes != before;
    }
}
