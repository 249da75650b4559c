using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Resilience;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>breaker</c> as written.</summary>
internal sealed class BreakerOptions
{
    /// <summary>Largest number of failures or successes.</summary>
    public const int CountMost = 1000;

    /// <summary>Largest number of outcomes.</summary>
    public const int VolumeMost = 1_000_000;

    /// <summary>What can be said of causes by default.</summary>
    public const string CausesDefault = "[connect, timeout, 5xx, broken]";

    /// <summary>A list of causes.</summary>
    public static readonly ListShape<FailureCauses> Causes = new(Scalars.FailureCause, "causes", 1, 5);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<BreakerOptions> Shape = new(
        "breaker", "breaker settings",
        "When a target that fails is left alone for a time, so that callers are answered at once and it can recover.",
        new Key<BreakerOptions, int>(
            "failures", Scalars.Count(1, CountMost), (o, v) => o.Failures = v,
            "So many failures within the window open the circuit. Left out: 5, or where there is a `ratio`, any number."),
        new Key<BreakerOptions, double>(
            "ratio", Scalars.Percent, (o, v) => o.Ratio = v,
            "So large a share of failures in the window opens it too. Left out: the share does not matter."),
        new Key<BreakerOptions, int>(
            "volume", Scalars.Count(1, VolumeMost), (o, v) => o.Volume = v,
            "With fewer outcomes in the window than this, `ratio` does not matter. Left out: 20."),
        new Key<BreakerOptions, TimeSpan>(
            "within", Scalars.Duration(), (o, v) => o.Within = v, "The window.", defaultText: "10s"),
        new Key<BreakerOptions, TimeSpan>(
            "openFor", Scalars.Duration(), (o, v) => o.OpenFor = v,
            "So long nothing is sent there. Longer where the provider's Retry-After asks for it, up to 5m.", defaultText: "30s"),
        new Key<BreakerOptions, int>(
            "successes", Scalars.Count(1, CountMost), (o, v) => o.Successes = v,
            "Then so many trials have to succeed; one that fails opens it again.", defaultText: "2"),
        new Key<BreakerOptions, int>(
            "trials", Scalars.Count(1, CountMost), (o, v) => o.Trials = v, "Most trials at once.", defaultText: "1"),
        new Key<BreakerOptions, List<Located<FailureCauses>>>(
            "on", Causes, (o, v) => o.On = v,
            "What counts as a failure: `connect` (no connection), `timeout` (no answer in time), `5xx` and `429` (answers), " +
            "`broken` (the connection broke, or what came is no HTTP).", defaultText: CausesDefault));

    /// <summary>Failures.</summary>
    public Located<int>? Failures { get; set; }

    /// <summary>Their share.</summary>
    public Located<double>? Ratio { get; set; }

    /// <summary>Outcomes without which the share says nothing.</summary>
    public Located<int>? Volume { get; set; }

    /// <summary>The window.</summary>
    public Located<TimeSpan>? Within { get; set; }

    /// <summary>Time of rest.</summary>
    public Located<TimeSpan>? OpenFor { get; set; }

    /// <summary>Trials that have to succeed.</summary>
    public Located<int>? Successes { get; set; }

    /// <summary>Trials at once.</summary>
    public Located<int>? Trials { get; set; }

    /// <summary>What counts.</summary>
    public Located<List<Located<FailureCauses>>>? On { get; set; }
}
