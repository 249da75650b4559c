using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>authenticate</c> as written.</summary>
internal sealed class AuthenticateOptions
{
    /// <summary>Most issuers on a route, and <c>consumers</c>.</summary>
    public const int WithMax = IdentityOptions.IssuersMax + 1;

    /// <summary>Most places; each is looked at for each request.</summary>
    public const int FromMax = 16;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AuthenticateOptions> Shape = new(
        "authenticate", "authentication settings",
        "Who is let in and where the credential stands. It never reaches the upstream, whichever of the places it stands in.",
        new Key<AuthenticateOptions, List<Located<string>>>(
            "with", new ListShape<string>(Scalars.Name, "names", 1, WithMax), (o, v) => o.With = v,
            "Names of issuers, and `consumers` for those of the file. A token's `iss` chooses between them.", isRequired: true),
        new Key<AuthenticateOptions, List<Located<CredentialPlace>>>(
            "from", new ListShape<CredentialPlace>(Scalars.CredentialPlace, "places", 1, FromMax), (o, v) => o.From = v,
            "Where the credential may stand: `authorization` (as a Bearer token), `x-api-key`, `api-key`, `header:NAME`, " +
            "`query:NAME`, `cookie:NAME`, or `protocol:PREFIX`, behind the prefix in `Sec-WebSocket-Protocol`. " +
            "A request that carries different ones is refused.",
            defaultText: "[authorization, x-api-key, api-key]"),
        new Key<AuthenticateOptions, TimeSpan>(
            "maximumLifetime", Scalars.Duration(), (o, v) => o.MaximumLifetime = v,
            "Longest time between `iat` and `exp` of a token. Left out: any."),
        new Key<AuthenticateOptions, AnonymousOptions>(
            "anonymous", AnonymousOptions.Shape, (o, v) => o.Anonymous = v,
            "Lets callers in that bring no credential at all; a wrong one is refused all the same. Left out: nobody."),
        new Key<AuthenticateOptions, ResourceOptions>(
            "resource", ResourceOptions.Shape, (o, v) => o.Resource = v,
            "The OAuth 2.0 resource that the route is part of (RFC 9728), such as an MCP server. Left out: of none."));

    /// <summary>Issuers, and consumers.</summary>
    public Located<List<Located<string>>>? With { get; set; }

    /// <summary>Places.</summary>
    public Located<List<Located<CredentialPlace>>>? From { get; set; }

    /// <summary>Longest life.</summary>
    public Located<TimeSpan>? MaximumLifetime { get; set; }

    /// <summary>Callers without a credential.</summary>
    public Located<AnonymousOptions>? Anonymous { get; set; }

    /// <summary>Resource.</summary>
    public Located<ResourceOptions>? Resource { get; set; }
}

/// <summary>The object <c>anonymous</c> as written.</summary>
internal sealed class AnonymousOptions
{
    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AnonymousOptions> Shape = new(
        "anonymous", "settings for anonymous callers", "What callers without a credential are.",
        new Key<AnonymousOptions, string>("tier", Scalars.Name, (o, v) => o.Tier = v, "Their tier. Left out: none."));

    /// <summary>Their tier.</summary>
    public Located<string>? Tier { get; set; }
}
