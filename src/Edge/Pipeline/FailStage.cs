using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Threading;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Tells the caller what failed: with an error in the route's dialect where the answer has not begun, otherwise with the
/// dialect's event in a stream, and then by breaking the body off, so that it never looks whole.
/// </summary>
internal static class FailStage
{
    /// <summary>
    /// Time that a caller has to read the error in its stream, before the reset that breaks the stream off: enough for one on a
    /// slow network or a busy machine, since it costs nobody anything.
    /// </summary>
    public static readonly TimeSpan ResetDelay = TimeSpan.FromSeconds(1);

    /// <summary>Runs when a stage failed. The outcome is Failed, or BrokenOff where an answer had begun. Never throws.</summary>
    public static async PooledValueTask<StageResult> RunAsync(RequestContext context, Failure failure)
    {
        try
        {
            if (!context.HasAnswerStarted)
            {
                if (failure == Failure.CallerGone)
                {
                    TellHalfGone(context);
                }
                else
                {
                    await AnswerAsync(context, failure);
                }

                return StageResult.Failed(failure);
            }

            if (failure != Failure.CallerGone)
            {
                await BreakOffAsync(context, failure);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The caller's connection broke under the message.
        }

        return StageResult.BrokenOff(failure);
    }

    private static async ValueTask BreakOffAsync(RequestContext context, Failure failure)
    {
        // A body of known length has no room for an event more.
        var stream = context.ResponseHeaders.ContentLength is null ? context.EventStream : null;
        var protocol = context.Protocol;
        stream?.WriteError(
            context.ResponseBody.Writer, context.Dialect, failure, context.RequestId,
            HttpProtocol.IsHttp2(protocol));

        // What came before the break is the caller's too.
        await context.ResponseBody.Writer.FlushAsync();
        if (stream is not null && !HttpProtocol.IsHttp11(protocol))
        {
            // A reset makes many clients drop what they have received and not yet read; on HTTP/1.1 none is needed.
            await Task.Delay(ResetDelay, CancellationToken.None);
        }
    }

    // A caller that only stopped sending may still read: what it gets must not look like a success.
    private static void TellHalfGone(RequestContext context)
    {
        context.ResponseHeaders.Clear();
        context.BeginFields(mayBeLines: false);
        context.ResponseHeaders.ContentLength = 0;
        context.CloseAfterAnswer();
        context.StatusCode = Failures.StatusCode(Failure.CallerGone);
    }

    private static void TellWhatIsTaken(IHeaderDictionary headers, Failure failure)
    {
        switch (failure)
        {
            case Failure.CallerContentCodingUnsupported:
                // RFC 9110, section 12.5.3.
                headers.AcceptEncoding = "identity";
                break;
            case Failure.CallerUpgradeInvalid:
                // Whoever speaks another version learns which one is spoken here (RFC 6455, section 4.4).
                headers.SecWebSocketVersion = WebSocketHandshake.Version;
                break;
        }
    }

    private static async ValueTask AnswerAsync(RequestContext context, Failure failure)
    {
        var dialect = context.Dialect;
        var status = Failures.StatusCode(failure);

        // What was copied from an answer that broke before it began is not part of this one.
        var close = context.ResponseHeaders.Connection;
        context.ResponseHeaders.Clear();
        context.ResponseHeaders.Connection = close;
        context.BeginFields(mayBeLines: false);
        if (CallerFailures.LoseFraming(failure))
        {
            context.CloseAfterAnswer();
        }

        context.StatusCode = status;
        context.ResponseHeaders.ContentType = ErrorBody.ContentType(dialect);
        context.ResponseHeaders["Proxy-Status"] = Failures.ProxyStatus(failure);
        if (Math.Max(Failures.RetryAfterSeconds(failure), context.RetryAfterSeconds) is > 0 and var seconds)
        {
            context.ResponseHeaders.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (failure == Failure.UpstreamCircuitOpen)
        {
            context.ResponseHeaders[TargetChoice.StateHeader] = "open";
        }

        TellWhatIsTaken(context.ResponseHeaders, failure);
        if (failure == Failure.CallerRequestTokensExceeded)
        {
            // OpenAI's SDKs would else send the same again.
            context.ResponseHeaders["x-should-retry"] = "false";
        }

        if (context.Challenge is { } challenge)
        {
            context.ResponseHeaders.WWWAuthenticate = challenge;
        }

        if (context.Allow is { } allow)
        {
            context.ResponseHeaders.Allow = allow;
        }

        ResponseHeadCopier.ApplyRules(context);
        var body = context.Body;
        body.Clear();
        ErrorBody.Write(
            body, dialect, status, Failures.Code(failure), Failures.Message(failure), context.RequestId, context.ErrorDetails);
        context.ResponseHeaders.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Method))
        {
            // Not flushed here: the server does that when the request is over, and thus counted.
            await context.StartAnswerAsync();
            context.ResponseBody.Writer.Put(body.Written.Span);
        }

        body.ReturnMemory();
    }
}
