using System.Globalization;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Pipeline;

/// <summary>
/// Tells a caller in <c>X-Edge-Usage</c> what its request has used: a dictionary of structured fields (RFC 9651), such as
/// <c>input=12, output=34, exact</c>. That is known only when the answer is whole, so answers are held back until then. Those
/// that are streams, or too long to be held, or come while a large body is still on its way, have it as a trailer, over HTTP/2.
/// </summary>
internal static class UsageHeader
{
    /// <summary>Longest answer that is held back.</summary>
    public const int HeldBytesMax = 1024 * 1024;

    private const string Name = "X-Edge-Usage";

    /// <summary>
    /// Prepares the answer whose head has been copied: true where it is to be held back for the header; else says that a trailer
    /// will follow, where one may.
    /// </summary>
    public static bool Prepare(RequestContext context)
    {
        if (!IsAsked(context))
        {
            return false;
        }

        // Nobody but the gateway says what has been used.
        var headers = context.ResponseHeaders;
        headers.Remove(Name);
        if (!context.Meter!.IsEventStream && context.Body.Length == 0 && !(headers.ContentLength > HeldBytesMax))
        {
            return true;
        }

        if (context.Features.Find<IHttpResponseTrailersFeature>() is not null)
        {
            headers.Trailer = Name;
        }

        return false;
    }

    /// <summary>Sets the header of an answer that has been held back for another reason, and is whole.</summary>
    public static void SetHeader(RequestContext context)
    {
        if (IsAsked(context))
        {
            context.ResponseHeaders.Remove(Name);
            if (Text(context) is { } text)
            {
                context.ResponseHeaders[Name] = text;
            }
        }
    }

    /// <summary>Sets the trailer, now that the answer is whole, where the header could not say it.</summary>
    public static void SetTrailer(RequestContext context)
    {
        if (IsAsked(context) && !context.ResponseHeaders.ContainsKey(Name)
            && context.Features.Find<IHttpResponseTrailersFeature>() is { } feature
            && Text(context) is { } text)
        {
            feature.Trailers[Name] = text;
        }
    }

    /// <summary>
    /// Takes the answer's body into the context's buffer, whole or as much of it as may be held, sets the header where it is
    /// whole, and starts the answer with what it has.
    /// </summary>
    public static async PooledValueTask<Failure> HoldAsync(RequestContext context, UpstreamExchange exchange)
    {
        var body = context.Body;
        body.Clear();
        while (body.Length <= HeldBytesMax)
        {
            switch (exchange.TryReadBody(out var run))
            {
                case BodyStatus.Data:
                    context.Meter!.Take(run.Span);
                    context.Cache?.Take(run.Span);
                    context.ResponseBytes += run.Length;
                    body.Write(run.Span);
                    break;
                case BodyStatus.End:
                    context.Meter!.End();
                    context.Cache?.Complete(context);
                    if (Text(context) is { } text)
                    {
                        context.ResponseHeaders[Name] = text;
                    }

                    return await StartAsync(context);
                case BodyStatus.Invalid:
                    return Failure.UpstreamBodyInvalid;
                default:
                    var failure = await ResponseRelay.EndReceiveAsync(exchange, exchange.ReceiveMoreAsync());
                    if (failure != Failure.None)
                    {
                        return failure;
                    }

                    break;
            }
        }

        return await StartAsync(context);
    }

    private static async PooledValueTask<Failure> StartAsync(RequestContext context)
    {
        await context.StartAnswerAsync();
        context.ResponseBody.Writer.Put(context.Body.Written.Span);
        context.Body.ReturnMemory();
        return Failure.None;
    }

    private static bool IsAsked(RequestContext context) =>
        context.Meter is not null
        && context.Route!.Body!.Metering!.UsageHeader
        && context.StatusCode is >= 200 and < 300 and not 205;

    private static string? Text(RequestContext context)
    {
        var usage = context.Meter!.Settle(context.Facts, Failure.None);
        return usage.Kind == UsageKind.None ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"input={usage.Counts.InputTokensTotal}, output={usage.Counts.OutputTokens ?? 0}, " +
            $"exact{(usage.Kind == UsageKind.Exact ? "" : "=?0")}");
    }
}
