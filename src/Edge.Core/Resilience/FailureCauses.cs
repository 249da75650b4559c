using Edge.Core.Http;

namespace Edge.Core.Resilience;

/// <summary>Kinds of failures of a target, as the file names them.</summary>
[Flags]
public enum FailureCauses
{
    /// <summary>None: it went well, or what failed says nothing of the target.</summary>
    None = 0,

    /// <summary><c>connect</c>: no connection, from the name to the TLS handshake.</summary>
    Connect = 1,

    /// <summary><c>timeout</c>: no answer in time, or one that stands still.</summary>
    Timeout = 2,

    /// <summary><c>5xx</c>: an answer that says so.</summary>
    ServerError = 4,

    /// <summary><c>429</c>: an answer that says so.</summary>
    TooManyRequests = 8,

    /// <summary><c>broken</c>: the connection broke, or what came is no HTTP.</summary>
    Broken = 16,
}

/// <summary>Tells what kind of failure an outcome is. Stateless.</summary>
public static class FailureCauseOf
{
    /// <summary>Of an answer's status.</summary>
    public static FailureCauses Status(int status) => status switch
    {
        429 => FailureCauses.TooManyRequests,
        >= 500 => FailureCauses.ServerError,
        _ => FailureCauses.None,
    };

    /// <summary>
    /// Of a failure. A caller that left, a limit of our own and an answer that we cut off say nothing of the target.
    /// </summary>
    /// <param name="failure">The failure.</param>
    /// <param name="hasBegun">
    /// True where the answer had begun: then the end of the time for the whole is the length of the answer, and nobody's failure.
    /// </param>
    public static FailureCauses Failure(Failure failure, bool hasBegun) => failure switch
    {
        _ when Failures.IsOfConnecting(failure) => FailureCauses.Connect,
        Http.Failure.UpstreamFirstByteTimeout or Http.Failure.UpstreamIdleTimeout => FailureCauses.Timeout,
        Http.Failure.UpstreamTotalTimeout when !hasBegun => FailureCauses.Timeout,
        Http.Failure.UpstreamClosed or Http.Failure.UpstreamHeadInvalid or Http.Failure.UpstreamHeadTooLarge
            or Http.Failure.UpstreamBodyIncomplete or Http.Failure.UpstreamBodyInvalid
            or Http.Failure.UpstreamUpgradeInvalid => FailureCauses.Broken,
        _ => FailureCauses.None,
    };
}
