using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>balance</c> as written.</summary>
internal sealed class BalanceOptions
{
    private static readonly ScalarShape<BalanceKind> Kind = Scalars.Choice(
        "a way to choose",
        ("p2c", BalanceKind.TwoChoices), ("round-robin", BalanceKind.RoundRobin), ("weighted", BalanceKind.Weighted),
        ("hash", BalanceKind.Hash), ("least-tokens", BalanceKind.LeastTokens));

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<BalanceOptions> Shape = new(
        "balance", "balance settings", "How one of several targets is chosen. A word alone is the way to choose.",
        new Key<BalanceOptions, BalanceKind>(
            "by", Kind, (o, v) => o.By = v,
            "`p2c`: the better of two that are drawn, by how fast they answer and what is under way. `round-robin`: one after " +
            "the other. `weighted`: the same, as often as their weights say. `hash`: the same for the same caller. " +
            "`least-tokens`: the one with the fewest tokens under way.", defaultText: "p2c"),
        new Key<BalanceOptions, string>(
            "header", Scalars.HeaderName, (o, v) => o.Header = v,
            "For `hash`: the value of this header decides, where a request has it. Left out: who calls."),
        new Key<BalanceOptions, TimeSpan>(
            "slowStart", Scalars.Duration(), (o, v) => o.SlowStart = v,
            "A target that comes back gets a tenth of its share at first, and all of it after this time. Left out: 10s."),
        new Key<BalanceOptions, double>(
            "panicBelow", Scalars.Percent, (o, v) => o.PanicBelow = v,
            "Where a smaller share of the targets than this is in, health checks and ejection are not believed, and all are " +
            "used. Left out: 50%."));

    /// <summary>The way to choose, or settings.</summary>
    public static readonly WordOrObjectShape<BalanceOptions, BalanceKind> Any =
        new(Kind, Shape, static kind => new BalanceOptions { By = kind });

    /// <summary>The way to choose.</summary>
    public Located<BalanceKind>? By { get; set; }

    /// <summary>The header that decides.</summary>
    public Located<string>? Header { get; set; }

    /// <summary>Time to come back in.</summary>
    public Located<TimeSpan>? SlowStart { get; set; }

    /// <summary>When checks are not believed.</summary>
    public Located<double>? PanicBelow { get; set; }
}
