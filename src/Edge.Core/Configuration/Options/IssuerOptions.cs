using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Options;

/// <summary>An entry of <c>identity.issuers</c> as written.</summary>
internal sealed class IssuerOptions
{
    /// <summary>Most audiences.</summary>
    public const int AudiencesMax = 32;

    /// <summary>Most algorithms: as many as there are.</summary>
    public const int AlgorithmsMax = 16;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<IssuerOptions> Shape = new(
        "issuer", "an issuer", "An issuer of tokens.",
        new Key<IssuerOptions, string>(
            "issuer", Scalars.Plain, (o, v) => o.Issuer = v,
            "What `iss` says in its tokens, character by character. Without `jwksUri` it is the URL below which " +
            "`.well-known/openid-configuration` tells where its keys are.", isRequired: true),
        new Key<IssuerOptions, string>(
            "jwksUri", Scalars.FetchedLink, (o, v) => o.JwksUri = v,
            "URL of its keys. Left out: what its discovery document says."),
        new Key<IssuerOptions, List<Located<string>>>(
            "audience", new OneOrListShape<string>(Scalars.Plain, "texts", AudiencesMax), (o, v) => o.Audience = v,
            "What `aud` has to say, or one of several: this API's own name at the issuer. Tokens for others are refused. It " +
            "may be left out where all routes that take the issuer are of a `resource`."),
        new Key<IssuerOptions, List<Located<JwtAlgorithm>>>(
            "algorithms", new ListShape<JwtAlgorithm>(Scalars.IssuerAlgorithm, "algorithms", 1, AlgorithmsMax),
            (o, v) => o.Algorithms = v, "The only algorithms that its tokens may be signed with.", defaultText: "[RS256, ES256]"),
        new Key<IssuerOptions, TimeSpan>(
            "clockSkew", Scalars.Duration(), (o, v) => o.ClockSkew = v,
            "How far its clock and this machine's may be apart.", defaultText: "30s"),
        new Key<IssuerOptions, string>(
            "typ", Scalars.Plain, (o, v) => o.Typ = v,
            "What `typ` in a token's header has to say, such as `at+jwt` (RFC 9068). Left out: anything."),
        new Key<IssuerOptions, TimeSpan>(
            "maximumLifetime", Scalars.Duration(), (o, v) => o.MaximumLifetime = v,
            "Longest time between `iat` and `exp` of its tokens. Left out: any."),
        new Key<IssuerOptions, TimeSpan>(
            "refresh", Scalars.Duration(), (o, v) => o.Refresh = v,
            "After this time its keys are fetched anew, while the old ones go on verifying.", defaultText: "1h"),
        new Key<IssuerOptions, ClaimMappingOptions>(
            "claims", ClaimMappingOptions.Shape, (o, v) => o.Claims = v, "Which claims say who the caller is.",
            defaultText: "{}"),
        new Key<IssuerOptions, string>(
            "defaultTier", Scalars.Name, (o, v) => o.DefaultTier = v,
            "The tier of callers whose token names none. Left out: they have none."),
        new Key<IssuerOptions, UpstreamTlsOptions>(
            "tls", UpstreamTlsOptions.Shape, (o, v) => o.Tls = v, "How its certificate is verified.", defaultText: "{}"));

    /// <summary>Its name in tokens.</summary>
    public Located<string>? Issuer { get; set; }

    /// <summary>URL of its keys.</summary>
    public Located<string>? JwksUri { get; set; }

    /// <summary>Our names in its tokens.</summary>
    public Located<List<Located<string>>>? Audience { get; set; }

    /// <summary>Algorithms.</summary>
    public Located<List<Located<JwtAlgorithm>>>? Algorithms { get; set; }

    /// <summary>Distance of clocks.</summary>
    public Located<TimeSpan>? ClockSkew { get; set; }

    /// <summary>Type of its tokens.</summary>
    public Located<string>? Typ { get; set; }

    /// <summary>Longest life.</summary>
    public Located<TimeSpan>? MaximumLifetime { get; set; }

    /// <summary>Age at which keys are fetched anew.</summary>
    public Located<TimeSpan>? Refresh { get; set; }

    /// <summary>Names of claims.</summary>
    public Located<ClaimMappingOptions>? Claims { get; set; }

    /// <summary>Tier without a claim.</summary>
    public Located<string>? DefaultTier { get; set; }

    /// <summary>Verification.</summary>
    public Located<UpstreamTlsOptions>? Tls { get; set; }
}

/// <summary>An issuer's <c>claims</c> as written.</summary>
internal sealed class ClaimMappingOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ClaimMappingOptions> Shape = new(
        "claims", "names of claims", "Which claims of a token say who the caller is.",
        new Key<ClaimMappingOptions, string>(
            "consumer", Scalars.Plain, (o, v) => o.Consumer = v, "Its id. A token without it is refused.", defaultText: "sub"),
        new Key<ClaimMappingOptions, string>(
            "email", Scalars.Plain, (o, v) => o.Email = v, "Its e-mail address.", defaultText: "email"),
        new Key<ClaimMappingOptions, string>(
            "tier", Scalars.Plain, (o, v) => o.Tier = v, "Its tier.", defaultText: "tier"),
        new Key<ClaimMappingOptions, string>(
            "scopes", Scalars.Plain, (o, v) => o.Scopes = v,
            "Its scopes: text in which spaces separate them, or an array of texts.", defaultText: "scope"));

    /// <summary>Its id.</summary>
    public Located<string>? Consumer { get; set; }

    /// <summary>Its address.</summary>
    public Located<string>? Email { get; set; }

    /// <summary>Its tier.</summary>
    public Located<string>? Tier { get; set; }

    /// <summary>Its scopes.</summary>
    public Located<string>? Scopes { get; set; }
}
