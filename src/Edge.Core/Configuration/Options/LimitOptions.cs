using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Limits;

namespace Edge.Core.Configuration.Options;

/// <summary>An item of <c>limits</c> as written.</summary>
internal sealed class LimitOptions
{
    /// <summary>Largest number of requests.</summary>
    public const int RequestsMax = 1_000_000_000;

    /// <summary>Most parts of a key.</summary>
    public const int PartsMax = 8;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<LimitOptions> Shape = new(
        "limit", "a limit",
        "How much one caller, or all together, may ask for. Give it one of `requests`, `tokens`, `usd` and `concurrent`.",
        new Key<LimitOptions, string>(
            "name", Scalars.Name, (o, v) => o.Name = v,
            "Its name, which callers are told in `RateLimit`. No two in a list share it.",
            isRequired: true),
        new Key<LimitOptions, List<Located<LimitKeyPart>>>(
            "per", new OneOrListShape<LimitKeyPart>(LimitRules.Part, "parts of a key", PartsMax), (o, v) => o.Per = v,
            "Each value of which has a count of its own: `consumer`, `tier`, `apiKey`, `ip`, `route`, `claim:NAME`, " +
            "`header:NAME`, several of them in a list, or `global`, which is one count for all.", isRequired: true),
        new Key<LimitOptions, int>(
            "requests", Scalars.Count(1, RequestsMax), (o, v) => o.Requests = v, "Requests in a window."),
        new Key<LimitOptions, int>(
            "tokens", Scalars.Count(1, RequestsMax), (o, v) => o.Tokens = v,
            "LLM tokens in a window: an estimate is reserved before a request is forwarded, and replaced by what the provider " +
            "reports."),
        new Key<LimitOptions, LimitUnit>(
            "of", LimitRules.TokenKind, (o, v) => o.Of = v,
            "With `tokens`: whether those of the prompt, of the answer, or both count. Left out: both."),
        new Key<LimitOptions, long>(
            "usd", LimitRules.Dollars, (o, v) => o.Usd = v,
            "US dollars in a window, by the file `prices`; reserved and replaced as tokens are."),
        new Key<LimitOptions, LimitSpan>(
            "window", LimitRules.Window, (o, v) => o.Window = v,
            "Not with `concurrent`: a duration, or a window of the calendar."),
        new Key<LimitOptions, int>(
            "burst", Scalars.Count(1, RequestsMax), (o, v) => o.Burst = v,
            "Requests or tokens that may come at once after a pause. Left out: as many as in a window. Not for counted windows."),
        new Key<LimitOptions, LimitKind>(
            "algorithm", LimitRules.Algorithm, (o, v) => o.Algorithm = v,
            "`bucket`: allowance comes back evenly. `fixed`: the count begins anew at each full window of the clock. " +
            "Left out: `bucket`, and `fixed` for windows of the calendar."),
        new Key<LimitOptions, TimeZoneInfo>(
            "zone", LimitRules.Zone, (o, v) => o.Zone = v,
            "The time zone, such as `Europe/Berlin`, by whose clocks windows of the calendar begin. Left out: UTC."),
        new Key<LimitOptions, int>(
            "concurrent", Scalars.Count(1, RequestsMax), (o, v) => o.Concurrent = v,
            "Requests that may run at once, streams included."));

    /// <summary>Its name.</summary>
    public Located<string>? Name { get; set; }

    /// <summary>What has a count of its own.</summary>
    public Located<List<Located<LimitKeyPart>>>? Per { get; set; }

    /// <summary>Requests in a window.</summary>
    public Located<int>? Requests { get; set; }

    /// <summary>Tokens in a window.</summary>
    public Located<int>? Tokens { get; set; }

    /// <summary>Which tokens.</summary>
    public Located<LimitUnit>? Of { get; set; }

    /// <summary>Millionths of a dollar in a window.</summary>
    public Located<long>? Usd { get; set; }

    /// <summary>The window.</summary>
    public Located<LimitSpan>? Window { get; set; }

    /// <summary>Requests at once after a pause.</summary>
    public Located<int>? Burst { get; set; }

    /// <summary>How it counts.</summary>
    public Located<LimitKind>? Algorithm { get; set; }

    /// <summary>Whose clocks.</summary>
    public Located<TimeZoneInfo>? Zone { get; set; }

    /// <summary>Requests at once.</summary>
    public Located<int>? Concurrent { get; set; }
}
