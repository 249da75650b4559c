using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An item of a route's <c>fallback</c> as written.</summary>
internal sealed class FallbackOptions
{
    /// <summary>Most items of a route.</summary>
    public const int ItemsMax = 16;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<FallbackOptions> Shape = new(
        "fallback", "a fallback",
        "What is done where the route's upstream fails. An item has one of `upstream`, `cached` and `status`; the first that " +
        "fits is taken, and where that fails too, the next. See [retries.md](retries.md#fallback).",
        new Key<FallbackOptions, string>(
            "upstream", Scalars.Name, (o, v) => o.Upstream = v,
            "Another upstream is asked; of the same dialect. Or the route's own, for another `model`."),
        new Key<FallbackOptions, string>(
            "model", BodyScalars.ModelName, (o, v) => o.Model = v,
            "The model that it is asked for. Left out: the one that the request names."),
        new Key<FallbackOptions, bool>(
            "cached", AttemptRules.Stale, (o, v) => o.Cached = v,
            "`stale`: the route's cache is asked again, for an answer that is too old."),
        new Key<FallbackOptions, int>(
            "status", AttemptRules.Status, (o, v) => o.Status = v, "An answer with this status, which is always there."),
        new Key<FallbackOptions, byte[]>(
            "body", new JsonShape(hasPlaceholders: false), (o, v) => o.Body = v,
            "Its body: sent as text where it is one, else as JSON. Left out: none."),
        new Key<FallbackOptions, List<Located<string>>>(
            "on", new ListShape<string>(AttemptRules.FallbackCause, "causes", 1, RetriesOptions.CausesMax), (o, v) => o.On = v,
            "After what: `unavailable` (no target may be asked), `overload` (more is asked of it than it bears, and nobody may " +
            "stand in line any more), `connect`, `timeout`, `reset`, or an answer's status: `\"429\"`, `\"5xx\"`.",
            defaultText: "[unavailable, overload, connect, timeout, 429, 5xx]"));

    /// <summary>Another upstream.</summary>
    public Located<string>? Upstream { get; set; }

    /// <summary>Another model.</summary>
    public Located<string>? Model { get; set; }

    /// <summary>An old answer.</summary>
    public Located<bool>? Cached { get; set; }

    /// <summary>A fixed answer.</summary>
    public Located<int>? Status { get; set; }

    /// <summary>What it says.</summary>
    public Located<byte[]>? Body { get; set; }

    /// <summary>Causes.</summary>
    public Located<List<Located<string>>>? On { get; set; }
}
