using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;

namespace Edge.Core.Configuration.Options;

/// <summary>An entry of <c>identity.consumers</c> as written.</summary>
internal sealed class ConsumerOptions
{
    /// <summary>Most credentials of one sort that a consumer has at once.</summary>
    public const int CredentialsMax = 64;

    /// <summary>Most scopes.</summary>
    public const int ScopesMax = 256;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ConsumerOptions> Shape = new(
        "consumer", "a consumer", "A caller that the file knows by itself. To change a key or a secret, give it two for a while.",
        new Key<ConsumerOptions, string>(
            "customId", Scalars.Plain, (o, v) => o.CustomId = v,
            "The name that your own systems know it by: `{caller.customId}`."),
        new Key<ConsumerOptions, string>("email", Scalars.Plain, (o, v) => o.Email = v, "Its e-mail address: `{caller.email}`."),
        new Key<ConsumerOptions, string>("tier", Scalars.Name, (o, v) => o.Tier = v, "Its tier."),
        new Key<ConsumerOptions, List<Located<string>>>(
            "scopes", new ListShape<string>(Scalars.Scope, "scopes", 0, ScopesMax), (o, v) => o.Scopes = v,
            "What it may do. A token may narrow this down with its own `scope`, and never widen it.", defaultText: "[]"),
        new Key<ConsumerOptions, List<Located<ConsumerJwtOptions>>>(
            "jwt", new ListShape<ConsumerJwtOptions>(ConsumerJwtOptions.Shape, "secrets", 0, CredentialsMax), (o, v) => o.Jwt = v,
            "Secrets with which it signs tokens itself.", defaultText: "[]"),
        new Key<ConsumerOptions, List<Located<ApiKeyOptions>>>(
            "apiKeys", new ListShape<ApiKeyOptions>(ApiKeyOptions.Shape, "API keys", 0, CredentialsMax), (o, v) => o.ApiKeys = v,
            "Its API keys.", defaultText: "[]"));

    /// <summary>Its name elsewhere.</summary>
    public Located<string>? CustomId { get; set; }

    /// <summary>Its address.</summary>
    public Located<string>? Email { get; set; }

    /// <summary>Its tier.</summary>
    public Located<string>? Tier { get; set; }

    /// <summary>Its scopes.</summary>
    public Located<List<Located<string>>>? Scopes { get; set; }

    /// <summary>Its secrets.</summary>
    public Located<List<Located<ConsumerJwtOptions>>>? Jwt { get; set; }

    /// <summary>Its keys.</summary>
    public Located<List<Located<ApiKeyOptions>>>? ApiKeys { get; set; }
}

/// <summary>An item of a consumer's <c>jwt</c> as written.</summary>
internal sealed class ConsumerJwtOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ConsumerJwtOptions> Shape = new(
        "consumerJwt", "a secret with its name",
        "A secret with which a consumer signs tokens. `edge token` makes one for a test.",
        new Key<ConsumerJwtOptions, string>(
            "kid", Scalars.Kid, (o, v) => o.Kid = v,
            "Its name, which the token's header gives as `kid`; no two in the file have the same.", isRequired: true),
        new Key<ConsumerJwtOptions, JwtAlgorithm>(
            "algorithm", Scalars.ConsumerAlgorithm, (o, v) => o.Algorithm = v, "The only algorithm that it is used with.",
            defaultText: "HS256"),
        new Key<ConsumerJwtOptions, Secret>(
            "secret", Scalars.SigningSecret, (o, v) => o.Secret = v,
            "The secret, taken as UTF-8. At least as many bytes as the algorithm's hash has: 32, 48 or 64 " +
            "(RFC 7518, section 3.2).",
            isRequired: true));

    /// <summary>Its name.</summary>
    public Located<string>? Kid { get; set; }

    /// <summary>Its algorithm.</summary>
    public Located<JwtAlgorithm>? Algorithm { get; set; }

    /// <summary>The secret.</summary>
    public Located<Secret>? Secret { get; set; }
}

/// <summary>An item of a consumer's <c>apiKeys</c> as written.</summary>
internal sealed class ApiKeyOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ApiKeyOptions> Shape = new(
        "apiKey", "an API key", "An API key, of which the file has the hash only. `edge key` makes one.",
        new Key<ApiKeyOptions, string>(
            "name", Scalars.Name, (o, v) => o.Name = v, "Its name in the audit log; no two of a consumer have the same.",
            isRequired: true),
        new Key<ApiKeyOptions, byte[]>(
            "sha256", Scalars.Sha256, (o, v) => o.Sha256 = v, "SHA-256 of the key, in hexadecimal digits.", isRequired: true),
        new Key<ApiKeyOptions, DateTimeOffset>(
            "notBefore", Scalars.Moment, (o, v) => o.NotBefore = v, "From when on it is valid. Left out: it is."),
        new Key<ApiKeyOptions, DateTimeOffset>(
            "expires", Scalars.Moment, (o, v) => o.Expires = v,
            "From when on it is not valid any more: a day, which begins at midnight UTC, or a moment. Left out: never."));

    /// <summary>Its name.</summary>
    public Located<string>? Name { get; set; }

    /// <summary>Its hash.</summary>
    public Located<byte[]>? Sha256 { get; set; }

    /// <summary>Its begin.</summary>
    public Located<DateTimeOffset>? NotBefore { get; set; }

    /// <summary>Its end.</summary>
    public Located<DateTimeOffset>? Expires { get; set; }
}
