using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>identity</c> as written.</summary>
internal sealed class IdentityOptions
{
    /// <summary>Most issuers.</summary>
    public const int IssuersMax = 64;

    /// <summary>Most consumers.</summary>
    public const int ConsumersMax = 250_000;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<IdentityOptions> Shape = new(
        "identity", "identity settings", "Who may call. Which of them a route lets in, its `authenticate` says.",
        new Key<IdentityOptions, List<Named<IssuerOptions>>>(
            "issuers",
            new MapShape<IssuerOptions>(
                Scalars.Name, IssuerOptions.Shape, "a mapping of names to issuers", 0, IssuersMax, StringComparer.Ordinal),
            (o, v) => o.Issuers = v, "Issuers of tokens (OpenID Connect, OAuth 2.0), by a name of your choice.",
            defaultText: "{}"),
        new Key<IdentityOptions, List<Named<ConsumerOptions>>>(
            "consumers",
            new MapShape<ConsumerOptions>(
                Scalars.Name, ConsumerOptions.Shape, "a mapping of names to consumers", 0, ConsumersMax, StringComparer.Ordinal),
            (o, v) => o.Consumers = v, "Callers that this file knows by themselves, by name.", defaultText: "{}"),
        new Key<IdentityOptions, string>(
            "consumersFile", Scalars.File, (o, v) => o.ConsumersFile = v,
            "A JSON Lines file with more consumers, for very many: on each line an object with the keys of a consumer and its " +
            "`name`. Watched like this file."),
        new Key<IdentityOptions, Optional<FailureLimitOptions>>(
            "failureLimit", new OrNoneShape<FailureLimitOptions>(FailureLimitOptions.Shape), (o, v) => o.FailureLimit = v,
            "How many credentials from one address may be wrong before it has to wait: IPv4 by address, IPv6 by /64.",
            defaultText: "{}"));

    /// <summary>Issuers.</summary>
    public Located<List<Named<IssuerOptions>>>? Issuers { get; set; }

    /// <summary>Consumers.</summary>
    public Located<List<Named<ConsumerOptions>>>? Consumers { get; set; }

    /// <summary>More consumers.</summary>
    public Located<string>? ConsumersFile { get; set; }

    /// <summary>Wrong credentials.</summary>
    public Located<Optional<FailureLimitOptions>>? FailureLimit { get; set; }
}

/// <summary>An entry of <c>tiers</c> as written.</summary>
internal sealed class TierOptions
{
    /// <summary>Most models in one of its lists.</summary>
    public const int ModelsMax = 256;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<TierOptions> Shape = new(
        "tier", "a tier", "A tier of callers: what requests to upstreams of an LLM dialect may ask for.",
        new Key<TierOptions, List<Located<string>>>(
            "models", new ListShape<string>(BodyScalars.Model, "models", 1, ModelsMax), (o, v) => o.Models = v,
            "Models that its callers may use; `*` stands for any text. Left out: all."),
        new Key<TierOptions, List<Named<string>>>(
            "aliases",
            new MapShape<string>(
                BodyScalars.Model, BodyScalars.ModelName, "a mapping of models to models", 1, ModelsMax, StringComparer.Ordinal),
            (o, v) => o.Aliases = v,
            "Models that its callers ask for, and those that are then asked for upstream: `{ best: gpt-4o }`."),
        new Key<TierOptions, long>(
            "requestTokensMax", BodyScalars.Tokens, (o, v) => o.RequestTokensMax = v,
            "Most tokens of one request and its answer, as [estimated](bodies.md#measuring). Left out: any."),
        new Key<TierOptions, string>(
            "upgradeUrl", Scalars.Link, (o, v) => o.UpgradeUrl = v,
            "Where its callers get a higher one: told in the error when their tier does not reach."));

    /// <summary>Models.</summary>
    public Located<List<Located<string>>>? Models { get; set; }

    /// <summary>Other names of models.</summary>
    public Located<List<Named<string>>>? Aliases { get; set; }

    /// <summary>Most tokens of a request.</summary>
    public Located<long>? RequestTokensMax { get; set; }

    /// <summary>Where to get a higher one.</summary>
    public Located<string>? UpgradeUrl { get; set; }
}
