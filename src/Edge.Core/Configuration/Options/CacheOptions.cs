using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Rules;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>cache</c> of a route as written.</summary>
internal sealed class CacheOptions
{
    /// <summary>Most parts of <c>varyOn</c>.</summary>
    public const int PartsMax = 16;

    /// <summary>Most tags.</summary>
    public const int TagsMax = 64;

    /// <summary>Most fields by which an answer tells caches of this kind how long it is good.</summary>
    public const int TargetedFieldsMax = 4;

    /// <summary>Which one is looked at unless the file says otherwise.</summary>
    public const string TargetedFieldDefault = "CDN-Cache-Control";

    /// <summary>Most bytes of an answer.</summary>
    public const long ObjectBytesMax = 64 * 1024 * 1024;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<CacheOptions> Shape = new(
        "cache", "cache settings", "How repeated requests are answered from memory.",
        new Key<CacheOptions, TimeSpan>(
            "ttl", Scalars.Duration(), (o, v) => o.Ttl = v,
            "How long an answer is used. Required before an LLM; elsewhere for answers that do not say it themselves, which " +
            "are not kept without it."),
        new Key<CacheOptions, TimeSpan>(
            "staleIfError", Scalars.Duration(), (o, v) => o.StaleIfError = v,
            "How long an answer is kept after its time, for `{ cached: stale }` among the route's fallbacks.",
            defaultText: "1h"),
        new Key<CacheOptions, CacheScopePlan>(
            "scope", CacheRules.Scope, (o, v) => o.Scope = v,
            "Who shares answers: `consumer`, `claim:NAME` (a tenant), `tier` or `public`.", defaultText: "consumer"),
        new Key<CacheOptions, bool>(
            "shared", Scalars.Boolean, (o, v) => o.Shared = v,
            "Has to be `true` where a route that asks for a credential has scope `public`: its callers then get each other's " +
            "answers.", defaultText: "false"),
        new Key<CacheOptions, List<Located<string>>>(
            "varyOn", new ListShape<string>(CacheRules.Part, "parts", 1, PartsMax), (o, v) => o.VaryOn = v,
            "What tells answers apart beside scope, route and target: `body`, which has to be among them, and " +
            "`\"header:NAME\"`.", defaultText: "[body]"),
        new Key<CacheOptions, long>(
            "maxObject", Scalars.Size(1, ObjectBytesMax), (o, v) => o.MaxObject = v,
            "Most bytes of an answer's body that is kept.", defaultText: "1MiB"),
        new Key<CacheOptions, double>(
            "temperatureMax", CacheRules.Temperature, (o, v) => o.TemperatureMax = v,
            "Requests with a higher `temperature` always go upstream. One without counts as 1.", defaultText: "1"),
        new Key<CacheOptions, bool>(
            "tools", Scalars.Boolean, (o, v) => o.Tools = v,
            "Keep answers to requests that offer tools or functions too.", defaultText: "false"),
        new Key<CacheOptions, List<Located<string>>>(
            "noCacheTiers", new ListShape<string>(Scalars.Name, "tiers", 0, EdgeOptions.TiersMax), (o, v) => o.NoCacheTiers = v,
            "Tiers whose callers may ask for a fresh answer by `Cache-Control: no-cache`, and for one that is not kept by " +
            "`no-store`.", defaultText: "[]"),
        new Key<CacheOptions, bool>(
            "convert", Scalars.Boolean, (o, v) => o.Convert = v,
            "Before LLMs: an answer that came whole answers a request for a stream too, and the reverse.", defaultText: "false"),
        new Key<CacheOptions, TimeSpan>(
            "replayEvery", Scalars.Duration(), (o, v) => o.ReplayEvery = v,
            "Time between two events of a stream that is given from memory. Left out: all at once."),
        new Key<CacheOptions, bool>(
            "callerDirectives", Scalars.Boolean, (o, v) => o.CallerDirectives = v,
            "Before other services than LLMs: what callers say in `Cache-Control` counts, whatever their tier.",
            defaultText: "false"),
        new Key<CacheOptions, List<Located<string>>>(
            "targetedFields", new ListShape<string>(Scalars.HeaderName, "headers' names", 0, TargetedFieldsMax),
            (o, v) => o.TargetedFields = v,
            "Before other services than LLMs: fields of answers (RFC 9213) that count instead of `Cache-Control` and " +
            "`Expires`. The first of them that an answer has is looked at.", defaultText: $"[{TargetedFieldDefault}]"),
        new Key<CacheOptions, bool>(
            "store", CacheRules.Store, (o, v) => o.Store = v,
            "Where answers are kept: in `memory`, or in `redis` too, where all replicas find them.", defaultText: "memory"),
        new Key<CacheOptions, List<Located<string>>>(
            "tags", new ListShape<string>(CacheRules.Tag, "tags", 0, TagsMax), (o, v) => o.Tags = v,
            "Tags of all answers of the route, by which they can be purged.", defaultText: "[]"),
        new Key<CacheOptions, SemanticOptions>(
            "semantic", SemanticOptions.Shape, (o, v) => o.Semantic = v,
            "Before LLMs: questions that are much alike get the same answer. Left out: they do not."));

    /// <summary>Time of use.</summary>
    public Located<TimeSpan>? Ttl { get; set; }

    /// <summary>Time after that.</summary>
    public Located<TimeSpan>? StaleIfError { get; set; }

    /// <summary>Who shares.</summary>
    public Located<CacheScopePlan>? Scope { get; set; }

    /// <summary>Sharing is meant.</summary>
    public Located<bool>? Shared { get; set; }

    /// <summary>What tells answers apart.</summary>
    public Located<List<Located<string>>>? VaryOn { get; set; }

    /// <summary>Bytes of a body.</summary>
    public Located<long>? MaxObject { get; set; }

    /// <summary>Chance.</summary>
    public Located<double>? TemperatureMax { get; set; }

    /// <summary>Tools.</summary>
    public Located<bool>? Tools { get; set; }

    /// <summary>Who may go round it.</summary>
    public Located<List<Located<string>>>? NoCacheTiers { get; set; }

    /// <summary>Both forms.</summary>
    public Located<bool>? Convert { get; set; }

    /// <summary>Pace.</summary>
    public Located<TimeSpan>? ReplayEvery { get; set; }

    /// <summary>Callers have a say.</summary>
    public Located<bool>? CallerDirectives { get; set; }

    /// <summary>Fields for caches like this.</summary>
    public Located<List<Located<string>>>? TargetedFields { get; set; }

    /// <summary>Where.</summary>
    public Located<bool>? Store { get; set; }

    /// <summary>Tags.</summary>
    public Located<List<Located<string>>>? Tags { get; set; }

    /// <summary>Alike.</summary>
    public Located<SemanticOptions>? Semantic { get; set; }
}

/// <summary>The object <c>cache</c> of the whole file as written.</summary>
internal sealed class CacheStoreOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<CacheStoreOptions> Shape = new(
        "cacheStore", "settings of the memory for answers", "The memory that all routes with `cache` share.",
        new Key<CacheStoreOptions, long>(
            "sizeMax", Scalars.Size(Caching.CacheStore.BytesMin, Caching.CacheStore.BytesMax), (o, v) => o.SizeMax = v,
            "All bytes of it, its tables included. Takes effect at the start.", defaultText: "64MiB"));

    /// <summary>Bytes.</summary>
    public Located<long>? SizeMax { get; set; }
}
