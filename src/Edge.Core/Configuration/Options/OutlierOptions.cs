using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Resilience;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>outlier</c> as written.</summary>
internal sealed class OutlierOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<OutlierOptions> Shape = new(
        "outlier", "outlier settings",
        "When a target is ejected for a time because its requests fail, as long as enough others are left.",
        new Key<OutlierOptions, int>(
            "failures", Scalars.Count(1, BreakerOptions.CountMost), (o, v) => o.Failures = v,
            "After so many failures in a row.", defaultText: "5"),
        new Key<OutlierOptions, double>(
            "margin", Scalars.Percent, (o, v) => o.Margin = v,
            "Where the share of its failures is so much above that of all others together. Left out: shares do not matter."),
        new Key<OutlierOptions, int>(
            "volume", Scalars.Count(1, BreakerOptions.VolumeMost), (o, v) => o.Volume = v,
            "With fewer outcomes in the window than this, its share does not matter. Left out: 20."),
        new Key<OutlierOptions, TimeSpan>(
            "within", Scalars.Duration(), (o, v) => o.Within = v, "The window of the shares. Left out: 10s."),
        new Key<OutlierOptions, TimeSpan>(
            "ejectFor", Scalars.Duration(), (o, v) => o.EjectFor = v,
            "So long at first; twice as long each time that it is ejected again soon.", defaultText: "30s"),
        new Key<OutlierOptions, TimeSpan>(
            "ejectForMax", Scalars.Duration(), (o, v) => o.EjectForMax = v, "Never longer than this.", defaultText: "5m"),
        new Key<OutlierOptions, double>(
            "ejectedMax", Scalars.Percent, (o, v) => o.EjectedMax = v,
            "Most of the targets that may be ejected at once. One may be in any case, and one stays in any case.",
            defaultText: "50%"),
        new Key<OutlierOptions, List<Located<FailureCauses>>>(
            "on", BreakerOptions.Causes, (o, v) => o.On = v, "What counts as a failure, as for the breaker.",
            defaultText: BreakerOptions.CausesDefault));

    /// <summary>Failures in a row.</summary>
    public Located<int>? Failures { get; set; }

    /// <summary>Difference of shares.</summary>
    public Located<double>? Margin { get; set; }

    /// <summary>Outcomes without which a share says nothing.</summary>
    public Located<int>? Volume { get; set; }

    /// <summary>Window of the shares.</summary>
    public Located<TimeSpan>? Within { get; set; }

    /// <summary>Time at first.</summary>
    public Located<TimeSpan>? EjectFor { get; set; }

    /// <summary>Time at most.</summary>
    public Located<TimeSpan>? EjectForMax { get; set; }

    /// <summary>Most that are out.</summary>
    public Located<double>? EjectedMax { get; set; }

    /// <summary>What counts.</summary>
    public Located<List<Located<FailureCauses>>>? On { get; set; }
}
