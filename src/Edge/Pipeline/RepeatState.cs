using Edge.Core.Http;
using Edge.Core.Resilience;
using Edge.Hosting;

namespace Edge.Pipeline;

/// <summary>
/// What has become of the attempts of one request, while there may be more. One for each <see cref="RequestContext"/> that ever
/// needed it, used by one request after another.
/// </summary>
internal sealed class RepeatState
{
    /// <summary>Attempts at the upstream that is being asked.</summary>
    public int AttemptsHere { get; set; }

    /// <summary>The first of the route's fallbacks that has not been looked at.</summary>
    public int NextFallback { get; set; }

    /// <summary>What is done where the upstream fails that was chosen for it: the route's own, or its canary.</summary>
    public RouteFallback[] Fallbacks { get; private set; } = [];

    /// <summary>When the request must be over, all upstreams together, on the sweeper's clock.</summary>
    public long RequestByMs { get; set; }

    /// <summary>The model that the request names.</summary>
    public string? OwnModel { get; private set; }

    /// <summary>How the request's own body is sent.</summary>
    public RequestBodyKind OwnBodyKind { get; private set; }

    /// <summary>The body for another model.</summary>
    public HeadBuffer OtherBody { get; } = new();

    /// <summary>The last answer that the caller did not get.</summary>
    public KeptAnswer Kept { get; } = new();

    /// <summary>Whose it was.</summary>
    public RouteUpstream? KeptOf { get; set; }

    /// <summary>How the last attempt failed that had no answer; one that was not even made counts where no other did.</summary>
    public Failure Failure { get; private set; }

    /// <summary>What was done in place of the route's own upstream; null: nothing.</summary>
    public string? Fallback { get; set; }

    /// <summary>Why: a status, or the code of a failure.</summary>
    public string? Reason { get; set; }

    /// <summary>Begins with a request whose body has been looked at.</summary>
    public void Begin(RequestContext context)
    {
        AttemptsHere = 0;
        NextFallback = 0;
        Fallbacks = context.Route!.Canary is { } canary && canary.Upstream == context.Upstream
            ? canary.Fallbacks
            : context.Route.Fallbacks;
        RequestByMs = context.WholeByMs;
        OwnModel = context.Facts.Model;
        OwnBodyKind = context.BodyKind;
        KeptOf = null;
        Failure = Failure.None;
        Fallback = null;
        Reason = null;
    }

    /// <summary>An attempt has ended.</summary>
    public void Note(in AttemptEnd end)
    {
        var isTold = end.Cause is not (AttemptCause.Unavailable or AttemptCause.Overload);
        if (end.Failure != Failure.None && (isTold || Failure == Failure.None))
        {
            Failure = end.Failure;
        }
    }

    /// <summary>Gives the memory back. The request is over.</summary>
    public void End()
    {
        OtherBody.ReturnMemory();
        Kept.Clear();
        KeptOf = null;
    }
}
