namespace Edge.Pipeline;

/// <summary>Sends a share of a route's requests to its canary.</summary>
/// <param name="chance">Decides where no caller does. Safe from any thread.</param>
internal sealed class CanaryStage(Random chance)
{
    /// <summary>Runs when the request is about to be forwarded, before it stands in line.</summary>
    public void Run(RequestContext context)
    {
        // Whether what is kept is still good, is asked of whom it is from.
        if (context.Route!.Canary is not { } canary || context.Cache?.Http is { IsSilent: true } or { Revalidates: true }
            || !canary.Takes(context, chance))
        {
            return;
        }

        // What it answers is neither kept nor shared: the next caller may not be among its own.
        context.Use(canary.Upstream, context.Facts.Model);
        context.Cache?.Unshare();
        context.Route.Metrics.WentToCanary(canary.Upstream.Plan.Name);
    }
}
