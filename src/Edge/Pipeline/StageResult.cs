using Edge.Core.Http;

namespace Edge.Pipeline;

/// <summary>What a stage says when it is done.</summary>
internal enum StageOutcome : byte
{
    /// <summary>The next stage goes on.</summary>
    Continue,

    /// <summary>The caller has its answer; only Record follows.</summary>
    Responded,

    /// <summary>The request cannot be served; the failure says why, and the caller is told if it still can be.</summary>
    Failed,

    /// <summary>Failed after the answer had begun: its body must be broken off, so that it never looks whole.</summary>
    BrokenOff,
}

/// <summary>The answer of a stage: an outcome and, for a failure, which.</summary>
internal readonly record struct StageResult(StageOutcome Outcome, Failure Failure)
{
    /// <summary>Go on with the next stage.</summary>
    public static StageResult Continue => default;

    /// <summary>The caller has its answer.</summary>
    public static StageResult Responded => new(StageOutcome.Responded, Failure.None);

    /// <summary>True when the next stage is to run.</summary>
    public bool IsContinue => Outcome == StageOutcome.Continue;

    /// <summary>The request cannot be served.</summary>
    public static StageResult Failed(Failure why) => new(StageOutcome.Failed, why);

    /// <summary>The answer that had begun cannot be finished.</summary>
    public static StageResult BrokenOff(Failure why) => new(StageOutcome.BrokenOff, why);
}
