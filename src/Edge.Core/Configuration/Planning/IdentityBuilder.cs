using System.Collections.Immutable;
using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;
using Edge.Core.Configuration.Shapes;
using Edge.Core.Identity;
using Edge.Core.Templating;

namespace Edge.Core.Configuration.Planning;

/// <summary>Makes those parts of the plan that say who may call, of options in which nothing is wrong.</summary>
internal static class IdentityBuilder
{
    /// <summary>An issuer.</summary>
    public static IssuerPlan Issuer(string name, IssuerOptions issuer, ConfigurationFiles files)
    {
        var claims = issuer.Claims.Get();
        return new IssuerPlan
        {
            Name = name,
            Issuer = issuer.Issuer.Get(),
            JwksUri = issuer.JwksUri?.Value,
            Audiences = [.. issuer.Audience.Items().Select(a => a.Value)],
            Algorithms = [.. issuer.Algorithms.Items().Select(a => a.Value)],
            ClockSkew = issuer.ClockSkew.Get(),
            Type = issuer.Typ?.Value,
            MaximumLifetime = issuer.MaximumLifetime?.Value,
            RefreshInterval = issuer.Refresh.Get(),
            CaFile = issuer.Tls.Get().Ca is { } ca ? files.Resolve(ca.Value) : null,
            ClaimMapping = new ClaimMapping(
                claims.Consumer.Get(), claims.Email.Get(), claims.Tier.Get(), claims.Scopes.Get()),
            DefaultTier = issuer.DefaultTier?.Value,
        };
    }

    /// <summary>Whom a route lets in, or null for anybody.</summary>
    public static AuthenticatePlan? Authenticate(
        Optional<AuthenticateOptions> options, Dictionary<string, IssuerPlan> issuers)
    {
        if (!options.HasValue) return null;
        var authenticate = options.Value!;
        var names = authenticate.With.Items();
        ImmutableArray<IssuerPlan> taken =
            [.. names.Where(n => n.Value != Caller.ConsumersSource).Select(n => issuers[n.Value])];
        return new AuthenticatePlan
        {
            Issuers = taken,
            Consumers = names.Any(n => n.Value == Caller.ConsumersSource),
            From = [.. authenticate.From.Items().Select(p => p.Value)],
            MaximumLifetime = authenticate.MaximumLifetime?.Value,
            Anonymous = authenticate.Anonymous is { } anonymous ? new AnonymousPlan(anonymous.Value.Tier?.Value) : null,
            Resource = authenticate.Resource is { } resource ? Resource(resource.Value, taken) : null,
        };
    }

    private static ResourcePlan Resource(ResourceOptions resource, ImmutableArray<IssuerPlan> issuers) => new()
    {
        Identifier = resource.Identifier.Get(),
        AuthorizationServers = resource.AuthorizationServers is null
            ? [.. issuers.Select(i => i.Issuer)]
            : [.. resource.AuthorizationServers.Items().Select(s => s.Value)],
        ScopesSupported = Scopes.Of([.. resource.ScopesSupported.Items().Select(s => s.Value)]),
        Name = resource.Name?.Value,
        Documentation = resource.Documentation?.Value,
    };

    /// <summary>What a caller has to be, or null for anything.</summary>
    public static AuthorizePlan? Authorize(Optional<AuthorizeOptions> options)
    {
        if (!options.HasValue) return null;
        var authorize = options.Value!;
        var addresses = new AddressRulesPlan(
            [.. authorize.AllowIps.Items().Select(n => n.Value)], [.. authorize.DenyIps.Items().Select(n => n.Value)]);
        return new AuthorizePlan
        {
            Scopes = Scopes.Of([.. authorize.Scopes.Items().Select(s => s.Value)]),
            Tiers = [.. authorize.Tiers.Items().Select(t => t.Value)],
            Claims = [.. authorize.Claims.Items().Select(c => KeyValuePair.Create(c.Name.Value, c.Value.Value))],
            Addresses = addresses.Allow.IsEmpty && addresses.Deny.IsEmpty ? null : addresses,
        };
    }

    /// <summary>How many credentials from one address may be wrong, or null for any number.</summary>
    public static FailureLimitPlan? FailureLimit(Optional<FailureLimitOptions> options) =>
        options.HasValue ? new FailureLimitPlan(options.Value!.Failures.Get(), options.Value.Within.Get()) : null;

    /// <summary>The claims that anything in the configuration looks at.</summary>
    public static ImmutableArray<string> Claims(ImmutableArray<RoutePlan> routes, ImmutableArray<UpstreamPlan> upstreams)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var upstream in upstreams) Add(upstream.Headers, names);
        foreach (var route in routes)
        {
            Add(route.RequestHeaders, names);
            Add(route.ResponseHeaders, names);
            if (route.Cache is { Scope: { Kind: CacheScopeKind.Claim, Claim: var tenant } }) names.Add(tenant);
            foreach (var claim in route.Authorize?.Claims ?? []) names.Add(claim.Key);
            foreach (var item in route.Rewrite) Add(item, names);
            foreach (var part in route.Limits.SelectMany(l => l.Per))
            {
                if (part.Kind == LimitKeyKind.Claim) names.Add(part.Name);
            }
        }

        return [.. names];
    }

    private static void Add(RewriteItem item, SortedSet<string> names)
    {
        var templates = item.Rules.SelectMany(r => r.Templates);
        if (item.Map is { } map) templates = templates.Concat(map.Templates);
        if (item.SystemMessage is { } message) templates = templates.Append(message);
        foreach (var name in templates.SelectMany(t => t.CallerNames))
        {
            if (TemplatePart.TryParse("caller." + name, out var part, out _) && part.Claim is { } claim) names.Add(claim);
        }
    }

    private static void Add(HeaderRules rules, SortedSet<string> names)
    {
        foreach (var part in rules.Set.Concat(rules.Add).SelectMany(h => h.Value.Parts))
        {
            if (part.Claim is { } claim) names.Add(claim);
        }
    }
}
