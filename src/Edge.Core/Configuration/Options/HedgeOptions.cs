using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>hedge</c> of retries as written.</summary>
internal sealed class HedgeOptions
{
    /// <summary>Most attempts beside the first.</summary>
    public const int AttemptsMost = 3;

    /// <summary>Smallest percentile: half of all requests are enough of them.</summary>
    public const int PercentileLeast = 50;

    /// <summary>Largest percentile.</summary>
    public const int PercentileMost = 99;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<HedgeOptions> Shape = new(
        "hedge", "settings of hedging",
        "When a request that is no stream is sent once more while its first attempt goes on, because that takes long. The " +
        "first good answer is taken. See [retries.md](retries.md#hedging).",
        new Key<HedgeOptions, TimeSpan>(
            "after", Scalars.Duration(), (o, v) => o.After = v,
            "Not before so long. Left out: whenever `percentile` says."),
        new Key<HedgeOptions, int>(
            "percentile", Scalars.Count(PercentileLeast, PercentileMost), (o, v) => o.Percentile = v,
            "Not before so many of a hundred answers of the upstream have begun, by what was seen lately; until enough were " +
            "seen, never. Left out: 95, or where `after` is there, no matter how long answers take."),
        new Key<HedgeOptions, int>(
            "attempts", Scalars.Count(1, AttemptsMost), (o, v) => o.Attempts = v,
            "Most attempts beside the first. They come out of the `budget` of retries.", defaultText: "1"),
        new Key<HedgeOptions, List<Located<string>>>(
            "methods", new ListShape<string>(Scalars.Method, "methods", 1, MatchOptions.MethodsMax), (o, v) => o.Methods = v,
            "Methods of requests that may be sent twice at once. With `POST`, providers may charge for both.",
            defaultText: "[GET, HEAD, OPTIONS]"));

    /// <summary>A time.</summary>
    public Located<TimeSpan>? After { get; set; }

    /// <summary>A share of the answers.</summary>
    public Located<int>? Percentile { get; set; }

    /// <summary>Attempts.</summary>
    public Located<int>? Attempts { get; set; }

    /// <summary>Methods.</summary>
    public Located<List<Located<string>>>? Methods { get; set; }
}
