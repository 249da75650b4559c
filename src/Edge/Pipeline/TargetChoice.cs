using System.Collections.Immutable;
using Edge.Core.Http;
using Edge.Core.Llm;
using Edge.Core.Resilience;
using Edge.Upstream;

namespace Edge.Pipeline;

/// <summary>
/// Picks the target of an attempt by what is known of the request, and says to the caller why there is none and when there may be
/// one again.
/// </summary>
internal static class TargetChoice
{
    /// <summary>The header that tells the state of the circuit in answers that its being open is the reason for.</summary>
    public const string StateHeader = "X-Circuit-State";

    /// <summary>Picks.</summary>
    /// <param name="context">The request.</param>
    /// <param name="cluster">The service that is asked.</param>
    /// <param name="pick">Where the choice goes.</param>
    /// <param name="onlyUntried">True where a target that was asked already is of no use.</param>
    /// <param name="tried">Where the request has been.</param>
    public static Failure Make(
        RequestContext context, UpstreamCluster cluster, TargetPick pick, bool onlyUntried, ref TargetSet tried)
    {
        var isFirst = tried.Count == 0;
        var affinity = cluster.WantsAffinity ? AffinityOf(context, cluster) : 0;
        var failure = cluster.Pick(pick, new TargetQuery(affinity, context.Facts.EstimatedTokens, onlyUntried), ref tried);
        if (failure != Failure.None && isFirst)
        {
            Tell(context, failure, pick.RetryAfter);
        }

        return failure;
    }

    /// <summary>The caller is told of a failure: what was to be said of another one, at another upstream, is not.</summary>
    public static void TellOnly(RequestContext context, Failure failure)
    {
        if (failure is not (Failure.UpstreamCircuitOpen or Failure.UpstreamUnavailable or Failure.UpstreamRateLimited))
        {
            context.ErrorDetails = null;
            context.RetryAfterSeconds = 0;
        }
    }

    // Who has no name is known by the address.
    private static ulong AffinityOf(RequestContext context, UpstreamCluster cluster)
    {
        if (cluster.Plan.Balance.Header is { } header && context.HeaderNamed(header) is [{ Length: > 0 } value, ..])
        {
            return HashRing.HashOf(value);
        }

        return HashRing.HashOf(context.Caller?.Id ?? context.ClientAddress.ToString());
    }

    private static void Tell(RequestContext context, Failure failure, TimeSpan? retryAfter)
    {
        var seconds = (int)Math.Clamp(Math.Ceiling(retryAfter?.TotalSeconds ?? 1), 1, int.MaxValue);
        context.RetryAfterSeconds = seconds;
        ImmutableArray<KeyValuePair<string, string>> members = failure == Failure.UpstreamCircuitOpen
            ? [new("circuit_state", "open")]
            : [];
        context.ErrorDetails = new ErrorDetails(Failures.Message(failure), members) { Numbers = [new("retry_after", seconds)] };
    }
}
