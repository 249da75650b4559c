using Edge.Core.Configuration;

namespace Edge.Pipeline;

/// <summary>Whether an attempt may have others beside it, and from when on. Stateless.</summary>
internal static class HedgeRules
{
    private const long NsPerTick = 100;

    /// <summary>How an attempt that is about to be made may be hedged; null: not at all.</summary>
    public static HedgePlan? For(RequestContext context, RepeatState state)
    {
        if (context.Upstream.Plan.Retries?.Hedge is not { } plan || context.Hedges >= plan.Attempts
            || context.Upgrade is not null
            || state.OwnBodyKind == RequestBodyKind.Streaming || !plan.Takes(context.Method)
            || context.Cache?.Http is { IsSilent: true })
        {
            return null;
        }

        // The head of a stream comes at once, and is no answer yet.
        var mayStream = context.Upstream.Plan.Dialect == Dialect.Http || state.OwnBodyKind == RequestBodyKind.None
            ? context.RequestHeaders.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase)
            : !context.Facts.IsKnown || context.Facts.IsStreaming;
        return mayStream ? null : plan;
    }

    /// <summary>After how long the first of them begins.</summary>
    public static long AfterNs(RequestContext context, HedgePlan plan)
    {
        var after = plan.After.Ticks * NsPerTick;
        if (context.Upstream.Cluster.Latencies is not { } latencies)
        {
            return after;
        }

        var usual = latencies.ValueNs;
        return usual == 0 ? AttemptRace.Never : Math.Max(after, usual);
    }
}
