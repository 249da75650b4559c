using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>An upstream's <c>retries</c> as written.</summary>
internal sealed class RetriesOptions
{
    /// <summary>Most attempts.</summary>
    public const int AttemptsMost = 10;

    /// <summary>Most retries a second that are there whatever the traffic.</summary>
    public const int BudgetMinMost = 10_000;

    /// <summary>Most causes in a list.</summary>
    public const int CausesMax = 32;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<RetriesOptions> Shape = new(
        "retries", "settings of retries", "When a request is sent to the upstream again. See [retries.md](retries.md).",
        new Key<RetriesOptions, int>(
            "attempts", Scalars.Count(1, AttemptsMost), (o, v) => o.Attempts = v,
            "Most attempts for a request, the first included.", defaultText: "3"),
        new Key<RetriesOptions, double>(
            "budget", Scalars.Percent, (o, v) => o.Budget = v,
            "Retries are no more than this share of the requests to the upstream in the last 10 s, and those of `budgetMin`.",
            defaultText: "20%"),
        new Key<RetriesOptions, int>(
            "budgetMin", Scalars.Count(0, BudgetMinMost), (o, v) => o.BudgetMin = v,
            "Retries a second that there may be besides.", defaultText: "10"),
        new Key<RetriesOptions, List<Located<string>>>(
            "on", new ListShape<string>(AttemptRules.RetryCause, "causes", 1, CausesMax), (o, v) => o.On = v,
            "After what: `connect`, `timeout` (no answer began within `firstByte`), `reset` (the connection ended before one " +
            "began), or an answer's status: `\"429\"`, `\"5xx\"`.", defaultText: "[connect, 429, 5xx]"),
        new Key<RetriesOptions, bool>(
            "nonIdempotent", Scalars.Boolean, (o, v) => o.NonIdempotent = v,
            "Repeat requests such as POST like all others: also where the upstream has received them and not answered, and may " +
            "have acted on them or charged for them.", defaultText: "false"),
        new Key<RetriesOptions, BackoffOptions>(
            "backoff", BackoffOptions.Shape, (o, v) => o.Backoff = v, "How long to wait before a retry.", defaultText: "{}"),
        new Key<RetriesOptions, HedgeOptions>(
            "hedge", HedgeOptions.Shape, (o, v) => o.Hedge = v,
            "When a request is sent a second time while the first attempt goes on. Left out: never."),
        new Key<RetriesOptions, TimeSpan>(
            "retryAfterMax", Scalars.Duration(), (o, v) => o.RetryAfterMax = v,
            "A provider's `Retry-After` or `retry-after-ms` is waited for where it is not longer, and else handed on.",
            defaultText: "10s"));

    /// <summary>Attempts.</summary>
    public Located<int>? Attempts { get; set; }

    /// <summary>Share of the traffic.</summary>
    public Located<double>? Budget { get; set; }

    /// <summary>Retries a second.</summary>
    public Located<int>? BudgetMin { get; set; }

    /// <summary>Causes.</summary>
    public Located<List<Located<string>>>? On { get; set; }

    /// <summary>POSTs as well.</summary>
    public Located<bool>? NonIdempotent { get; set; }

    /// <summary>Waiting.</summary>
    public Located<BackoffOptions>? Backoff { get; set; }

    /// <summary>Attempts beside the first.</summary>
    public Located<HedgeOptions>? Hedge { get; set; }

    /// <summary>Longest wait that is asked for.</summary>
    public Located<TimeSpan>? RetryAfterMax { get; set; }
}

/// <summary>The object <c>backoff</c> of retries as written.</summary>
internal sealed class BackoffOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<BackoffOptions> Shape = new(
        "backoff", "times to wait", "How long to wait before a retry: any time, by chance, up to a bound that doubles with each.",
        new Key<BackoffOptions, TimeSpan>(
            "base", Scalars.Duration(), (o, v) => o.Base = v, "The bound before the first.", defaultText: "100ms"),
        new Key<BackoffOptions, TimeSpan>(
            "max", Scalars.Duration(), (o, v) => o.Max = v, "The bound is never larger.", defaultText: "2s"));

    /// <summary>First bound.</summary>
    public Located<TimeSpan>? Base { get; set; }

    /// <summary>Largest bound.</summary>
    public Located<TimeSpan>? Max { get; set; }
}
