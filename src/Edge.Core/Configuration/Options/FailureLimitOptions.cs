using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>failureLimit</c> as written.</summary>
internal sealed class FailureLimitOptions
{
    /// <summary>Most failures.</summary>
    public const int FailuresMax = 1000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<FailureLimitOptions> Shape = new(
        "failureLimit", "a limit of failures", "How many credentials from one address may be wrong before it has to wait.",
        new Key<FailureLimitOptions, int>(
            "failures", Scalars.Count(1, FailuresMax), (o, v) => o.Failures = v,
            "As many at once. One is forgotten each time that its share of `within` has passed.", defaultText: "20"),
        new Key<FailureLimitOptions, TimeSpan>(
            "within", Scalars.Duration(), (o, v) => o.Within = v, "The time in which as many are forgotten.",
            defaultText: "1m"));

    /// <summary>How many.</summary>
    public Located<int>? Failures { get; set; }

    /// <summary>In which time.</summary>
    public Located<TimeSpan>? Within { get; set; }
}
