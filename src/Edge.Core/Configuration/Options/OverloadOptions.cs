using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>overload</c> as written.</summary>
internal sealed class OverloadOptions
{
    /// <summary>Most requests that may wait for an upstream at once.</summary>
    public const int ConcurrentMost = 100_000;

    /// <summary>Most requests that may stand in line.</summary>
    public const int QueueMost = 100_000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<OverloadOptions> Shape = new(
        "overload", "overload settings",
        "How many requests may wait for an upstream at once, which adapts to how fast it answers, and who is turned away first.",
        new Key<OverloadOptions, List<Located<string>>>(
            "shedFirst", new ListShape<string>(Scalars.Name, "tiers", 0, EdgeOptions.TiersMax), (o, v) => o.ShedFirst = v,
            "The tiers that are turned away first, in this order, after callers without a tier. All others come last.",
            defaultText: "[]"),
        new Key<OverloadOptions, int>(
            "concurrentMin", Scalars.Count(1, ConcurrentMost), (o, v) => o.ConcurrentMin = v,
            "As many may wait for an upstream at any time.", defaultText: "8"),
        new Key<OverloadOptions, int>(
            "concurrentMax", Scalars.Count(1, ConcurrentMost), (o, v) => o.ConcurrentMax = v,
            "Never more than this.", defaultText: "1000"),
        new Key<OverloadOptions, int>(
            "queueMax", Scalars.Count(0, QueueMost), (o, v) => o.QueueMax = v,
            "Most requests that stand in line for an upstream.", defaultText: "100"),
        new Key<OverloadOptions, TimeSpan>(
            "queueTimeout", Scalars.Duration(), (o, v) => o.QueueTimeout = v,
            "The longest that one stands there.", defaultText: "500ms"));

    /// <summary>Who is turned away first.</summary>
    public Located<List<Located<string>>>? ShedFirst { get; set; }

    /// <summary>Least limit.</summary>
    public Located<int>? ConcurrentMin { get; set; }

    /// <summary>Greatest limit.</summary>
    public Located<int>? ConcurrentMax { get; set; }

    /// <summary>Length of the line.</summary>
    public Located<int>? QueueMax { get; set; }

    /// <summary>Time in line.</summary>
    public Located<TimeSpan>? QueueTimeout { get; set; }
}
