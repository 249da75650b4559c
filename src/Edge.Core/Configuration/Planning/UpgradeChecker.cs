using System.Linq;
using Edge.Core.Configuration.Options;
using Edge.Core.Configuration.Reading;

namespace Edge.Core.Configuration.Planning;

/// <summary>Looks whether a route that switches protocols promises what cannot be held behind the switch.</summary>
internal sealed class UpgradeChecker(DiagnosticBag diagnostics)
{
    /// <summary>Tells every error in the upgrades of routes.</summary>
    public void Check(EdgeOptions options)
    {
        foreach (var route in options.Routes.Items())
        {
            if (route.Value.Upgrade is { } upgrade) Check(upgrade, route.Value, options.Defaults?.Value);
        }
    }

    private void Check(Located<UpgradeOptions> upgrade, RouteOptions route, RouteSettingsOptions? defaults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var protocol in upgrade.Value.Protocols.Items())
        {
            if (!seen.Add(protocol.Value))
                diagnostics.Add(protocol.Place, $"{protocol.Text()} is in this list already; take it out");
        }

        // A list that is left out is WebSocket's alone.
        if (seen.All(static protocol => protocol == UpgradePlan.WebSocket)
            && route.Match?.Value.Methods is { } methods && methods.Value.All(static method => method.Value != "GET"))
            diagnostics.Add(
                upgrade.Place, "WebSocket begins with GET, which this route does not match; write it under methods too");

        if (WhatIsPastReach(route, defaults) is { } what)
            diagnostics.Add(
                upgrade.Place, $"the route has {what}, which nothing that passes after an upgrade is held to; give upgrades a " +
                "route of their own");
    }

    private static string? WhatIsPastReach(RouteOptions route, RouteSettingsOptions? defaults)
    {
        if ((route.Limits ?? defaults?.Limits).Items().Any(static l => l.Value is { Tokens: not null } or { Usd: not null }))
            return "limits of tokens or money";
        if ((route.Validate ?? defaults?.Validate) is { Value.HasValue: true }) return "validate";
        if ((route.Rewrite ?? defaults?.Rewrite).Items().Count > 0) return "rewrite";
        return (route.Cache ?? defaults?.Cache) is { Value.HasValue: true } ? "cache" : null;
    }
}
