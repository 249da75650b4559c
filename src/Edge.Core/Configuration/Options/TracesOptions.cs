using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>traces</c> as written.</summary>
internal sealed class TracesOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TracesOptions> Shape = new(
        "traces", "trace settings", "Which traces are kept and sent to the collector.",
        new Key<TracesOptions, double>(
            "sample", Scalars.Share, (o, v) => o.Sample = v,
            "The share of traces that begin here, from 0 to 1. OTEL_TRACES_SAMPLER wins.", defaultText: "0.01"),
        new Key<TracesOptions, TimeSpan>(
            "slow", Scalars.Duration(), (o, v) => o.Slow = v,
            "A request that takes longer is kept, as is one that fails on this side or upstream.", defaultText: "30s"),
        new Key<TracesOptions, bool>(
            "trustParent", Scalars.Boolean, (o, v) => o.TrustParent = v,
            "A caller whose `traceparent` says that it keeps the trace has it kept here.", defaultText: "true"));

    /// <summary>The share.</summary>
    public Located<double>? Sample { get; set; }

    /// <summary>What is slow.</summary>
    public Located<TimeSpan>? Slow { get; set; }

    /// <summary>Whether callers decide.</summary>
    public Located<bool>? TrustParent { get; set; }
}
