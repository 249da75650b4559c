using System.Globalization;
using Edge.Core.Http;

namespace Edge.Core.Resilience;

/// <summary>Why an attempt at an upstream is not the last word, by the words of the file.</summary>
public enum AttemptCause
{
    /// <summary>Nothing that another attempt could mend.</summary>
    None,

    /// <summary>No target may be asked: circuits open, health checks failed, no connection to spare. Nothing was sent.</summary>
    Unavailable,

    /// <summary>More is asked of the upstream than it bears, and its line is full. Nothing was sent.</summary>
    Overload,

    /// <summary>No connection was made. Nothing was sent.</summary>
    Connect,

    /// <summary>The request was sent, and no answer began in time.</summary>
    Timeout,

    /// <summary>The request was sent, wholly or in part, and the connection ended before an answer began.</summary>
    Reset,

    /// <summary>There is an answer, whose status says that it failed.</summary>
    Status,
}

/// <summary>How an attempt at an upstream has ended.</summary>
public readonly struct AttemptEnd
{
    /// <summary>The first status of which an answer may be followed by another attempt.</summary>
    public const int StatusMin = 400;

    /// <summary>The last one.</summary>
    public const int StatusMax = 599;

    private AttemptEnd(AttemptCause cause, Failure failure, int status)
    {
        Cause = cause;
        Failure = failure;
        Status = status;
    }

    /// <summary>What another attempt might mend.</summary>
    public AttemptCause Cause { get; }

    /// <summary>How it failed; None: there is an answer.</summary>
    public Failure Failure { get; }

    /// <summary>The status of the answer; 0: there is none.</summary>
    public int Status { get; }

    /// <summary>What to call it in logs and metrics: the status, or the failure's code.</summary>
    public string Reason => Failure == Failure.None ? Status.ToString(CultureInfo.InvariantCulture) : Failures.Code(Failure);

    /// <summary>There is an answer.</summary>
    public static AttemptEnd Answered(int status) =>
        new(status is >= StatusMin and <= StatusMax ? AttemptCause.Status : AttemptCause.None, Failure.None, status);

    /// <summary>There is none.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="isUnsent">The upstream cannot have seen any of the request, though there was a connection.</param>
    public static AttemptEnd Failed(Failure failure, bool isUnsent = false)
    {
        var cause = CauseOf(failure);
        return new(cause == AttemptCause.Reset && isUnsent ? AttemptCause.Connect : cause, failure, 0);
    }

    private static AttemptCause CauseOf(Failure failure) => failure switch
    {
        Failure.UpstreamCircuitOpen or Failure.UpstreamUnavailable or Failure.UpstreamRateLimited
            or Failure.EdgeConnectionLimit => AttemptCause.Unavailable,
        Failure.EdgeOverloaded => AttemptCause.Overload,
        _ when Failures.IsOfConnecting(failure) => AttemptCause.Connect,
        Failure.UpstreamFirstByteTimeout => AttemptCause.Timeout,
        Failure.UpstreamClosed => AttemptCause.Reset,
        _ => AttemptCause.None,
    };
}
