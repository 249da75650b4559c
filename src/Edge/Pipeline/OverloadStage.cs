using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Hosting;
using Edge.Telemetry;
using Edge.Threading;
using Edge.Upstream;
using Microsoft.AspNetCore.Http;

namespace Edge.Pipeline;

/// <summary>
/// Has a request wait until its upstream can bear one more, or turns it away: lowest tier first. It holds its place until the
/// answer begins. On the way of a request it waits only under pressure.
/// </summary>
internal sealed class OverloadStage(GatewayLimits limits, ProgramLog log, TimeProvider time)
{
    /// <summary>How often the log tells of an upstream that is asked for too much.</summary>
    public static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private const int OverloadedStatus = 529;

    private long _toldTimestamp;

    /// <summary>Runs before the request is forwarded.</summary>
    public PooledValueTask<StageResult> RunAsync(RequestContext context)
    {
        var gate = context.Upstream.Gate;
        if (gate is null || gate.TryEnter())
        {
            context.Attempt.PlaceTakenNs = gate?.NowNs ?? 0;
            return new PooledValueTask<StageResult>(StageResult.Continue);
        }

        return WaitAsync(context, gate);
    }

    /// <summary>
    /// The request goes to its upstream once more, or to another: it does so only where that has room, and stands in no line.
    /// </summary>
    public static bool TryEnter(RequestAttempt attempt, RouteUpstream upstream)
    {
        if (upstream.Gate is not { } gate)
        {
            return true;
        }

        if (!gate.TryEnter())
        {
            return false;
        }

        attempt.PlaceTakenNs = gate.NowNs;
        return true;
    }

    /// <summary>The answer has begun, or there will be none. Called again, it does nothing.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="upstream">Whom it was at.</param>
    /// <param name="failure">Why there is no answer; None: there is.</param>
    public static void Leave(RequestAttempt attempt, RouteUpstream upstream, Failure failure)
    {
        if (attempt.PlaceTakenNs == 0)
        {
            return;
        }

        var outcome = failure switch
        {
            Failure.None when attempt.Exchange.Head.StatusCode is StatusCodes.Status429TooManyRequests
                or StatusCodes.Status503ServiceUnavailable or OverloadedStatus => OverloadOutcome.Refused,
            Failure.None => OverloadOutcome.Answered,
            Failure.UpstreamConnectTimeout or Failure.UpstreamFirstByteTimeout or Failure.UpstreamTotalTimeout =>
                OverloadOutcome.Refused,
            _ => OverloadOutcome.Unknown,
        };
        upstream.Gate!.Leave(attempt.PlaceTakenNs, outcome);
        attempt.PlaceTakenNs = 0;
    }

    private async PooledValueTask<StageResult> WaitAsync(RequestContext context, OverloadGate gate)
    {
        if (await gate.EnterAsync(context.OverloadWaiter, gate.RankOf(context.Caller?.Tier)))
        {
            context.Attempt.PlaceTakenNs = gate.NowNs;
            return StageResult.Continue;
        }

        Tell(context.Upstream.Cluster, gate);
        if (context.Route!.FallsBackOnOverload || context.Upstream == context.Route.Canary?.Upstream)
        {
            context.IsTurnedAway = true;
            return StageResult.Continue;
        }

        return StageResult.Failed(Failure.EdgeOverloaded);
    }

    /// <summary>
    /// The request ends without having been sent to anybody. It does not count as one, since it was none: what it took of its
    /// limits goes back.
    /// </summary>
    public void TurnAway(RequestContext context) => context.LimitsHeld?.GiveBack(limits.Clock);

    private void Tell(UpstreamCluster upstream, OverloadGate gate)
    {
        var last = Volatile.Read(ref _toldTimestamp);
        var now = time.GetTimestamp();
        if ((last == 0 || time.GetElapsedTime(last, now) >= TellEvery)
            && Interlocked.CompareExchange(ref _toldTimestamp, now, last) == last)
        {
            log.Overloaded(upstream.Plan.Name, gate.Limit, gate.Queued);
        }
    }
}
