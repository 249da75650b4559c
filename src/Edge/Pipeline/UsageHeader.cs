using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Threading;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// Tells a caller in <c>X-Edge-Usage</c> what its request has used: a dictionary of structured fields (RFC 9651), such as
/// <c>input=12, output=34, exact</c>. That is known only when the answer is whole, so answers are held back until then; those
/// that are streams, or too long to be held, go without, and so do those that come while a large body is still on its way.
/// </summary>
internal static class UsageHeader
{
    /// <summary>Longest answer that is held back.</summary>
    public const int HeldBytesMax = 1024 * 1024;

    private const string Name = "X-Edge-Usage";

    /// <summary>True where the answer whose head has been copied is to be held back.</summary>
    public static bool IsWanted(RequestContext context) =>
        context.Meter is not null
        && context.Route!.Body!.Metering!.UsageHeader
        && context.EventStream is null
        && context.Body.Length == 0
        && context.Response.StatusCode is >= 200 and < 300 and not 205
        && !(context.Response.Headers.ContentLength > HeldBytesMax);

    /// <summary>
    /// Takes the answer's body into the context's buffer, whole or as much of it as may be held, sets the header where it is
    /// whole, and starts the answer with what it has.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public static async ValueTask<Failure> HoldAsync(RequestContext context, UpstreamExchange exchange)
    {
        context.Response.Headers.Remove(Name);
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
                    Set(context);
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

    private static async ValueTask<Failure> StartAsync(RequestContext context)
    {
        await context.ResponseBody.StartAsync();
        context.ResponseBody.Writer.Put(context.Body.Written.Span);
        context.Body.ReturnMemory();
        return Failure.None;
    }

    private static void Set(RequestContext context)
    {
        var usage = context.Meter!.Settle(context.Facts, Failure.None);
        if (usage.Kind != UsageKind.None)
        {
            context.Response.Headers[Name] = string.Create(
                CultureInfo.InvariantCulture,
                $"input={usage.Counts.InputTokensTotal}, output={usage.Counts.OutputTokens ?? 0}, " +
                $"exact{(usage.Kind == UsageKind.Exact ? "" : "=?0")}");
        }
    }
}
