using Edge.Core.Http;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>What is known of a request's body when it is about to be forwarded.</summary>
internal enum RequestBodyKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>It is here, whole and small: it is sent with the head, and can be sent again.</summary>
    Whole,

    /// <summary>It is here, whole and large: it is sent behind the head, and can be sent again.</summary>
    Held,

    /// <summary>It is still arriving, or large: it is sent as it comes, once.</summary>
    Streaming,

    /// <summary>It is here, whole, and larger than it may be.</summary>
    TooLarge,
}

/// <summary>Looks at a request's body and takes it, if it is small and already here.</summary>
internal static class RequestBody
{
    /// <summary>Largest body that is sent in one piece with the head.</summary>
    public const int WholeBytesMax = 64 * 1024;

    /// <summary>Largest body that is taken whole so that it can be sent more than once.</summary>
    public const int HeldBytesMax = 1024 * 1024;

    /// <summary>Takes a small whole body into the context's buffer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why the request cannot be forwarded; None: it can.</param>
    public static RequestBodyKind Take(RequestContext context, out Failure failure)
    {
        failure = Failure.None;
        try
        {
            var kind = Take(context, context.Body);
            failure = kind == RequestBodyKind.TooLarge ? Failure.CallerBodyTooLarge : Failure.None;
            return kind;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            failure = CallerFailures.Of(exception);
            return RequestBodyKind.None;
        }
    }

    /// <summary>
    /// True where a body that is still arriving may be waited for, so that it can be sent more than once: its length is known,
    /// and it is not too long.
    /// </summary>
    public static bool MayHold(RequestContext context) =>
        !context.IsBodyTaken && context.RequestLength is <= HeldBytesMax;

    /// <summary>Takes the whole body, where all of it is here and it is small, into the context's buffer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why the request cannot go on; None: it can.</param>
    /// <returns>False: it has to be waited for (<see cref="TakeAllAsync"/>), and nothing of it was taken.</returns>
    public static bool TryTakeAll(RequestContext context, out Failure failure)
    {
        context.TakeBody();
        try
        {
            var kind = TakeArrived(context, context.Body);
            failure = kind == RequestBodyKind.TooLarge ? Failure.CallerBodyTooLarge : Failure.None;
            return kind != RequestBodyKind.Streaming;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            failure = CallerFailures.Of(exception);
            return true;
        }
    }

    /// <summary>Takes the whole body, as long as it may be, into the context's buffer. Waits for it.</summary>
    public static async PooledValueTask<Failure> TakeAllAsync(RequestContext context)
    {
        context.TakeBody();
        if (!context.CanHaveBody)
        {
            return Failure.None;
        }

        var body = context.Body;
        var reader = context.BodyPipe.Reader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(CancellationToken.None);
                if (read.Buffer.Length > context.RequestBodyMax - body.Length)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return Failure.CallerBodyTooLarge;
                }

                if (!context.MayGrowBody(body.Length + read.Buffer.Length))
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return Failure.EdgeOverloaded;
                }

                foreach (var segment in read.Buffer)
                {
                    body.Write(segment.Span);
                }

                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    context.IsBodyRead = read.IsCompleted;
                    return read.IsCanceled ? Failure.CallerGone : Failure.None;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            return CallerFailures.Of(exception);
        }
    }

    private static RequestBodyKind Take(RequestContext context, HeadBuffer whole) =>
        context.IsBodyTaken ? KindOf(whole) : TakeArrived(context, whole);

    private static RequestBodyKind TakeArrived(RequestContext context, HeadBuffer whole)
    {
        if (!context.CanHaveBody)
        {
            return RequestBodyKind.None;
        }

        // Who expects 100 (Continue) sends nothing before it; reading would promise it before the upstream agreed.
        var length = context.RequestLength;
        if (length > WholeBytesMax || context.RequestHeaders.Expect.Count > 0)
        {
            return RequestBodyKind.Streaming;
        }

        var reader = context.BodyPipe.Reader;
        if (!reader.TryRead(out var read))
        {
            return RequestBodyKind.Streaming;
        }

        var buffer = read.Buffer;
        if (buffer.Length > WholeBytesMax || (!read.IsCompleted && buffer.Length != length))
        {
            reader.AdvanceTo(buffer.Start);
            return RequestBodyKind.Streaming;
        }

        if (buffer.Length > context.RequestBodyMax)
        {
            reader.AdvanceTo(buffer.End);
            return RequestBodyKind.TooLarge;
        }

        foreach (var segment in buffer)
        {
            whole.Write(segment.Span);
        }

        reader.AdvanceTo(buffer.End);
        context.IsBodyRead = true;
        return RequestBodyKind.Whole;
    }

    /// <summary>What a body is that is here, whole.</summary>
    public static RequestBodyKind KindOf(HeadBuffer whole) => whole.Length == 0 ? RequestBodyKind.None
        : whole.Length <= WholeBytesMax ? RequestBodyKind.Whole : RequestBodyKind.Held;

    /// <summary>The framing of the body on its way upstream.</summary>
    public static UpstreamRequestWriter.Framing FramingOf(RequestContext context)
    {
        var length = context.RequestLength;
        return context.BodyKind switch
        {
            RequestBodyKind.Whole or RequestBodyKind.Held => new(context.SentBody.Length, false, false),
            RequestBodyKind.Streaming => new(length, length is null, ExpectsContinue(context)),
            _ => new(length == 0 || MeansBody(context.Method) ? 0 : null, false, false),
        };
    }

    private static bool ExpectsContinue(RequestContext context)
    {
        var expect = context.RequestHeaders.Expect;
        return expect.Count == 1 && string.Equals(expect[0], "100-continue", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// True where the method anticipates content: a request without then says that it has none (RFC 9110, section 8.6).
    /// </summary>
    public static bool MeansBody(string method) =>
        HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method);
}
