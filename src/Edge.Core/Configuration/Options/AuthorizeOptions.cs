using System.Net;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;

namespace Edge.Core.Configuration.Options;

/// <summary>The object <c>authorize</c> as written.</summary>
internal sealed class AuthorizeOptions
{
    /// <summary>Most scopes, tiers, claims or networks.</summary>
    public const int ItemsMax = 256;

    private static readonly ListShape<IPNetwork> Networks = new(Scalars.Network, "networks", 0, ItemsMax);

    /// <summary>Its description.</summary>
    public static readonly ObjectShape<AuthorizeOptions> Shape = new(
        "authorize", "authorisation settings", "What a caller has to be in order to use the route: all of these together.",
        new Key<AuthorizeOptions, List<Located<string>>>(
            "scopes", new ListShape<string>(Scalars.Scope, "scopes", 0, ItemsMax), (o, v) => o.Scopes = v,
            "Scopes that it needs, all of them.", defaultText: "[]"),
        new Key<AuthorizeOptions, List<Located<string>>>(
            "tiers", new ListShape<string>(Scalars.Name, "tiers", 0, ItemsMax), (o, v) => o.Tiers = v,
            "Tiers of which it has to be in one. Empty: any, or none.", defaultText: "[]"),
        new Key<AuthorizeOptions, List<Named<string>>>(
            "claims",
            new MapShape<string>(
                Scalars.Plain, Scalars.Plain, "a mapping of claims to values", 0, ItemsMax, StringComparer.Ordinal),
            (o, v) => o.Claims = v,
            "Claims of its token and the text that each has to be, or has to have among the items of its array.",
            defaultText: "{}"),
        new Key<AuthorizeOptions, List<Located<IPNetwork>>>(
            "allowIps", Networks, (o, v) => o.AllowIps = v, "Addresses and networks that it has to call from. Empty: any.",
            defaultText: "[]"),
        new Key<AuthorizeOptions, List<Located<IPNetwork>>>(
            "denyIps", Networks, (o, v) => o.DenyIps = v,
            "Addresses and networks that it may not call from, whatever `allowIps` says.", defaultText: "[]"));

    /// <summary>Scopes.</summary>
    public Located<List<Located<string>>>? Scopes { get; set; }

    /// <summary>Tiers.</summary>
    public Located<List<Located<string>>>? Tiers { get; set; }

    /// <summary>Claims.</summary>
    public Located<List<Named<string>>>? Claims { get; set; }

    /// <summary>Allowed networks.</summary>
    public Located<List<Located<IPNetwork>>>? AllowIps { get; set; }

    /// <summary>Denied networks.</summary>
    public Located<List<Located<IPNetwork>>>? DenyIps { get; set; }
}
