using Edge.Core.Configuration;
using Edge.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Pipeline;

/// <summary>
/// Finds out whether a request switches to another protocol (RFC 9110, section 7.8; RFC 8441 on HTTP/2), where its route has
/// <c>upgrade</c>. Elsewhere, and for protocols that the route does not name, the wish is passed over, as anybody may.
/// </summary>
internal static class UpgradeStage
{
    /// <summary>Runs once the route is known.</summary>
    public static StageResult Run(RequestContext context)
    {
        var plan = context.Route!.Plan.Upgrade;
        if (context.ConnectProtocol is { } wanted)
        {
            return plan is not null && Find(plan, wanted) is { } protocol
                ? Begin(context, protocol)
                : StageResult.Failed(Failure.CallerUpgradeNotOffered);
        }

        return plan is not null && context.RequestHeaders.Upgrade is { Count: > 0 } names && context.MaySwitch
            && First(plan, names) is { } first
            ? Begin(context, first)
            : StageResult.Continue;
    }

    private static StageResult Begin(RequestContext context, string protocol)
    {
        if (protocol != UpgradePlan.WebSocket)
        {
            context.BeginUpgrade(protocol, null);
            return StageResult.Continue;
        }

        var headers = context.RequestHeaders;
        var isConnect = context.ConnectProtocol is not null;

        // HTTP/2 has no key: that its proxies know the protocol is what SETTINGS are for (RFC 8441, section 5).
        var key = isConnect ? WebSocketHandshake.CreateKey() : headers.SecWebSocketKey is [{ } only] ? only : null;
        context.BeginUpgrade(protocol, key);
        return key is not null && (isConnect || WebSocketHandshake.IsKey(key))
            && headers.SecWebSocketVersion is [WebSocketHandshake.Version] && HttpMethods.IsGet(context.Method)
            ? StageResult.Continue
            : StageResult.Failed(Failure.CallerUpgradeInvalid);
    }

    /// <summary>The first of the caller's protocols that the route switches to; what the caller likes best comes first.</summary>
    private static string? First(UpgradePlan plan, StringValues names)
    {
        foreach (var list in names)
        {
            var text = list.AsSpan();
            foreach (var range in text.Split(','))
            {
                if (Find(plan, text[range].Trim(" \t")) is { } protocol)
                {
                    return protocol;
                }
            }
        }

        return null;
    }

    private static string? Find(UpgradePlan plan, ReadOnlySpan<char> name)
    {
        foreach (var protocol in plan.Protocols)
        {
            if (name.Equals(protocol, StringComparison.OrdinalIgnoreCase))
            {
                return protocol;
            }
        }

        return null;
    }
}
