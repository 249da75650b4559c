using Edge.Core.Configuration;
using Edge.Pipeline;
using Edge.Upstream;

namespace Edge.Hosting;

/// <summary>Who gets copies of a route's requests, and how many there are. Thread-safe.</summary>
/// <param name="plan">What the file says.</param>
/// <param name="upstream">Who gets them.</param>
/// <param name="sweeper">The clock of their exchanges.</param>
internal sealed class RouteShadow(ShadowPlan plan, RouteUpstream upstream, UpstreamSweeper sweeper)
{
    private int _running;

    /// <summary>Who gets them.</summary>
    public RouteUpstream Upstream { get; } = upstream;

    /// <summary>Copies under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>
    /// Sends a copy of a request that is about to be forwarded, if chance will have it. Never waits, and throws nothing that the
    /// request could suffer from.
    /// </summary>
    public void Copy(RequestContext context, Random chance)
    {
        if (chance.NextDouble() >= plan.Share)
        {
            return;
        }

        if (!ShadowCall.CanCopy(context, Upstream.Plan))
        {
            Told(context, "skipped");
        }
        else if (Interlocked.Increment(ref _running) > plan.AtOnce)
        {
            Ended();
            Told(context, "dropped");
        }
        else
        {
            new ShadowCall(this, sweeper, context.Route!.Metrics).Start(context);
        }
    }

    /// <summary>A copy is over.</summary>
    public void Ended() => Interlocked.Decrement(ref _running);

    private void Told(RequestContext context, string outcome) =>
        context.Route!.Metrics.Shadowed(Upstream.Plan.Name, outcome);
}
