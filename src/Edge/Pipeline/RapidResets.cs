using Edge.Core.Http;
using Edge.Hosting;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Pipeline;

/// <summary>
/// Ends connections of HTTP/2 whose caller resets its streams as soon as it has opened them (CVE-2023-44487): such streams
/// neither count as running nor cost the caller anything, while each has a request sent to an upstream and called off again.
/// Callers who change their mind now and then are not meant: it takes many, and more than were served of late. Kestrel limits
/// streams that still end, of which there are never many where streams begin on the loop.
/// </summary>
/// <remarks>
/// What was refused counts for neither side: it costs a caller nothing to have something refused in between.
/// </remarks>
internal static class RapidResets
{
    /// <summary>A stream that is reset sooner than this after it began was opened in haste.</summary>
    public static readonly TimeSpan Haste = TimeSpan.FromSeconds(1);

    /// <summary>Streams in haste after which the caller is asked to leave: what runs is served to its end.</summary>
    public const int LeaveAfter = 250;

    /// <summary>
    /// Streams in haste after that, which end the connection by a reset. A caller that leaves may have as many as can run, and
    /// may have opened as many again before it heard of it.
    /// </summary>
    public const int EndAfter = 2 * HttpServer.Http2StreamsMax;

    /// <summary>A request is over.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="connection">That it came on.</param>
    /// <param name="failure">How it ended.</param>
    public static void Count(RequestContext context, LoopConnection connection, Failure failure)
    {
        ref var streams = ref connection.Streams;
        if (failure == Failure.None)
        {
            streams.CountServed();
        }
        else if (failure == Failure.CallerGone && context.ElapsedNs < Haste.TotalNanoseconds)
        {
            if (streams.IsAskedToLeave)
            {
                if (streams.CountHastySinceAsked() >= EndAfter)
                {
                    connection.Abort(new ConnectionAbortedException("Streams were opened only to be reset."));
                }
            }
            else if (streams.CountHasty() >= LeaveAfter && streams.TryAskToLeave())
            {
                context.Features.Find<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            }
        }
    }
}
