using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>resource</c> of <c>authenticate</c> as written.</summary>
internal sealed class ResourceOptions
{
    /// <summary>Most authorisation servers.</summary>
    public const int ServersMax = 16;

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<ResourceOptions> Shape = new(
        "resource", "a resource",
        "A protected resource: its metadata is published, and tokens of issuers have to be made for it. Routes with the same " +
        "`identifier` are one resource.",
        new Key<ResourceOptions, string>(
            "identifier", Scalars.ResourceIdentifier, (o, v) => o.Identifier = v,
            "The URL at which clients know it: `resource` in its metadata. `aud` of a token has to say it, in place of the " +
            "issuer's `audience`.", isRequired: true),
        new Key<ResourceOptions, List<Located<string>>>(
            "authorizationServers", new ListShape<string>(Scalars.Link, "URLs", 1, ServersMax),
            (o, v) => o.AuthorizationServers = v,
            "Who gives tokens for it: `authorization_servers`. Left out: the route's issuers."),
        new Key<ResourceOptions, List<Located<string>>>(
            "scopesSupported", new ListShape<string>(Scalars.Scope, "scopes", 0, AuthorizeOptions.ItemsMax),
            (o, v) => o.ScopesSupported = v,
            "Scopes that it knows beside those that its routes ask for: `scopes_supported`.", defaultText: "[]"),
        new Key<ResourceOptions, string>(
            "name", Scalars.Plain, (o, v) => o.Name = v, "Its name for people: `resource_name`."),
        new Key<ResourceOptions, string>(
            "documentation", Scalars.Link, (o, v) => o.Documentation = v,
            "Where people read about it: `resource_documentation`."));

    /// <summary>Its URL.</summary>
    public Located<string>? Identifier { get; set; }

    /// <summary>Who gives tokens.</summary>
    public Located<List<Located<string>>>? AuthorizationServers { get; set; }

    /// <summary>Scopes.</summary>
    public Located<List<Located<string>>>? ScopesSupported { get; set; }

    /// <summary>Name.</summary>
    public Located<string>? Name { get; set; }

    /// <summary>Documentation.</summary>
    public Located<string>? Documentation { get; set; }
}
