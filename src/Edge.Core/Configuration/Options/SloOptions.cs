using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>slo</c> as written.</summary>
internal sealed class SloOptions
{
    /// <summary>Most routes with objectives: each keeps the counts of three days, about 10 KiB.</summary>
    public const int RoutesMax = 500;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<SloOptions> Shape = new(
        "slo", "objectives", "How well a route is to serve; metrics tell how fast what may fail is used up.",
        new Key<SloOptions, double>(
            "availability", Scalars.Percent, (o, v) => o.Availability = v,
            "The share of requests that do not fail on this side or upstream and are not answered with 5xx: `99.9%`. What the " +
            "caller did wrong does not count. Left out: no objective."),
        new Key<SloOptions, FirstTokenOptions>(
            "firstToken", FirstTokenOptions.Shape, (o, v) => o.FirstToken = v,
            "How soon streams begin. Left out: no objective."));

    /// <summary>The share that is served.</summary>
    public Located<double>? Availability { get; set; }

    /// <summary>How soon streams begin.</summary>
    public Located<FirstTokenOptions>? FirstToken { get; set; }
}

/// <summary>The object <c>firstToken</c> as written.</summary>
internal sealed class FirstTokenOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<FirstTokenOptions> Shape = new(
        "firstToken", "an objective for first tokens", "How soon the first bytes of streams are here.",
        new Key<FirstTokenOptions, TimeSpan>(
            "within", Scalars.Duration(), (o, v) => o.Within = v, "The longest that one may take.", isRequired: true),
        new Key<FirstTokenOptions, double>(
            "share", Scalars.Percent, (o, v) => o.Share = v, "The share of streams that are in time.", defaultText: "99%"));

    /// <summary>The bound.</summary>
    public Located<TimeSpan>? Within { get; set; }

    /// <summary>How many keep it.</summary>
    public Located<double>? Share { get; set; }
}
