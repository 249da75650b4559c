using Edge.Load.Calling;
using Edge.Load.Plan;
using Edge.Load.Scenarios;

namespace Edge.Load.Running;

/// <summary>How a run ended.</summary>
internal enum Outcome
{
    /// <summary>Everything that must hold holds.</summary>
    Passed,

    /// <summary>The generator did not keep its rate: the run says nothing.</summary>
    Void,

    /// <summary>There were errors.</summary>
    Failed,
}

/// <summary>How many answers were of a kind.</summary>
internal readonly record struct Count(string Kind, Verdict Verdict, long Number);

/// <summary>A second of a run.</summary>
/// <param name="Second">Its end, from the first arrival that counts.</param>
/// <param name="DuePerSecond">Arrivals.</param>
/// <param name="AnsweredPerSecond">Answers, good or bad.</param>
/// <param name="FailedPerSecond">Errors.</param>
/// <param name="InFlight">Questions without an answer at its end.</param>
/// <param name="P50Ms">Median of the answers that ended in it.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="MaxMs">The longest.</param>
/// <param name="ProcessorPart">Processor time of the gateway, in parts of one core.</param>
/// <param name="ResidentBytes">Resident memory of the gateway.</param>
internal readonly record struct Slice(
    double Second, double DuePerSecond, double AnsweredPerSecond, double FailedPerSecond, long InFlight,
    double P50Ms, double P99Ms, double MaxMs, double ProcessorPart, long ResidentBytes);

/// <summary>Everything that is known of a run.</summary>
internal sealed class RunRecord
{
    /// <summary>The scenario's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required string About { get; init; }

    /// <summary>Whether the first byte matters, not the last.</summary>
    public required bool IsOfStreams { get; init; }

    /// <summary>The rate.</summary>
    public required RatePlan Plan { get; init; }

    /// <summary>How long it ran before times counted.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Of all chance in it.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The generator has kept its rate if not more than one in a hundred arrivals was later than this.</summary>
    public required TimeSpan LateMax { get; init; }

    /// <summary>What was recorded.</summary>
    public required Recorder Recorder { get; init; }

    /// <summary>What happened beside arrivals.</summary>
    public required Timeline Timeline { get; init; }

    /// <summary>What the scenario says at its end.</summary>
    public Findings Findings { get; } = new();

    /// <summary>Processor time that the gateway used for each answer that counts, in microseconds.</summary>
    public double ProcessorUsPerAnswer { get; set; }

    /// <summary>Its seconds.</summary>
    public IReadOnlyList<Slice> Slices => Recorder.Slices;

    /// <summary>Answers by kind, the most frequent first.</summary>
    public Count[] Counts => Recorder.Counts;

    /// <summary>All answers, warm-up included.</summary>
    public long Answers => Counts.Sum(static count => count.Number);

    /// <summary>Errors, warm-up included.</summary>
    public long Errors => Counts.Sum(static count => count.Verdict == Verdict.Failed ? count.Number : 0);

    /// <summary>Whether every arrival was made, and in time.</summary>
    public bool HasKeptRate => Recorder.Dropped == 0 && Recorder.Late.Percentile(99) <= LateMax.TotalMilliseconds;

    /// <summary>How it ended: an error is one even in a run that is void.</summary>
    public Outcome Outcome => Errors > 0 || Findings.HasError ? Outcome.Failed : HasKeptRate ? Outcome.Passed : Outcome.Void;
}
