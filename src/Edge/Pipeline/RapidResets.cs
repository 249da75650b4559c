using Edge.Core.Http;
using Edge.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Pipeline;

/// <summary>
/// Ends connections of HTTP/2 whose caller resets its streams as soon as it has opened them (CVE-2023-44487): such streams
/// neither count as running nor cost the caller anything, while each has a request sent to an upstream and called off again.
/// Callers who change their mind now and then are not meant: it takes many, and more than half of the streams of late. Kestrel
/// limits streams that still end, of which there are never many where streams begin on the loop.
/// </summary>
internal static class RapidResets
{
    /// <summary>A stream that is reset sooner than this after it began was opened in haste.</summary>
    public static readonly TimeSpan Haste = TimeSpan.FromSeconds(1);

    /// <summary>Streams in haste after which the caller is asked to leave: what runs is served to its end.</summary>
    public const int LeaveAfter = 250;

    /// <summary>Streams in haste after which its connection is reset.</summary>
    public const int EndAfter = 2 * LeaveAfter;

    /// <summary>A request is over.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="connection">That it came on.</param>
    /// <param name="failure">How it ended.</param>
    public static void Count(RequestContext context, LoopConnection connection, Failure failure)
    {
        var isHasty = failure == Failure.CallerGone && context.ElapsedNs < Haste.TotalNanoseconds;
        var hasty = connection.Streams.Count(isHasty);
        if (hasty >= EndAfter)
        {
            connection.Abort(new ConnectionAbortedException("Streams were opened only to be reset."));
        }
        else if (hasty >= LeaveAfter && connection.Streams.TryAskToLeave())
        {
            context.Features.Find<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }
}
